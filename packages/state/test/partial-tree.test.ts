import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Trie } from '../src/index.ts'
import { openPartialTree } from '../src/public/bundle.ts'
import { leftPadLeaves } from './spec-vectors.ts'

const trie = Trie.build(leftPadLeaves)
const root = trie.root()
const inclusion = { object: 'left-pad', field: 'v/1.3.0' }
const listing = { object: 'left-pad', prefix: 'v/' }
const keys = [
  ...leftPadLeaves,
  { object: 'left-pad', field: 'v/9.9.9' },
  { object: 'x', field: '' },
]

test('get() answers what a proof covers and throws proof_not_covered for every other key', () => {
  const partial = openPartialTree(trie.prove([inclusion]).tree, root)
  assert.deepEqual(partial.get('left-pad', 'v/1.3.0'), trie.get('left-pad', 'v/1.3.0'))
  // On the way of the same leaf, hence proven absent.
  assert.equal(partial.get('left-pad', 'v/9.9.9'), undefined)
  for (const [object, field] of [
    ['left-pad', 'v/1.2.0'],
    ['left-pad', 't/latest'],
    ['@s/x', 'v/0.0.1'],
  ] as const) {
    assert.throws(() => partial.get(object, field), {
      code: 'proof_not_covered',
      details: { object, field },
    })
  }
})

test('list() throws proof_not_covered when a part of the listing is pruned', () => {
  const partial = openPartialTree(trie.prove([inclusion]).tree, root)
  assert.throws(() => partial.list('left-pad', 'v/'), { code: 'proof_not_covered' })
  assert.throws(() => partial.list('left-pad', ''), { code: 'proof_not_covered' })
  assert.throws(() => partial.list('@s/x', ''), { code: 'proof_not_covered' })
})

test('list() gives a listing that is narrower than what was asked for', () => {
  const partial = openPartialTree(trie.prove([listing]).tree, root)
  assert.deepEqual(
    partial.list('left-pad', 'v/1.2').map(([field]) => field),
    ['v/1.2.0'],
  )
  assert.deepEqual(partial.list('left-pad', 'v/1.3.0.1'), [])
  assert.throws(() => partial.list('left-pad', ''), { code: 'proof_not_covered' })
})

test('list() is empty when one shown leaf begins otherwise and its neighbours are pruned', () => {
  const partial = openPartialTree(trie.prove([inclusion]).tree, root)
  // The subtree that "u…" would be in holds only "v/…" and is partly pruned.
  const bit = 8 * 32 + 6
  assert.equal(
    Buffer.from('tuv')
      .map((byte) => (byte >> (7 - (bit & 7))) & 1)
      .join(''),
    '001',
  )
  assert.deepEqual(partial.list('left-pad', 'w'), [])
})

test('asked() gives each leaf once, left to right, when queries overlap', () => {
  const queries = [listing, inclusion, listing, { object: 'left-pad', prefix: '' }]
  const proof = trie.prove(queries)
  const asked = openPartialTree(proof.tree, root).asked(queries)
  assert.deepEqual(
    asked.map(([, field]) => field),
    ['t/latest', 'v/1.2.0', 'v/1.3.0'],
  )
})

test('openPartialTree() throws proof_invalid when any bit of a proof is flipped', () => {
  for (const query of [inclusion, listing, { object: 'none', prefix: '' }]) {
    const { tree } = trie.prove([query])
    for (let bit = 0; bit < tree.length * 8; bit++) {
      const flipped = Uint8Array.from(tree)
      flipped[bit >>> 3]! ^= 1 << (bit & 7)
      assert.throws(() => openPartialTree(flipped, root), { code: 'proof_invalid' }, `bit ${bit}`)
    }
  }
})

test('openPartialTree() throws proof_invalid when the root is another', () => {
  const { tree } = trie.prove([inclusion])
  for (const other of [new Uint8Array(32), new Uint8Array(0), root.subarray(0, 31)]) {
    assert.throws(() => openPartialTree(tree, other), { code: 'proof_invalid' })
  }
})

test('get() and list() throw request_invalid when the key is beyond the limits', () => {
  const partial = openPartialTree(trie.prove(keys).tree, root)
  assert.throws(() => partial.get('', 'f'), { code: 'request_invalid' })
  assert.throws(() => partial.list('o', '\0'), { code: 'request_invalid' })
})

test('get() gives copies, so that a caller cannot change what is proven', () => {
  const partial = openPartialTree(trie.prove([inclusion]).tree, root)
  partial.get('left-pad', 'v/1.3.0')?.fill(0)
  assert.deepEqual(partial.get('left-pad', 'v/1.3.0'), trie.get('left-pad', 'v/1.3.0'))
})
