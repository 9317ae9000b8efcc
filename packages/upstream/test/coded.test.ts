// Codings taken off within a limit, and how large a body is believed to be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { bytesToRead, type Coded, plainOf } from '../src/coded.ts'
import { largePackumentBytes, leastDecodedBytes, maxDecodedChunkBytes } from '../src/limits.ts'

const most = 3 * maxDecodedChunkBytes
const coded = (body: Uint8Array, coding: string, maxBytes = most): Coded => ({
  name: 'a',
  upstream: 'up',
  body,
  coding,
  maxBytes,
})

for (const [coding, encode] of [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['identity', (body: Buffer) => body],
] as const) {
  test(`plainOf() takes ${coding} off, and refuses a byte more than the limit`, () => {
    for (const size of [0, 1, leastDecodedBytes, maxDecodedChunkBytes + 1, most]) {
      const body = Buffer.alloc(size, 'x')
      const sent = encode(body)
      assert.ok(body.equals(plainOf(coded(sent, coding))))
      const tooSmall = { ...coded(sent, coding), maxBytes: size - 1 }
      if (size > 1) {
        assert.throws(
          () => plainOf(tooSmall),
          (error) => isSteleError(error, 'upstream_too_large'),
        )
      }
    }
  })
}

test('plainOf() throws upstream_answer_odd when a coding is unknown, or is not what it says', () => {
  const cut = gzipSync(Buffer.alloc(1000, 'x')).subarray(0, -9)
  for (const [coding, body] of [
    ['x', cut],
    ['constructor', cut],
    ['gzip', Buffer.from('plain')],
    ['gzip', cut],
    ['gzip', Buffer.of()],
  ] as const) {
    const isOdd = (error: unknown): boolean => isSteleError(error, 'upstream_answer_odd')
    assert.throws(() => plainOf(coded(body, coding)), isOdd)
  }
})

test('bytesToRead() believes what gzip says of itself until it was found to be wrong', () => {
  const [small, large] = [gzipSync('small'), gzipSync(Buffer.alloc(largePackumentBytes + 1))]
  const many = Buffer.concat([large, small]) // Of several members only the last one tells its size.
  for (const [body, coding, maxBytes, wanted] of [
    [Buffer.from('plain'), 'identity', largePackumentBytes, 5],
    [small, 'gzip', largePackumentBytes, small.length],
    [large, 'gzip', most, largePackumentBytes + 1],
    [many, 'gzip', largePackumentBytes, many.length],
    [many, 'gzip', most, most],
    [small, 'br', most, Number.MAX_SAFE_INTEGER],
  ] as const) {
    assert.equal(bytesToRead(coded(body, coding, maxBytes)), wanted)
  }
})
