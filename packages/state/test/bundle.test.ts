import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EntryValue, valueOf } from '@stele/entries/parts'
import { Trie } from '../src/index.ts'
import {
  type BundleClaim,
  checkBlob,
  formatBundle,
  openBundle,
  openPartialTree,
} from '../src/public/bundle.ts'
import { origin, vectors, verifiers, writesOf } from './spec-vectors.ts'

const trie = Trie.build(vectors.entries.flatMap(({ effects }) => writesOf(effects)))
const long = Buffer.from('long '.repeat(4_000))
const keysWritten = new Set(
  vectors.entries.flatMap(({ effects }) => writesOf(effects).map(({ object }) => object)),
)
const values = new Map<string, EntryValue>([
  ['/meta\0a', valueOf(Buffer.from('A'))],
  ['/meta\0long', valueOf(long)],
  ['/\0meta/', valueOf(new Uint8Array(0))],
])
const [first, second] = vectors.proofs
assert.ok(first && second)
const claimOf = (queries: BundleClaim['queries']): BundleClaim => ({ queries, verifiers, origin })

for (const [index, { queries, bundle }] of vectors.proofs.entries()) {
  test(`formatBundle() writes the bytes of proof ${index} of spec/vectors.json`, () => {
    const { tree, asked } = trie.prove(queries)
    const made = formatBundle({
      head: vectors.head,
      tree,
      values: asked.map(
        ([object, field]) => values.get(`${object}\0${field}`) ?? assert.fail(field),
      ),
    })
    assert.equal(Buffer.from(made).toString('hex'), bundle)
  })
}

test('openBundle() gives a value and an absence when the bundle of spec/vectors.json is asked', () => {
  const open = openBundle(Buffer.from(first.bundle, 'hex'), claimOf(first.queries))
  const value = open.get('/meta', 'a')
  assert.ok(value && 'bytes' in value)
  assert.equal(Buffer.from(value.bytes).toString(), 'A')
  assert.equal(open.get('/notes', 'absent'), undefined)
  assert.equal(open.head.checkpoint.size, 14)
})

test('openBundle() gives listings, an empty one and a blob when the second bundle is asked', () => {
  const open = openBundle(Buffer.from(second.bundle, 'hex'), claimOf(second.queries))
  assert.deepEqual(
    open.list('/meta', '').map(([field, value]) => [field, Object.keys(value)[0]]),
    [
      ['a', 'bytes'],
      ['long', 'blob'],
    ],
  )
  assert.deepEqual(open.list('/nothing', ''), [])
  const blob = open.get('/meta', 'long')
  assert.ok(blob && 'blob' in blob)
  assert.match(blob.blob, /^d45889bd/)
  assert.equal(checkBlob(blob, long), long)
  assert.throws(() => checkBlob(blob, long.subarray(1)), { code: 'proof_invalid' })
  // A name and bytes that fit each other prove nothing: the leaf must hold the bytes too.
  const forged = { ...valueOf(Buffer.alloc(20_000)), valueHash: blob.valueHash }
  assert.throws(() => checkBlob(forged, Buffer.alloc(20_000)), { code: 'proof_invalid' })
  // A neighbour is shown, but its value did not come along.
  assert.notEqual(open.tree.get('stele/log', 'keys'), undefined)
  assert.throws(() => open.get('stele/log', 'keys'), { code: 'proof_not_covered' })
  const [account] = [...keysWritten].filter((object) => object.startsWith('stele/keys/'))
  assert.ok(account)
  assert.throws(() => open.list(account, ''), { code: 'proof_not_covered' })
})

test('openBundle() gives a withheld mark when the value was taken down', () => {
  const { tree } = trie.prove(first.queries)
  const bundle = formatBundle({ head: vectors.head, tree, values: [{ withheld: true }] })
  const value = openBundle(bundle, claimOf(first.queries)).get('/meta', 'a')
  assert.ok(value && 'withheld' in value)
  assert.deepEqual(value.valueHash, trie.get('/meta', 'a'))
})

test('openBundle() throws when values are missing, too many, or of another leaf', () => {
  const { tree, asked } = trie.prove(second.queries)
  const right = asked.map(([object, field]) => values.get(`${object}\0${field}`) ?? assert.fail())
  const wrong = [right.slice(1), [...right, ...right.slice(0, 1)], right.toReversed(), []]
  for (const each of wrong) {
    const bundle = formatBundle({ head: vectors.head, tree, values: each })
    assert.throws(() => openBundle(bundle, claimOf(second.queries)), { code: 'proof_invalid' })
  }
})

test('openBundle() throws proof_not_covered when it answers other queries than were asked', () => {
  const bundle = Buffer.from(first.bundle, 'hex')
  const claim = claimOf([{ object: '/meta', field: 'long' }])
  assert.throws(() => openBundle(bundle, claim), { code: 'proof_not_covered' })
})

test('openBundle() throws when the tree is not of the head’s state', () => {
  const other = Trie.build(writesOf(vectors.entries[0]?.effects ?? ''))
  const { tree } = other.prove(first.queries)
  const bundle = formatBundle({ head: vectors.head, tree, values: [] })
  assert.throws(() => openBundle(bundle, claimOf(first.queries)), { code: 'proof_invalid' })
  assert.ok(openPartialTree(tree, other.root()))
})

test('openBundle() throws when it is cut anywhere or has bytes left over', () => {
  const bundle = Buffer.from(second.bundle, 'hex')
  const claim = claimOf(second.queries)
  const lengths = Array.from({ length: 60 }, (_, step) => Math.floor((step * bundle.length) / 60))
  for (const length of [...lengths, bundle.length - 1]) {
    const cut = bundle.subarray(0, length)
    assert.throws(() => openBundle(cut, claim), { name: 'SteleError' }, `${length}`)
  }
  const longer = Buffer.concat([bundle, Buffer.of(0)])
  assert.throws(() => openBundle(longer, claim), { code: 'proof_invalid' })
})

test('openBundle() throws, or gives an unproven blob name that fails later, when a bit is flipped', () => {
  const bundle = Buffer.from(second.bundle, 'hex')
  const claim = claimOf(second.queries)
  let accepted = 0
  for (let at = 0; at < bundle.length; at++) {
    const flipped = Buffer.from(bundle)
    flipped[at]! ^= 1 << (at % 8)
    try {
      const value = openBundle(flipped, claim).get('/meta', 'long')
      assert.ok(value && 'blob' in value, `byte ${at}`)
      assert.throws(() => checkBlob(value, long), { code: 'proof_invalid' })
      accepted++
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'SteleError') throw error
    }
  }
  assert.equal(accepted, 64, 'Only the 64 bytes of the blob name are not proven yet')
})
