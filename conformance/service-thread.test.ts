// The thread of the services, as its client sees it: calls that hang, threads that end, services that rest and go on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CallRequest } from '../packages/entries/src/public/calls.ts'
import type { SteleError } from '../packages/errors/src/index.ts'
import {
  type ServiceClient,
  type ServiceThread,
  startThread,
} from '../packages/service/src/thread/client.ts'
import { type EarlyWorker, startEarlyWorker } from '../packages/service/src/thread/start-worker.ts'

const limits = { maxEnds: 5, windowMs: 600_000, firstDelayMs: 10, suspensionMs: 600_000 }

/** A thread with the services "one" and "two". */
function start(
  t: TestContext,
  { early, ...changed }: Partial<typeof limits> & { readonly early?: EarlyWorker } = {},
): {
  readonly service: ServiceClient
  readonly other: ServiceClient
  readonly thread: ServiceThread
  readonly close: () => Promise<void>
  readonly folder: string
  readonly events: string[]
} {
  const events: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'stele-thread-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const thread = startThread({
    main,
    early,
    callTimeoutMs: 50,
    restartLimits: { ...limits, ...changed },
    report: ({ event }) => events.push(event),
  })
  t.after(() => thread.close())
  const service = thread.open({ name: 'one', data: folder, pingMs: 20 })
  const other = thread.open({ name: 'two', data: folder })
  return { service, other, thread, close: thread.close, folder, events }
}

const main = new URL('../packages/service/test/fixtures/hanging-thread.ts', import.meta.url)

const call = (method: string): CallRequest => ({ account: 'alice', via: 'token', method, args: [] })

test('submit() throws outcome_unknown when a call holds the engine too long, and the next call is answered', async (t) => {
  const { service, events } = start(t)
  await service.ready
  const [hung, waiting] = await Promise.allSettled([
    service.submit(call('hang')),
    service.submit(call('set')),
  ])
  assert.equal(hung.status === 'rejected' && hung.reason.code, 'outcome_unknown')
  assert.equal(waiting.status === 'rejected' && waiting.reason.code, 'outcome_unknown') // It may try again.
  assert.equal((await service.submit(call('set'))).index, 1)
  assert.deepEqual(events, ['thread_restarted'])
})

test('startEarlyWorker() gives a worker that a thread takes over, watched like any other', async (t) => {
  const early = startEarlyWorker(main)
  const { service, events } = start(t, { early })
  await assert.rejects(service.submit(call('hang')), { code: 'outcome_unknown' })
  assert.equal((await service.submit(call('set'))).index, 1)
  assert.equal(early.worker.threadId, -1, 'The hanging call was in that worker, and ended with it')
  assert.deepEqual(events, ['thread_restarted'])
})

test('submit() waits for the thread that was ended, which may still commit, before another one reads the log', async (t) => {
  const { service } = start(t)
  await assert.rejects(service.submit(call('commit')), { code: 'outcome_unknown' })
  assert.deepEqual((await service.submit(call('set'))).outcome, { ok: true })
})

test('close() ends the engine when a call hangs', async (t) => {
  const { service, close } = start(t)
  await service.ready
  const hung = assert.rejects(service.submit(call('hang')), { code: 'outcome_unknown' })
  await new Promise((resolve) => setImmediate(resolve)) // Now the engine has it.
  await Promise.all([close(), hung])
})

test('close() ends an engine that is about to be started anew', async (t) => {
  const { service, close } = start(t)
  await assert.rejects(service.submit(call('commit')), { code: 'outcome_unknown' })
  await close()
})

test('submit() throws service_suspended after five calls that hung, and the operator is told', async (t) => {
  const { service, events } = start(t)
  for (let i = 0; i < 5; i++) {
    await assert.rejects(service.submit(call('hang')), { code: 'outcome_unknown' })
  }
  await assert.rejects(async () => service.submit(call('set')), { code: 'service_suspended' })
  assert.equal(events.filter((event) => event === 'thread_restarted').length, 5)
  assert.equal(events.at(-1), 'service_suspended')
})

test('submit() throws outcome_unknown when the engine ends by itself, and a new one answers soon', async (t) => {
  const { service, events } = start(t)
  await service.ready
  await assert.rejects(service.submit(call('crash')), (error: SteleError) => {
    assert.equal(error.code, 'outcome_unknown')
    assert.match(error.message, /the engine crashed/)
    return true
  })
  assert.match(service.writesRefused() ?? '', /the engine crashed/)
  await assert.rejects(service.submit(call('set')), { code: 'service_suspended' })
  await until(() => service.writesRefused() === undefined)
  assert.equal((await service.submit(call('set'))).index, 1)
  assert.deepEqual(events, ['thread_restarted'])
})

test('submit() throws service_suspended while the thread goes on ending, and a pause later it is tried again', async (t) => {
  const { service, events } = start(t, { firstDelayMs: 1, suspensionMs: 1 })
  for (let i = 0; i < 5; i++) {
    await until(() => service.writesRefused() === undefined)
    await assert.rejects(service.submit(call('crash')), { code: 'outcome_unknown' })
  }
  assert.match(service.writesRefused() ?? '', /5 times/)
  assert.equal(events.at(-1), 'thread_suspended')
  await until(() => service.writesRefused() === undefined)
  assert.equal((await service.submit(call('set'))).index, 1)
})

