import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLeaf, hashBody, hashEffects, parseLeaf } from '../src/leaf.ts'
import { unhex, vectors } from './vectors.ts'

vectors.entries.forEach((entry, index) => {
  test(`formatLeaf() gives the vector's bytes for entry ${index}`, () => {
    const leaf = parseLeaf(unhex(entry.leaf))
    assert.equal(leaf.kind, entry.kind)
    assert.equal(Buffer.from(formatLeaf(leaf)).toString('hex'), entry.leaf)
    assert.deepEqual(
      Buffer.from(hashBody(unhex(entry.salt), Buffer.from(entry.body))),
      Buffer.from(leaf.bodyHash),
    )
    assert.deepEqual(
      Buffer.from(hashEffects(unhex(entry.effectsSalt), Buffer.from(entry.effects))),
      Buffer.from(leaf.effectsHash),
    )
  })
})

const good = unhex(vectors.entries[1]?.leaf ?? '')
const faults: readonly (readonly [string, Uint8Array])[] = [
  ['it is a byte short', good.subarray(0, 105)],
  ['it is a byte long', Buffer.concat([good, Buffer.alloc(1)])],
  ['its version is 2', Buffer.concat([Buffer.of(2), good.subarray(1)])],
  ['its kind is 5', Buffer.concat([Buffer.of(1, 5), good.subarray(2)])],
  [
    'its time is over 2^53 - 1',
    Buffer.concat([good.subarray(0, 2), Buffer.of(0x00, 0x20), good.subarray(4)]),
  ],
]
for (const [what, bytes] of faults) {
  test(`parseLeaf() throws entry_invalid when ${what}`, () => {
    assert.throws(() => parseLeaf(bytes), { code: 'entry_invalid' })
  })
}
