import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CarriedBlobs } from '../src/carried-blobs.ts'

const own = [
  { name: 'small', bytes: Buffer.from('small') },
  { name: 'large', storedBytes: 9 },
]
const staged = [{ name: 'earlier', bytes: Buffer.from('earlier') }]
const stored: string[] = []
const readStored = (name: string): Uint8Array => {
  stored.push(name)
  return Buffer.from(`file of ${name}`)
}

test("read() gives the call's own blobs, those of the group, and no others", () => {
  const blobs = new CarriedBlobs(own, staged, readStored)
  const found = ['small', 'large', 'earlier', 'else'].map((name) => blobs.read(name)?.toString())
  assert.deepEqual(found, ['small', 'file of large', 'earlier', undefined])
  assert.deepEqual(stored, ['large'])
})

test('kept() gives all blobs of a call that succeeded, and of one that failed those that it read', () => {
  const blobs = new CarriedBlobs(own, staged, readStored)
  assert.deepEqual(blobs.kept(true), own)
  assert.deepEqual(blobs.kept(false), [])
  blobs.read('large')
  blobs.read('earlier')
  assert.deepEqual(blobs.kept(false), [own[1]])
})