test('close() ends a thread that is about to be started again', async (t) => {
  const { service, close } = start(t, { firstDelayMs: 60_000 })
  await assert.rejects(service.submit(call('crash')), { code: 'outcome_unknown' })
  await close()
})

test('writesRefused() says why when the log is read-only, from its start or later', async (t) => {
  const { service } = start(t)
  await service.ready
  assert.equal(service.writesRefused(), undefined)
  await service.submit(call('turn_read_only'))
  assert.equal(service.writesRefused(), 'its disk went away')
})

test('submit() goes on for the other services when one is suspended, and that one is tried again after a pause', async (t) => {
  const { service, other, events } = start(t, { maxEnds: 2, suspensionMs: 100 })
  for (let i = 0; i < 2; i++) {
    await assert.rejects(service.submit(call('hang')), { code: 'outcome_unknown' })
  }
  assert.match(service.writesRefused() ?? '', /2 times/)
  assert.equal(other.writesRefused(), undefined)
  assert.equal((await other.submit(call('set'))).index, 1)
  assert.deepEqual(events, ['thread_restarted', 'thread_restarted', 'service_suspended'])
  await until(() => service.writesRefused() === undefined)
  assert.equal((await service.submit(call('set'))).index, 1)
})

test('open() gives a service that says why when it cannot be opened, and leaves the others alone', async (t) => {
  const { service, thread } = start(t)
  const broken = thread.open({ name: 'broken', data: 'broken' })
  await assert.rejects(broken.ready, /its home is not there/)
  assert.match(broken.writesRefused() ?? '', /its home is not there/)
  await assert.rejects(broken.submit(call('set')), { code: 'service_suspended' })
  assert.equal((await service.submit(call('set'))).index, 1)
})

test('prove() is asked again after a suspension when proofs were refused during it', async (t) => {
  const { service } = start(t, { firstDelayMs: 50 })
  await assert.rejects(service.submit(call('crash')), { code: 'outcome_unknown' })
  for (let i = 0; i < 3; i++) {
    await assert.rejects(service.prove([]), { code: 'service_suspended' })
  }
  await until(() => service.writesRefused() === undefined)
  await service.prove([])
})

test('submit() throws service_closed when the service or its thread is closed', async (t) => {
  const { service, other, close } = start(t)
  await service.close()
  await assert.rejects(service.submit(call('set')), { code: 'service_closed' })
  await close()
  await assert.rejects(other.submit(call('set')), { code: 'service_closed' })
})

test('open() tries again when a service could not be opened', async (t) => {
  const { thread } = start(t, { firstDelayMs: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'stele-late-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const late = thread.open({ name: 'late', data: `late:${folder}` })
  await assert.rejects(late.ready, /not there yet/)
  writeFileSync(join(folder, 'there'), '')
  await until(() => late.writesRefused() === undefined)
  assert.equal((await late.submit(call('set'))).index, 1)
})

test('open() gives a ready that settles once the log is open when the thread ended before', async (t) => {
  const { thread } = start(t, { firstDelayMs: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'stele-dying-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const dying = thread.open({ name: 'dying', data: `dying:${folder}` })
  assert.deepEqual(await dying.ready, { readOnly: undefined })
})

test('notAnswering() names the service while its thread is stuck, and nothing once it answers again', async (t) => {
  const { service, folder } = start(t)
  await service.ready
  await until(async () => (await service.notAnswering()) === undefined)
  const stuck = service.submit(call('stick'))
  await until(async () => (await service.notAnswering()) !== undefined)
  assert.equal(await service.notAnswering(), 'The service "one": it has not answered for 0.02 s')
  writeFileSync(join(folder, 'unstuck'), '')
  assert.equal((await stuck).index, 1)
  await until(async () => (await service.notAnswering()) === undefined)
})

test('submit() keeps no blobs when writes are refused', async (t) => {
  const { thread } = start(t)
  let kept = 0
  const keepBlobs = async () => {
    kept++
    return []
  }
  const folder = mkdtempSync(join(tmpdir(), 'stele-full-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const service = thread.open({ name: 'three', data: folder, keepBlobs })
  const blobs = [{ name: 'a'.repeat(128), bytes: new Uint8Array(1) }]
  await service.submit({ ...call('turn_read_only'), blobs })
  await service.submit({ ...call('set'), blobs })
  assert.equal(kept, 1)
})

test('prove() throws proofs_busy when two others are being made, and not afterwards', async (t) => {
  const { service } = start(t)
  const [first, second, third] = await Promise.allSettled([0, 1, 2].map(() => service.prove([])))
  assert.deepEqual([first?.status, second?.status], ['fulfilled', 'fulfilled'])
  assert.equal(third?.status === 'rejected' && third.reason.code, 'proofs_busy')
  await service.prove([])
})

/** Lets things happen until the condition holds; the runner's own limit ends what never does. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}
