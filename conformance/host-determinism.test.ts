// The script host gives the same everywhere: other time zones and languages, other Nodes, restarts in between.
// Slow: spawns processes and workers. A newer Node comes with the clients; STELE_TEST_NODES adds more, separated by colons.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { ScriptCall } from '../packages/entries/src/public/calls.ts'
import { createScriptHost, type ScriptHost } from '../packages/host/src/index.ts'
import { furtherNodes } from './npm-client.ts'

/** The digest of all probes; it changes with the engine, the probes and nothing else. */
const wanted = '48a4d18d585c790020129d7b649c30db32d6c34f69c36d045af7805b82ceaa50'

const program = new URL('host-probes.ts', import.meta.url)
const named = (process.env['STELE_TEST_NODES'] ?? '').split(':').filter((path) => path !== '')
const nodes = [process.execPath, ...(await furtherNodes()), ...named]
const surroundings: readonly Record<string, string>[] = [
  { TZ: 'UTC', LANG: 'C' },
  { TZ: 'Asia/Tokyo', LANG: 'fr_FR.UTF-8', LC_ALL: 'fr_FR.UTF-8' },
  { TZ: 'America/New_York', LANG: 'tr_TR.UTF-8' },
]
for (const node of nodes) {
  for (const env of surroundings) {
    test(`every probe gives the same on ${node} in ${JSON.stringify(env)}`, () => {
      const printed = execFileSync(node, [program.pathname], { env, encoding: 'utf8' })
      const { digest, lines } = JSON.parse(printed)
      for (const line of lines) assert.doesNotMatch(line, /aborted/)
      assert.equal(digest, wanted, lines.join('\n'))
    })
  }
}

const script = `
  const kept = []
  exports.keep = (n) => { for (let i = 0; i < n; i++) kept.push({ n, text: 'x'.repeat(i) }); return kept.length }
  exports.drop = (n) => kept.splice(0, n).length
  exports.fail = (n) => { kept.push(n); throw new RangeError(String(n)) }
  exports.wait = async (n) => { await new Promise((r) => setTimeout(r, n)); kept.push(Math.random()); return kept.length }
  exports.loop = () => { for (;;); }
  exports.look = () => System.hash('sha256', JSON.stringify(kept))
  exports.burn = () => 'a'.repeat(3e5).indexOf('a'.repeat(1.5e5) + 'b')`
const options = {
  script,
  memory: 'kept' as const,
  limits: { gas: 10 },
  print: () => {},
  blobs: () => undefined,
}
const state = { get: () => undefined, list: () => [] }
const methods = ['keep', 'keep', 'keep', 'drop', 'fail', 'wait', 'look', 'loop']

function callAt(index: number): ScriptCall {
  return {
    method: methods[(index * 7919) % methods.length] ?? '',
    args: `[${(index * 31) % 40}]`,
    account: 'alice',
    via: 'token',
    timeMs: 1_795_000_000_000 + index,
    seed: new Uint8Array(32).fill(index % 251),
  }
}

test('memoryDigest() is the same with and without restarts and queries in between', () => {
  const straight = createScriptHost(options)
  let broken: ScriptHost = createScriptHost(options)
  for (let index = 0; index < 1200; index++) {
    const call = callAt(index)
    if (index % 97 === 0) {
      const snapshot = broken.snapshot()
      broken = createScriptHost(options)
      broken.restore(snapshot)
    }
    if (index % 5 === 0) broken.query(callAt(index * 3 + 1), state)
    assert.deepEqual(broken.call(call, state), straight.call(call, state))
    if (index % 100 === 0) assert.equal(broken.memoryDigest(), straight.memoryDigest())
  }
  assert.equal(broken.memoryDigest(), straight.memoryDigest())
})

test('a worker whose script burns time in natives can be ended, and its service goes on', async () => {
  const host = createScriptHost(options)
  for (let index = 0; index < 10; index++) host.call(callAt(index), state)
  const digest = host.memoryDigest()
  const source = `
    import { workerData } from 'node:worker_threads'
    const { createScriptHost } = await import(workerData.host)
    const host = createScriptHost({ ...workerData.options, print() {}, blobs() {} })
    host.restore(workerData.snapshot)
    process.stdout // Loaded before the thread is busy.
    const { parentPort } = await import('node:worker_threads')
    parentPort.postMessage('ready')
    host.call(workerData.call, { get() {}, list: () => [] })
    parentPort.postMessage('done')`
  const { print: _print, blobs: _blobs, ...plain } = options
  const snapshot = host.snapshot()
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: {
      host: new URL('../packages/host/src/index.ts', import.meta.url).href,
      options: plain,
      snapshot,
      call: { ...callAt(10), method: 'burn', args: '[]' },
    },
    resourceLimits: { stackSizeMb: 32 },
  })
  const said: unknown[] = []
  worker.on('message', (message) => said.push(message))
  await once(worker, 'message')
  const late = await Promise.race([
    once(worker, 'message'),
    new Promise((resolve) => setTimeout(resolve, 300, 'the watchdog')),
  ])
  assert.equal(late, 'the watchdog')
  const start = performance.now()
  await worker.terminate()
  assert.ok(performance.now() - start < 1000)
  assert.deepEqual(said, ['ready'])
  const next = createScriptHost(options)
  next.restore(snapshot)
  assert.equal(next.memoryDigest(), digest)
  assert.deepEqual(next.call(callAt(11), state), host.call(callAt(11), state))
})

test('call() aborts, and the memory is as before, when the native stack ends first', async () => {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { createScriptHost } = await import(workerData.host)
    const script = "let n = 0; exports.up = () => ++n; exports.deep = () => { n = 99; return JSON.parse('['.repeat(1e5)) }"
    const host = createScriptHost({ script, memory: 'kept', print() {}, blobs() {} })
    const ask = (method) => ({ method, args: '[]', account: null, via: 'token', timeMs: 1, seed: new Uint8Array(32) })
    const state = { get() {}, list: () => [] }
    host.call(ask('up'), state)
    const before = host.memoryDigest()
    let code
    try { host.call(ask('deep'), state) } catch (error) { code = error.code }
    const after = host.memoryDigest()
    parentPort.postMessage({ code, same: before === after, next: host.call(ask('up'), state).result })`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { host: new URL('../packages/host/src/index.ts', import.meta.url).href },
    resourceLimits: { stackSizeMb: 0.5 },
  })
  const [found] = await once(worker, 'message')
  assert.deepEqual(found, { code: 'call_aborted', same: true, next: 2 })
})
