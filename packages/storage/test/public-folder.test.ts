import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { PublicFolder } from '@stele/log'
import { createFolderChanges } from '../src/folder-thread.ts'
import { maxChangesAtOnce, maxChangesHere, maxChangesHereBytes } from '../src/limits.ts'
import { createPublicFiles, type FolderChange } from '../src/public-files.ts'
import { type ChangeFolder, createPublicFolder } from '../src/public-folder.ts'
import { tempFolder } from './temp-folder.ts'

const workers: Worker[] = []
const ways: readonly [string, (root: string) => ChangeFolder][] = [
  ['in this thread', (root) => createFolderChanges(root)],
  ['in a thread of its own', changeInThread],
]

for (const [way, change] of ways) {
  describe(`createPublicFolder() ${way}`, () => {
    const open = (root: string): PublicFolder => createPublicFolder(change(root))

    test('write() puts files there by the next sync(), and leaves nothing unfinished', async (t) => {
      const root = tempFolder(t)
      const folder = open(root)
      await folder.write('-/log/tile/0/000', Buffer.from('one'))
      await folder.write('-/log/tile/0/000', Buffer.from('two'))
      await folder.write('-/log/blob/empty', Buffer.alloc(0))
      assert.equal(folder.unsynced(), 3)
      await folder.sync()
      assert.equal(folder.unsynced(), 0)
      assert.equal(readFileSync(join(root, '-/log/tile/0/000'), 'utf8'), 'two')
      assert.equal(readFileSync(join(root, '-/log/blob/empty'), 'utf8'), '')
      assert.deepEqual(readdirSync(join(root, '.tmp')), [])
    })

    test('copy() puts the bytes of another file there, which stays, and fails where there is none', async (t) => {
      const [root, other] = [tempFolder(t), join(tempFolder(t), 'large')]
      const bytes = Buffer.alloc(5_000_000, 'large')
      writeFileSync(other, bytes)
      const folder = open(root)
      await folder.copy?.('-/log/blob/large', other)
      await folder.sync()
      assert.ok(readFileSync(join(root, '-/log/blob/large')).equals(bytes))
      assert.ok(readFileSync(other).equals(bytes))
      const failing = async (): Promise<void> => {
        await folder.copy?.('-/log/blob/gone', `${other}.gone`)
        await folder.sync()
      }
      await assert.rejects(failing)
      assert.equal(existsSync(join(root, '-/log/blob/gone')), false)
    })

    test('writeDurably() puts what was written before there, too', async (t) => {
      const root = tempFolder(t)
      const folder = open(root)
      await folder.write('-/log/body/000', Buffer.of(1))
      await folder.writeDurably('-/log/checkpoint', Buffer.of(2))
      assert.deepEqual([...readFileSync(join(root, '-/log/body/000'))], [1])
      assert.deepEqual([...readFileSync(join(root, '-/log/checkpoint'))], [2])
      assert.equal(folder.unsynced(), 0)
    })

    test('remove() takes a file or a folder away, or nothing', async (t) => {
      const root = tempFolder(t)
      const folder = open(root)
      await folder.write('-/log/body/000.p/1', Buffer.of(1))
      await folder.remove('-/log/body/000.p')
      await folder.remove('-/log/body/000.p')
      await folder.sync()
      assert.deepEqual(readdirSync(join(root, '-/log/body')), [])
      await folder.write('-/log/body/000.p/2', Buffer.of(2))
      await folder.sync()
      assert.deepEqual(readdirSync(join(root, '-/log/body/000.p')), ['2'])
    })

    test('write() makes folders anew when somebody has removed them', async (t) => {
      const root = tempFolder(t)
      const folder = open(root)
      await folder.writeDurably('-/log/body/000', Buffer.of(1))
      rmSync(root, { recursive: true })
      await folder.writeDurably('-/log/body/000', Buffer.of(2))
      assert.deepEqual([...readFileSync(join(root, '-/log/body/000'))], [2])
    })

    test('sync() throws what the file system says, and goes on with what comes later', async (t) => {
      const root = tempFolder(t)
      const folder = open(root)
      mkdirSync(join(root, 'taken/inside'), { recursive: true })
      await folder.write('taken', Buffer.of(1))
      await assert.rejects(folder.sync(), /EISDIR|ENOTEMPTY|EEXIST/)
      await folder.write('free', Buffer.of(2))
      await folder.sync()
      assert.deepEqual([...readFileSync(join(root, 'free'))], [2])
      assert.deepEqual(readdirSync(join(root, '.tmp')), [])
    })

    test('a new one takes away what an older one left unfinished', async (t) => {
      const root = tempFolder(t)
      mkdirSync(join(root, '.tmp'))
      writeFileSync(join(root, '.tmp/half'), 'half')
      await open(root).writeDurably('file', Buffer.of(1))
      assert.deepEqual(readdirSync(join(root, '.tmp')), [])
    })
  })
}

