import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { formatEntryBundle, parseEntryBundle } from '../src/public/tiles.ts'
import { hex } from './sample-tree.ts'

const entries = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 256 })

function refuses(bytes: Uint8Array, width: number): void {
  assert.throws(
    () => parseEntryBundle(bytes, width),
    (error) => isSteleError(error, 'proof_invalid'),
  )
}

test('parseEntryBundle() gives back what formatEntryBundle() wrote, and no other width of it', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const bytes = formatEntryBundle(list)
      assert.deepEqual(parseEntryBundle(bytes, list.length).map(hex), list.map(hex))
      refuses(bytes, list.length + 1)
      refuses(bytes, list.length - 1)
    }),
    { numRuns: 30 },
  )
})

test('parseEntryBundle() refuses when it is cut anywhere or longer', () => {
  const bytes = formatEntryBundle([Buffer.from('one'), Buffer.from(''), Buffer.from('three')])
  for (let length = 0; length < bytes.length; length++) refuses(bytes.subarray(0, length), 3)
  refuses(Buffer.concat([bytes, Uint8Array.of(0)]), 3)
})

test('formatEntryBundle() takes 65,535 bytes and throws when an entry has one more', () => {
  const [largest] = parseEntryBundle(formatEntryBundle([new Uint8Array(65535)]), 1)
  assert.equal(largest?.length, 65535)
  assert.throws(() => formatEntryBundle([new Uint8Array(65536)]), /Cannot bundle/)
})
