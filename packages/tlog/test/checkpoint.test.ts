import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { formatCheckpoint, parseCheckpoint } from '../src/public/keys.ts'
import { checkpoint } from './tables/format-vectors.ts'
import { origin, roots } from './tables/log-vectors.ts'

const root5 = Buffer.from(roots[4][1], 'hex')

test("formatCheckpoint() writes the vector's lines, parseCheckpoint() reads them", () => {
  assert.equal(formatCheckpoint({ origin, size: 5, root: root5 }), checkpoint.text)
  assert.deepEqual(parseCheckpoint(checkpoint.text), { origin, size: 5, root: root5 })
})

test('parseCheckpoint() gives back what formatCheckpoint() wrote', () => {
  const root = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z.:/-]{1,30}$/),
      fc.maxSafeNat(),
      root,
      (name, size, hash) => {
        const found = parseCheckpoint(formatCheckpoint({ origin: name, size, root: hash }))
        assert.deepEqual(
          { ...found, root: Uint8Array.from(found.root) },
          { origin: name, size, root: hash },
        )
      },
    ),
  )
})

const hash = 'fKo0Xb2JKmZFTWxlEuo8PqPw0+whvj/C4jdXBf049nI='
const refused = [
  ['it is empty', ''],
  ['its origin is empty', `\n5\n${hash}\n`],
  ['its origin has a space', `a b\n5\n${hash}\n`],
  ['its origin has a plus', `a+b\n5\n${hash}\n`],
  ['its size has a leading zero', `a\n05\n${hash}\n`],
  ['its size is negative', `a\n-5\n${hash}\n`],
  ['its size is empty', `a\n\n${hash}\n`],
  ['its size is over 2^53 - 1', `a\n9007199254740992\n${hash}\n`],
  ['its root has 31 bytes', `a\n5\n${Buffer.alloc(31).toString('base64')}\n`],
  ['its root has no padding', `a\n5\n${hash.slice(0, -1)}\n`],
  ['its root is not canonical', `a\n5\n${hash.slice(0, -2)}J=\n`],
  ['its last newline is missing', `a\n5\n${hash}`],
  ['it has two lines', 'a\n5\n'],
  ['it has an extension line', `a\n5\n${hash}\nextension\n`],
  ['it has an empty line more', `a\n5\n${hash}\n\n`],
  ['it is the whole note', checkpoint.signed],
] as const
for (const [why, text] of refused) {
  test(`parseCheckpoint() refuses when ${why}`, () => {
    assert.throws(
      () => parseCheckpoint(text),
      (error) => isSteleError(error, 'checkpoint_invalid'),
    )
  })
}

const unwritable = [
  ['a line break in the origin', { origin: 'a\nb' }],
  ['a negative size', { size: -1 }],
  ['a fraction of a size', { size: 0.5 }],
  ['a short root', { root: new Uint8Array(31) }],
] as const
for (const [what, part] of unwritable) {
  test(`formatCheckpoint() throws when it gets ${what}`, () => {
    assert.throws(
      () => formatCheckpoint({ origin, size: 5, root: root5, ...part }),
      /^Error: Cannot/,
    )
  })
}
