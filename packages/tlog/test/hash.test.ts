import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyRoot, hashLeaf, hashNode, isSameHash, sha256 } from '../src/public/tree.ts'
import { hex } from './sample-tree.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })

function reference(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex')
}

test('sha256(), hashLeaf() agree with createHash for any bytes', () => {
  fc.assert(
    fc.property(bytes, (data) => {
      assert.equal(hex(sha256(data)), reference(data))
      assert.equal(hex(hashLeaf(data)), reference(Uint8Array.of(0), data))
    }),
  )
})

test('hashNode() agrees with createHash and leaves its arguments alone', () => {
  fc.assert(
    fc.property(hash, hash, (left, right) => {
      const before = hex(left) + hex(right)
      assert.equal(hex(hashNode(left, right)), reference(Uint8Array.of(1), left, right))
      assert.equal(hex(left) + hex(right), before)
    }),
  )
})

test('hashNode() gives a hash of its own each time when its input buffer is used again', () => {
  const first = hashNode(emptyRoot, emptyRoot)
  const before = hex(first)
  hashNode(first, first)
  assert.equal(hex(first), before)
})

test('isSameHash() compares bytes, not objects', () => {
  assert.ok(isSameHash(emptyRoot, Uint8Array.from(emptyRoot)))
  assert.ok(!isSameHash(emptyRoot, hashLeaf(emptyRoot)))
  assert.ok(!isSameHash(emptyRoot, emptyRoot.subarray(1)))
})
