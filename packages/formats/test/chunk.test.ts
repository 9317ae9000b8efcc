// Chunks of pinned versions.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseVersion } from '../src/public/names.ts'
import { type ChunkLine, formatChunk, parseChunk } from '../src/public/values.ts'

const vectorsUrl = new URL('../../../spec/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')).release
const line = vectors.chunk.slice(0, -1)
const [first] = parseChunk(vectors.chunk)
assert.ok(first)

test('parseChunk() reads the chunk of the vectors', () => {
  assert.equal(first.recordDigest, hash('sha256', vectors.record, 'hex'))
  assert.equal(hash('sha512', vectors.chunk, 'hex'), vectors.chunkName)
})

test('formatChunk() sorts by the bytes of the versions, and parseChunk() gives the lines back', () => {
  const versions = ['10.0.0', '2.0.0', '1.0.0', '1.0.0-beta', '1.0.0-Beta', '1.0.10']
  const lines = versions.map((version): ChunkLine => ({ ...first, version: parseVersion(version) }))
  const read = parseChunk(formatChunk(lines))
  assert.deepEqual(
    read.map(({ version }) => version),
    ['1.0.0', '1.0.0-Beta', '1.0.0-beta', '1.0.10', '10.0.0', '2.0.0'],
  )
})

test('formatChunk() refuses a version given twice', () => {
  assert.throws(
    () => formatChunk([first, first]),
    (error) => isSteleError(error, 'chunk_invalid'),
  )
})

test('parseChunk() takes an empty chunk', () => assert.deepEqual(parseChunk(''), []))

const bad: readonly (readonly [string, string])[] = [
  ['no line feed at the end', line],
  ['an empty line', `${line}\n\n`],
  ['a carriage return', `${line}\r\n`],
  ['a fourth column', `${line} x\n`],
  ['two spaces', `${line.replace(' ', '  ')}\n`],
  ['a digest in upper case', `${line.slice(0, -64)}${'A'.repeat(64)}\n`],
  ['a short digest', `${line.slice(0, -1)}\n`],
  ['an unclean version', `v${line}\n`],
  ['two hashes', `${line.replace(' sha512', ' sha1,sha512')}\n`],
  ['a version twice', `${line}\n${line}\n`],
  ['versions out of order', `${line}\n0${line.slice(1)}\n`],
  ['too many lines', '\n'.repeat(200_002)],
]
for (const [what, text] of bad) {
  test(`parseChunk() refuses ${what}`, () => {
    assert.throws(
      () => parseChunk(text),
      (error) => isSteleError(error),
    )
  })
}
