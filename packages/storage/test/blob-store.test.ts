import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  blobSchema,
  createBlobReader,
  createBlobWriter,
  keepLargeBlobs,
} from '../src/blob-store.ts'
import { openDatabase } from '../src/database.ts'
import { maxInlineBlobBytes } from '../src/limits.ts'
import { tempFolder } from './temp-folder.ts'

for (const [size, place] of [
  [maxInlineBlobBytes, 'a row'],
  [maxInlineBlobBytes + 1, 'a file'],
] as const) {
  test(`a blob of ${size} bytes is kept in ${place}, read back, and gone when withheld`, async (t) => {
    const folder = tempFolder(t)
    const db = openDatabase(join(folder, 'stele.db'), { steps: [blobSchema] })
    t.after(() => db.close())
    const blobs = join(folder, 'blobs')
    const [reader, writer] = [createBlobReader(db, blobs), createBlobWriter(db, blobs)]
    const bytes = Buffer.alloc(size, 'x')
    for (const kept of await keepLargeBlobs(blobs, [{ name: 'abcdef', bytes }])) writer.keep(kept)
    const found = reader.find('abcdef')
    assert.equal(found instanceof Uint8Array, place === 'a row')
    assert.deepEqual(Buffer.from(reader.read('abcdef') ?? []), bytes)
    assert.deepEqual(reader.after(0), [{ blobNumber: 1, name: 'abcdef' }])
    writer.withhold('abcdef')
    assert.equal(reader.read('abcdef'), undefined)
    assert.deepEqual(writer.withheld(), ['abcdef'])
    writer.removeFile('abcdef')
    if (place === 'a file') assert.deepEqual(readdirSync(join(blobs, 'ab')), [])
  })
}

test('keepLargeBlobs() writes the bytes when a file of that name and size holds others', async (t) => {
  const folder = tempFolder(t)
  const bytes = Buffer.alloc(maxInlineBlobBytes + 1, 'x')
  const blob = { name: 'abcdef', bytes }
  await keepLargeBlobs(folder, [{ ...blob, bytes: Buffer.alloc(bytes.length, 'y') }])
  await keepLargeBlobs(folder, [blob])
  assert.deepEqual(readFileSync(join(folder, 'ab', 'abcdef')), bytes)
})

test('read() throws data_invalid and says which blob and where to get it when its file is gone', async (t) => {
  const folder = tempFolder(t)
  const db = openDatabase(join(folder, 'stele.db'), { steps: [blobSchema] })
  t.after(() => db.close())
  const blobs = join(folder, 'blobs')
  const bytes = Buffer.alloc(maxInlineBlobBytes + 1, 'x')
  const writer = createBlobWriter(db, blobs)
  for (const kept of await keepLargeBlobs(blobs, [{ name: 'abcdef', bytes }])) writer.keep(kept)
  rmSync(join(blobs, 'ab'), { recursive: true })
  assert.throws(() => createBlobReader(db, blobs).read('abcdef'), {
    code: 'data_invalid',
    message:
      'Cannot use "blobs/ab/abcdef": the file is missing. The log has this blob: put the file there again, from a backup, or from a mirror, where it is "-/log/blob/ab/abcdef"',
  })
})
