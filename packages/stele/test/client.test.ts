import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CallRequest } from '@stele/entries'
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

function start(t: TestContext): { readonly engine: Engine; readonly events: string[] } {
  const events: string[] = []
  const root = mkdtempSync(join(tmpdir(), 'stele-engine-'))
  t.after(() => rmSync(root, { recursive: true }))
  const engine = startEngine({
    data: { ...data, paths: dataPaths(root) },
    main: new URL('fixtures/hanging-engine.ts', import.meta.url),
    callTimeoutMs: 50,
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

test('submit() throws when the engine crashes, and the operator is told', async (t) => {
  const { engine, events } = start(t)
  await assert.rejects(engine.submit(call('crash')), /the engine crashed/)
  await assert.rejects(async () => engine.submit(call('set')), { code: 'service_suspended' })
  assert.deepEqual(events, ['engine_suspended'])
})
