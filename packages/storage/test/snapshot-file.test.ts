import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { maxFrameBytes } from '../src/limits.ts'
import { createSnapshotFile } from '../src/snapshot-file.ts'
import { tempFolder } from './temp-folder.ts'

const key = new Uint8Array(32)
const frames = [Buffer.from('first'), Buffer.alloc(70_000, 'x'), Buffer.alloc(70_000, 'y'), key]

async function* given(all: readonly Uint8Array[], failure?: string): AsyncIterable<Uint8Array> {
  yield* all
  if (failure !== undefined) throw new Error(failure)
}

/** Copies: a frame's memory is used again. */
function read(path: string): Buffer[] {
  return Array.from(createSnapshotFile(path, key).frames(), (frame) => Buffer.from(frame))
}

test('frames() gives what replace() was given, and nothing where there is no file', async (t) => {
  const path = join(tempFolder(t), 'trie.snapshot')
  assert.deepEqual(read(path), [])
  await createSnapshotFile(path, key).replace(given(frames))
  assert.deepEqual(
    read(path),
    frames.map((frame) => Buffer.from(frame)),
  )
})

test('frames() gives frames that stay until the second one after them', async (t) => {
  const path = join(tempFolder(t), 'trie.snapshot')
  const file = createSnapshotFile(path, key)
  await file.replace(given(frames))
  let before: Uint8Array | undefined
  let index = 0
  for (const frame of file.frames()) {
    if (before !== undefined) assert.deepEqual(Buffer.from(before), Buffer.from(frames[index - 1]!))
    before = frame
    index++
  }
  assert.equal(index, frames.length)
})

test('replace() leaves the snapshot before, and no other file, when its frames fail', async (t) => {
  const folder = tempFolder(t)
  const file = createSnapshotFile(join(folder, 'trie.snapshot'), key)
  await file.replace(given(frames))
  await assert.rejects(file.replace(given(frames.slice(1), 'broken off')), /broken off/)
  assert.equal([...file.frames()].length, frames.length)
  assert.deepEqual(readdirSync(folder), ['trie.snapshot'])
})

test('replace() writes over what a crash left of another one', async (t) => {
  const path = join(tempFolder(t), 'trie.snapshot')
  writeFileSync(`${path}.tmp`, 'x'.repeat(1_000_000))
  await createSnapshotFile(path, key).replace(given(frames))
  assert.deepEqual(
    read(path),
    frames.map((frame) => Buffer.from(frame)),
  )
})

const cuts = [3, 4, 6, 8, 9, 13, 70_000] as const
for (const cut of cuts) {
  test(`frames() ends or throws, and never makes a frame up, when the file is cut at ${cut}`, async (t) => {
    const path = join(tempFolder(t), 'trie.snapshot')
    await createSnapshotFile(path, key).replace(given(frames))
    writeFileSync(path, readFileSync(path).subarray(0, cut))
    const found: Buffer[] = []
    try {
      for (const frame of createSnapshotFile(path, key).frames()) found.push(Buffer.from(frame))
    } catch (error) {
      assert.match(String(error), /cut/)
    }
    assert.deepEqual(
      found,
      frames.slice(0, cut < 9 ? 0 : 1).map((frame) => Buffer.from(frame)),
    )
  })
}

test('frames() throws when a frame says that it is longer than any', (t) => {
  const path = join(tempFolder(t), 'trie.snapshot')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(maxFrameBytes + 1)
  writeFileSync(path, length)
  assert.throws(() => read(path), /over the limit/)
})
