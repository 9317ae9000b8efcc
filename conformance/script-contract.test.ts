// What a script sees and leaves, recorded by a real service over a real store, and replayed by `stele verify` from its files.
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CallAnswer } from '../packages/entries/src/public/calls.ts'
import type { VouchedVia } from '../packages/entries/src/public/senders.ts'
import { openScript, openService, type Service } from '../packages/service/src/index.ts'
import { keepLargeBlobs } from '../packages/storage/src/blob-store.ts'
import { openStorage } from '../packages/storage/src/index.ts'
import { storedPaths } from '../packages/storage/src/stored-paths.ts'
import { type Finished, runProgram } from './processes.ts'
import { mainFile } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const script = `
  let calls = 0
  exports.size = (name) => { calls++; return System.blobs.read(name).length }
  exports.refuse = (name) => { throw new Error('has ' + System.blobs.read(name).length) }
  exports.tryRead = (name) => { try { return System.blobs.read(name).length } catch { return 'absent' } }
  exports.ask = () => { calls++; return [System.oracle(() => ({ b: calls, a: 'once' })), Math.random(), calls] }
  exports.who = () => [System.caller.id, System.caller.via]`

const seeds = { log: randomBytes(32), clock: randomBytes(32), root: randomBytes(32) }

async function open(folder: Folder, memory: 'fresh' | 'kept'): Promise<Service> {
  const storage = openStorage({ dir: folder.path, publicFolder: true })
  return openService({
    definition: { script: () => script, memory },
    identity: { origin: 'example.com/contract', operator: 'op', seeds },
    home: storage.openHome({ projections: () => [] }),
    timers: { after: () => () => undefined, every: () => () => undefined },
    nowMs: Date.now,
    random: (sizeBytes) => randomBytes(sizeBytes),
    breathe: () => nextTurn(),
    openScript,
    watched: (work) => work(),
    report: () => undefined,
  })
}

/** A call that brings these bytes, kept as the server keeps them before it queues a call. */
async function send(
  service: Service,
  folder: Folder,
  {
    via = 'token',
    ...call
  }: { via?: VouchedVia; method: string; brings?: Buffer; args?: string[] },
): Promise<CallAnswer> {
  const { method, brings, args = [] } = call
  const account = via === 'host' ? 'op' : 'alice'
  const given = brings === undefined ? [] : [{ name: hash('sha512', brings), bytes: brings }]
  const blobs = await keepLargeBlobs(storedPaths(folder.path).blobs, given)
  return service.submit({ account, via, method, args, blobs })
}

function resultOf({ outcome }: CallAnswer): unknown {
  return outcome.ok ? outcome.result : outcome.error.message
}

function verify(folder: Folder, ...more: string[]): Promise<Finished> {
  const args = [
    'verify',
    join(folder.path, 'public'),
    '--rules',
    hash('sha512', script),
    '--json',
    ...more,
  ]
  return runProgram(process.execPath, [mainFile, ...args], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
}

for (const memory of ['fresh', 'kept'] as const) {
  test(`what a script with ${memory} memory is told of blobs, oracles and callers, a replay tells it too`, async () => {
    await using folder = await makeFolder('contract')
    let service = await open(folder, memory)
    for (const size of [10, 100_000]) {
      const brings = randomBytes(size)
      const args = [hash('sha512', brings)]
      assert.equal(resultOf(await send(service, folder, { method: 'size', args, brings })), size)
    }
    // A call that fails keeps the blob that it read: a replay reads it too.
    const refused = randomBytes(77)
    const args = [hash('sha512', refused)]
    const failed = await send(service, folder, { method: 'refuse', args, brings: refused })
    assert.equal(resultOf(failed), 'has 77')
    assert.equal(resultOf(await send(service, folder, { method: 'size', args })), 77)
    // One that no call has read is not kept by a call that fails, and its absence is no result.
    const unread = randomBytes(78)
    await send(service, folder, { method: 'none', brings: unread })
    const absent = { method: 'tryRead', args: [hash('sha512', unread)] }
    await assert.rejects(send(service, folder, absent), { code: 'call_aborted' })
    const asked = resultOf(await send(service, folder, { method: 'ask' }))
    assert.ok(Array.isArray(asked))
    assert.deepEqual(asked[0], { a: 'once', b: memory === 'kept' ? 4 : 1 })
    for (const via of ['token', 'host', 'debug'] as const) {
      const seen = resultOf(await send(service, folder, { method: 'who', via }))
      assert.deepEqual(seen, [via === 'host' ? 'op' : 'alice', via])
    }
    await service.close()
    service = await open(folder, memory) // A memory that is kept comes back from its snapshot.
    const again = resultOf(await send(service, folder, { method: 'ask' }))
    assert.ok(Array.isArray(again))
    assert.deepEqual(again[2], memory === 'kept' ? 5 : 1)
    await service.close()
    const { code, stdout, shown } = await verify(folder)
    assert.equal(code, 0, shown)
    const { verdict, memoryUnchecked } = JSON.parse(stdout)
    assert.deepEqual([verdict, memoryUnchecked], ['verified', 0])
  })
}

test('a blob that a call has read, and that is missing without a takedown, fails the log', async () => {
  await using folder = await makeFolder('contract')
  const service = await open(folder, 'fresh')
  const brings = randomBytes(10)
  const name = hash('sha512', brings)
  await send(service, folder, { method: 'size', args: [name], brings })
  await service.close()
  assert.equal((await verify(folder)).code, 0)
  await rm(join(folder.path, 'public/-/log/blob', name.slice(0, 2), name))
  const { code, stdout } = await verify(folder, '--fresh')
  assert.equal(code, 1)
  assert.equal(JSON.parse(stdout).verdict, 'failed')
})
