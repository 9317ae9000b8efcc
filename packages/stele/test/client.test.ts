import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CallRequest } from '@stele/entries'
import type { SteleError } from '@stele/errors'
import { dataPaths } from '@stele/storage'
import { type Engine, startEngine } from '../src/engine/client.ts'

const seed = new Uint8Array(32)
const data = {
  paths: dataPaths('/nowhere'),
  origin: 'example.com/log',
  operator: 'op',
  seeds: { log: seed, clock: seed, root: seed },
  publicFolder: false,
}

const limits = { maxEnds: 5, windowMs: 600_000, firstDelayMs: 10, suspensionMs: 600_000 }

function start(
  t: TestContext,
  changed: Partial<typeof limits> = {},
): { readonly engine: Engine; readonly events: string[] } {
  const events: string[] = []
  const root = mkdtempSync(join(tmpdir(), 'stele-engine-'))
  t.after(() => rmSync(root, { recursive: true }))
  const engine = startEngine({
    data: { ...data, paths: dataPaths(root) },
    main: new URL('fixtures/hanging-engine.ts', import.meta.url),
    callTimeoutMs: 50,
    restartLimits: { ...limits, ...changed },
    report: ({ event }) => events.push(event),
  })
  t.after(() => engine.close())
  return { engine, events }
}

const call = (method: string): CallRequest => ({ account: 'alice', via: 'token', method, args: [] })

test('submit() throws outcome_unknown when a call holds the engine too long, and the next call is answered', async (t) => {
  const { engine, events } = start(t)
  await engine.ready
  const [hung, waiting] = await Promise.allSettled([
    engine.submit(call('hang')),
    engine.submit(call('set')),
  ])
  assert.equal(hung.status === 'rejected' && hung.reason.code, 'outcome_unknown')
  assert.equal(waiting.status === 'rejected' && waiting.reason.code, 'outcome_unknown') // It may try again.
  assert.equal((await engine.submit(call('set'))).index, 1)
  assert.deepEqual(events, ['engine_restarted'])
})

test('submit() waits for the thread that was ended, which may still commit, before another one reads the log', async (t) => {
  const { engine } = start(t)
  await assert.rejects(engine.submit(call('commit')), { code: 'outcome_unknown' })
  assert.deepEqual((await engine.submit(call('set'))).outcome, { ok: true })
})

test('close() ends the engine when a call hangs', async (t) => {
  const { engine } = start(t)
  await engine.ready
  const hung = assert.rejects(engine.submit(call('hang')), { code: 'outcome_unknown' })
  await new Promise((resolve) => setImmediate(resolve)) // Now the engine has it.
  await Promise.all([engine.close(), hung])
})

test('close() ends an engine that is about to be started anew', async (t) => {
  const { engine } = start(t)
  await assert.rejects(engine.submit(call('commit')), { code: 'outcome_unknown' })
  await engine.close()
})

test('submit() throws service_suspended after five calls that hung, and the operator is told', async (t) => {
  const { engine, events } = start(t)
  for (let i = 0; i < 5; i++) {
    await assert.rejects(engine.submit(call('hang')), { code: 'outcome_unknown' })
  }
  await assert.rejects(async () => engine.submit(call('set')), { code: 'service_suspended' })
  assert.equal(events.filter((event) => event === 'engine_restarted').length, 5)
  assert.equal(events.at(-1), 'engine_suspended')
})

test('submit() throws outcome_unknown when the engine ends by itself, and a new one answers soon', async (t) => {
  const { engine, events } = start(t)
  await engine.ready
  await assert.rejects(engine.submit(call('crash')), (error: SteleError) => {
    assert.equal(error.code, 'outcome_unknown')
    assert.match(error.message, /the engine crashed/)
    return true
  })
  assert.match(engine.writesRefused() ?? '', /the engine crashed/)
  await assert.rejects(engine.submit(call('set')), { code: 'service_suspended' })
  await until(() => engine.writesRefused() === undefined)
  assert.equal((await engine.submit(call('set'))).index, 1)
  assert.deepEqual(events, ['engine_restarted'])
})

test('submit() throws service_suspended while an engine goes on ending, and a pause later it is tried again', async (t) => {
  const { engine, events } = start(t, { firstDelayMs: 1, suspensionMs: 1 })
  for (let i = 0; i < 5; i++) {
    await until(() => engine.writesRefused() === undefined)
    await assert.rejects(engine.submit(call('crash')), { code: 'outcome_unknown' })
  }
  assert.match(engine.writesRefused() ?? '', /5 times/)
  assert.equal(events.at(-1), 'engine_suspended')
  await until(() => engine.writesRefused() === undefined)
  assert.equal((await engine.submit(call('set'))).index, 1)
})

test('close() ends an engine that is about to be tried again', async (t) => {
  const { engine } = start(t, { firstDelayMs: 60_000 })
  await assert.rejects(engine.submit(call('crash')), { code: 'outcome_unknown' })
  await engine.close()
})

test('writesRefused() says why when the log is read-only, from its start or later', async (t) => {
  const { engine } = start(t)
  await engine.ready
  assert.equal(engine.writesRefused(), undefined)
  await engine.submit(call('turn_read_only'))
  assert.equal(engine.writesRefused(), 'its disk went away')
})

test('prove() throws proofs_busy when two others are being made, and not afterwards', async (t) => {
  const { engine } = start(t)
  const [first, second, third] = await Promise.allSettled([0, 1, 2].map(() => engine.prove([])))
  assert.deepEqual([first?.status, second?.status], ['fulfilled', 'fulfilled'])
  assert.equal(third?.status === 'rejected' && third.reason.code, 'proofs_busy')
  await engine.prove([])
})

/** Lets things happen until the condition holds; the runner's own limit ends what never does. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
