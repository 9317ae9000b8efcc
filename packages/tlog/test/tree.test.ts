import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proveConsistency, proveInclusion, treeRoot } from '../src/public/tree.ts'
import { base64, createSampleReader, hex, leafOf, rootOf } from './sample-tree.ts'
import { consistency3to5, inclusion4of5, roots } from './tables/log-vectors.ts'

const read = createSampleReader()

for (const [size, root] of roots.filter(([rows]) => rows < 1000)) {
  test(`treeRoot() gives the vector's root when the size is ${size}`, () => {
    assert.equal(hex(treeRoot(size, read)), root)
  })
}

test('treeRoot() agrees with the recursive definition when the size is 0 to 130', () => {
  const leaves = Array.from({ length: 130 }, (_, i) => leafOf(i))
  for (let size = 0; size <= 130; size++) {
    assert.equal(hex(treeRoot(size, read)), hex(rootOf(leaves.slice(0, size))), `size ${size}`)
  }
})

test("proveInclusion() gives the vector's hashes when it is leaf 4 of 5", () => {
  assert.deepEqual(proveInclusion(4, 5, read).map(base64), inclusion4of5)
})

test("proveConsistency() gives the vector's hashes when the tree grows from 3 to 5", () => {
  assert.deepEqual(proveConsistency(3, 5, read).map(base64), consistency3to5)
})

test('proveConsistency() is empty when the old size is 0 or the new one', () => {
  assert.deepEqual(proveConsistency(0, 5, read), [])
  assert.deepEqual(proveConsistency(5, 5, read), [])
  assert.deepEqual(proveConsistency(0, 0, read), [])
})

const wrongRanges = [
  ['leaf 5 of 5', () => proveInclusion(5, 5, read)],
  ['leaf 0 of 0', () => proveInclusion(0, 0, read)],
  ['leaf -1 of 5', () => proveInclusion(-1, 5, read)],
  ['leaf 0.5 of 5', () => proveInclusion(0.5, 5, read)],
  ['size 6 to 5', () => proveConsistency(6, 5, read)],
  ['size NaN', () => treeRoot(Number.NaN, read)],
  ['size 2^53', () => treeRoot(2 ** 53, read)],
] as const
for (const [what, prove] of wrongRanges) {
  test(`treeRoot(), proveInclusion(), proveConsistency() throw when asked for ${what}`, () => {
    assert.throws(prove, /Cannot read the tree/)
  })
}

test('proveInclusion() reads only complete subtrees inside the tree when it has 2^53 - 1 leaves', () => {
  const size = Number.MAX_SAFE_INTEGER
  for (const index of [0, 2 ** 40 + 12345, size - 1]) {
    const proof = proveInclusion(index, size, (level, at) => {
      assert.ok(Number.isSafeInteger(at) && (at + 1) * 2 ** level <= size)
      return leafOf(level)
    })
    assert.ok(proof.length <= 53)
  }
})
