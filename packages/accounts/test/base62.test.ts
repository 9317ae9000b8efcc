import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBase62, formatBase62Number } from '../src/base62.ts'

const rows: readonly (readonly [bytes: readonly number[], length: number, text: string])[] = [
  [[0], 3, '000'],
  [[61], 1, 'z'],
  [[62], 2, '10'],
  [[255], 2, '47'],
  [[255, 255, 255, 255], 6, '4gfFC3'],
]
for (const [bytes, length, text] of rows) {
  test(`formatBase62() gives ${text} for ${bytes.join()}`, () => {
    assert.equal(formatBase62(Uint8Array.from(bytes), length), text)
  })
  test(`formatBase62Number() gives ${text} for the same number`, () => {
    const value = bytes.reduce((number, byte) => number * 256 + byte, 0)
    assert.equal(formatBase62Number(value, length), text)
  })
}
