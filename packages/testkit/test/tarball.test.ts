// The tar writer writes what it says. The system's own tar reads it in the tests of @stele/tarball.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { makePackage, makeTar, makeTarball, paxRecord } from '../src/index.ts'

test('makeTarball() writes the same bytes every time', () => {
  const entries = [{ path: 'a', content: 'x' }]
  assert.deepEqual(makeTarball(entries), makeTarball(entries))
})

test('makeTar() writes whole blocks, and two empty ones at the end', () => {
  const tar = makeTar([{ path: 'a', content: 'x' }])
  assert.equal(tar.length, 4 * 512)
  assert.ok(tar.subarray(1024).every((byte) => byte === 0))
})

test('makePackage() writes package.json first, below package/', () => {
  const tar = gunzipSync(makePackage({ name: 'p', version: '1.0.0' })).toString()
  assert.ok(tar.startsWith('package/package.json\0'))
  assert.ok(tar.includes('"version": "1.0.0"'))
})

test('paxRecord() counts its own length', () => {
  for (let length = 0; length < 1100; length++) {
    const record = paxRecord('k', 'é'.repeat(length))
    assert.equal(Number.parseInt(record, 10), Buffer.byteLength(record))
  }
})
