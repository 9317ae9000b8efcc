// Path segments and the order of UTF-8 bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { codePoint, codePointCount } from '../../testkit/src/code-points.ts'
import { compareUtf8, decodeSegment, encodeSegment } from '../src/public/names.ts'

const anyCharacter = fc.nat(codePointCount - 1).map(codePoint)

const encoded: readonly (readonly [string, string])[] = [
  ['left-pad', 'left-pad'],
  ['@scope/name', '@scope%2Fname'],
  ["it's", "it's"],
  ['a%2Fb', 'a%252Fb'],
  ['@scope/*', '@scope%2F*'],
  ['é', '%C3%A9'],
  ['\ud800', '%EF%BF%BD'],
]
for (const [text, segment] of encoded) {
  test(`encodeSegment() writes ${segment}`, () => assert.equal(encodeSegment(text), segment))
}

test('decodeSegment() takes escapes in lower case', () => {
  assert.equal(decodeSegment('@scope%2fname'), '@scope/name')
})

for (const segment of ['%', '%2', '%zz', '%ff', '%c3']) {
  test(`decodeSegment() refuses ${segment}`, () => {
    assert.throws(
      () => decodeSegment(segment),
      (error) => isSteleError(error, 'name_invalid'),
    )
  })
}

test('decodeSegment() gives back what encodeSegment() took, in one segment', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      const segment = encodeSegment(text)
      assert.ok(!segment.includes('/'))
      assert.equal(decodeSegment(segment), text)
    }),
  )
})

test('compareUtf8() orders texts as their bytes are ordered', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      '\u007f',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{1f600}',
      '\u{10ffff}',
    ),
  })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b))
      assert.equal(Math.sign(compareUtf8(a, b)), bytes)
    }),
    { numRuns: 500 },
  )
})
