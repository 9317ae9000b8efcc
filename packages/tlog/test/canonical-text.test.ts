import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, decodeHash, encodeBase64, parseDecimal } from '../src/canonical-text.ts'

test('decodeBase64() gives back what encodeBase64() wrote', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.deepEqual(Uint8Array.from(decodeBase64(encodeBase64(bytes)) ?? []), bytes)
    }),
  )
})

const refusedBase64 = [
  ['padding is missing', 'QQ'],
  ['padding is doubled', 'QQ==='],
  ['trailing bits are set', 'QR=='],
  ['it is base64url', '_-8='],
  ['a space is inside', 'QQ ='],
  ['a newline is at the end', 'QQ==\n'],
  ['text follows', 'QQ==QQ=='],
  ['a character is none of base64', 'QQ*='],
] as const
for (const [why, text] of refusedBase64) {
  test(`decodeBase64() refuses ${JSON.stringify(text)} when ${why}`, () => {
    assert.equal(decodeBase64(text), undefined)
  })
}

test('decodeHash() refuses 31 and 33 bytes', () => {
  assert.equal(decodeHash(encodeBase64(new Uint8Array(31))), undefined)
  assert.equal(decodeHash(encodeBase64(new Uint8Array(33))), undefined)
  assert.equal(decodeHash(encodeBase64(new Uint8Array(32)))?.length, 32)
})

const decimals = [
  ['0', 0],
  ['7', 7],
  ['10', 10],
  ['9007199254740991', 2 ** 53 - 1],
  ['9007199254740992', undefined],
  ['18446744073709551615', undefined],
  ['', undefined],
  ['00', undefined],
  ['01', undefined],
  ['+1', undefined],
  ['-1', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
  ['0x1', undefined],
  [' 1', undefined],
  ['1\n', undefined],
  ['١', undefined],
] as const
for (const [text, value] of decimals) {
  test(`parseDecimal() gives ${value} when the text is ${JSON.stringify(text)}`, () => {
    assert.equal(parseDecimal(text), value)
  })
}
