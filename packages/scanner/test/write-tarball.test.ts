import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readTarball } from '@stele/tarball'
import { writePlainTarball, writeTarball } from '../src/write-tarball.ts'

test('writeTarball() writes what readTarball() reads, long paths among it', async () => {
  const paths = [
    'package.json',
    'bin/run',
    'ä',
    ...[85, 91, 92, 93, 200].map((length) => `d/${'x'.repeat(length)}`),
  ]
  const files = paths.map((path, at) => ({
    path,
    mode: path === 'bin/run' ? (755 as const) : (644 as const),
    content: Buffer.from('y'.repeat(at * 512)),
  }))
  const read = readTarball(await writeTarball(files)).files
  const found = read.map(({ path, mode, content }) => ({ path, mode, content: content.length }))
  const wanted = files.map((one) => ({ ...one, content: one.content.length }))
  assert.deepEqual(new Set(found), new Set(wanted))
})

test('writePlainTarball() writes the same archive, uncompressed, for contents of any size', async () => {
  for (const size of [0, 1, 511, 65_535 - 3 * 512, 65_535, 65_536, 3 * 65_535 + 7, 1_000_000]) {
    const content = Buffer.alloc(size, 'abc')
    const files = [
      { path: 'package.json', mode: 644 as const, content: Buffer.from('{}') },
      { path: 'x', mode: 755 as const, content },
    ]
    const plain = writePlainTarball(files)
    assert.deepEqual(gunzipSync(plain), gunzipSync(await writeTarball(files)), String(size))
    assert.equal(readTarball(plain).files[1]?.size, size)
  }
})

test('writePlainTarball() writes these very bytes, in every release', () => {
  const files = [{ path: 'package.json', mode: 644 as const, content: Buffer.from('{}') }]
  assert.equal(
    hash('sha256', writePlainTarball(files), 'hex'),
    'b069ca83590dbe622f64b7d818cfec773ffacd1dd90100bd00567c76608c3253',
  )
})