test('createPublicFolder() hands changes on in their order, not more than the limit at a time', async () => {
  const asked: (readonly FolderChange[])[] = []
  const folder = createPublicFolder(async (changes) => void asked.push(changes))
  for (let i = 0; i < maxChangesAtOnce + 1; i++) await folder.write(`${i}`, Buffer.of(1))
  await folder.sync()
  assert.deepEqual(
    asked.map(({ length }) => length),
    [maxChangesAtOnce, 2],
  )
  assert.deepEqual(asked[1]?.at(-1), { sync: true })
})

const few: readonly FolderChange[] = [{ put: 'few', bytes: Buffer.of(1) }, { sync: true }]
const many: readonly FolderChange[] = [
  ...Array.from({ length: maxChangesHere }, (_, i) => ({ put: `${i}`, bytes: Buffer.of(i) })),
  { sync: true },
]
const large: readonly FolderChange[] = [
  { put: 'large', bytes: Buffer.alloc(maxChangesHereBytes + 1) },
  { sync: true },
]
const unfinished: readonly FolderChange[] = [{ put: 'more', bytes: Buffer.of(2) }]

// what is changed one after the other, whether that takes a thread
const loads: readonly [string, readonly (readonly FolderChange[])[], boolean][] = [
  ['few files that are then durable', [few, few], false],
  ['nothing but to make durable', [[{ sync: true }]], false],
  ['many files', [many], true],
  ['a large file', [large], true],
  ['files that more are to follow', [unfinished, few], true],
]
for (const [load, asked, takesThread] of loads) {
  test(`createFolderChanges() ${takesThread ? 'starts a thread' : 'starts no thread'} for ${load}`, async (t) => {
    const root = tempFolder(t)
    const started: Worker[] = []
    const change = createFolderChanges(root, (data) => {
      started.push(startWorker(data))
      return started[0] as Worker
    })
    for (const changes of asked) await change(changes)
    assert.equal(started.length, takesThread ? 1 : 0)
    const names = asked.flat().flatMap((one) => ('put' in one ? [one.put] : []))
    for (const name of names) assert.ok(existsSync(join(root, name)), name)
  })
}

test('createFolderChanges() starts another thread when the one that it had has ended', async (t) => {
  const root = tempFolder(t)
  const change = createFolderChanges(root, startWorker)
  await change(many)
  await workers.at(-1)?.terminate()
  await change(large)
  assert.equal(readdirSync(root).length, maxChangesHere + 2)
})

test('createFolderChanges() ends its thread when there has been nothing for a while', async (t) => {
  await createFolderChanges(tempFolder(t), startWorker, 1)(many)
  const worker = workers.at(-1)
  assert.ok(worker)
  const [status] = await once(worker, 'exit')
  assert.equal(typeof status, 'number')
})

test('createPublicFiles() makes durable every folder on the way to a file, also one that an earlier attempt has made', (t) => {
  const root = tempFolder(t)
  mkdirSync(join(root, 'taken/inside'), { recursive: true })
  const attempt: readonly FolderChange[] = [
    { put: 'a/b/file', bytes: Buffer.of(1) },
    { put: 'taken', bytes: Buffer.of(1) },
    { sync: true },
  ]
  assert.throws(() => createPublicFiles(root)(attempt))
  const synced: string[] = []
  createPublicFiles(root, (path) => synced.push(path))([attempt[0] as FolderChange, { sync: true }])
  for (const folder of ['a/b', 'a', '.']) assert.ok(synced.includes(join(root, folder)), folder)
})

test('createFolderChanges() rejects when its thread ends before it has answered', async (t) => {
  const root = tempFolder(t)
  const change = createFolderChanges(root, (data) => {
    const worker = startWorker(data)
    void worker.terminate()
    return worker
  })
  await assert.rejects(change(many), /ended/)
  assert.deepEqual(readdirSync(root), [])
})

/** As folders are changed after a change that was left unfinished: all of it in the thread. */
function changeInThread(root: string): ChangeFolder {
  const change = createFolderChanges(root, startWorker)
  return async (changes) => {
    await change([])
    await change(changes)
  }
}

function startWorker(workerData: unknown): Worker {
  const worker = new Worker(new URL('./folder-worker.ts', import.meta.url), { workerData })
  workers.push(worker)
  return worker
}
