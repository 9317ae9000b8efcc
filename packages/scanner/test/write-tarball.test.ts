import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTarball } from '@stele/tarball'
import { writeTarball } from '../src/write-tarball.ts'

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
