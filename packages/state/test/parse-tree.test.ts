import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxPathBits, maxTreeBytes } from '../src/limits.ts'
import { openPartialTree } from '../src/public/bundle.ts'
import {
  type NaiveTree,
  naiveBytes,
  naiveHash,
  naivePath,
  naiveTree,
  valueHash,
} from './naive-trie.ts'

const leaf = (object: string | Uint8Array, field: string | Uint8Array): NaiveTree => ({
  object,
  field,
  valueHash: valueHash('A'),
})
const pruned: NaiveTree = { pruned: valueHash('pruned') }
const inner = (bit: number, left: NaiveTree, right: NaiveTree): NaiveTree => ({ bit, left, right })
const bitsOf = (field: string): string =>
  naivePath({ object: 'o', field, valueHash: valueHash('') })
/** The leaves of one object part in these bits, "o" being the object. */
const [a, b, c] = [leaf('o', 'a'), leaf('o', 'b'), leaf('o', 'c')]
const ab = naiveTree([a, b].map(asLeaf))
const abBit = ab !== undefined && 'bit' in ab ? ab.bit : -1

function asLeaf(tree: NaiveTree): { object: string; field: string; valueHash: Uint8Array } {
  if (!('object' in tree)) throw new Error('This is no leaf')
  return { object: String(tree.object), field: String(tree.field), valueHash: tree.valueHash }
}

/** A tree whose root is right, whatever is wrong with the tree. */
function open(tree: NaiveTree): unknown {
  return openPartialTree(naiveBytes(tree), naiveHash(tree))
}

/** Nodes below one another at these bits, the last one's left side being `last`. */
function chain(bits: readonly number[], last: NaiveTree): NaiveTree {
  return bits.reduceRight((below, bit) => inner(bit, below, pruned), last)
}

test('openPartialTree() takes a tree that is made by hand when nothing is wrong with it', () => {
  assert.ok(open(inner(abBit, a, b)))
  assert.ok(open(inner(abBit, pruned, b)))
  assert.ok(open(pruned))
  assert.ok(open(leaf('o', '')))
})

const wrong: readonly (readonly [string, NaiveTree, RegExp])[] = [
  ['a bit repeats', inner(5, inner(5, pruned, pruned), pruned), /grow downward/],
  ['a bit is less than the one above', inner(5, inner(4, pruned, pruned), pruned), /grow downward/],
  ['a bit is beyond all paths', inner(maxPathBits, pruned, pruned), /beyond all paths/],
  ['two leaves stand on the other’s side', inner(abBit, b, a), /does not lead/],
  ['a leaf is on the wrong side', inner(abBit, pruned, a), /does not lead/],
  ['a leaf contradicts an ancestor above', wrongAbove(), /does not lead/],
  ['a leaf comes twice', inner(abBit, a, a), /does not lead/],
  ['leaves part earlier than the tree says', partsLate(), /part at another bit/],
  ['an object is empty', leaf('', 'f'), /object of a leaf has 0 bytes/],
  ['an object is too long', leaf('o'.repeat(513), 'f'), /object of a leaf has 513 bytes/],
  ['a field is too long', leaf('o', 'f'.repeat(1025)), /field of a leaf has 1025 bytes/],
  ['an object holds a zero byte', leaf('o\0', 'f'), /object of a leaf holds a zero byte/],
  ['a field holds a zero byte', leaf('o', '\0'), /field of a leaf holds a zero byte/],
  ['an object is not UTF-8', leaf(Buffer.of(0xff), 'f'), /object of a leaf is not UTF-8/],
  ['a field is a lone surrogate', leaf('o', Buffer.of(0xed, 0xa0, 0x80)), /field of a leaf is not/],
]
for (const [what, tree, reason] of wrong) {
  test(`openPartialTree() throws proof_invalid when ${what}, though the root is right`, () => {
    assert.throws(() => open(tree), { code: 'proof_invalid', message: reason })
  })
}

/** "a" and "b" part rightly, below a node on whose other side they belong. */
function wrongAbove(): NaiveTree {
  const below = inner(abBit, a, b)
  return bitsOf('a')[3] === '0' ? inner(3, pruned, below) : inner(3, below, pruned)
}

/** "a" and "c" part at their bit 6; a later bit in which they differ too is given. */
function partsLate(): NaiveTree {
  const [one, other] = [bitsOf('a'), bitsOf('b')]
  const later = Array.from(one).findLastIndex((bit, index) => bit !== other[index])
  assert.ok(later > abBit)
  return one[later] === '0' ? inner(later, a, b) : inner(later, b, a)
}

test('openPartialTree() reads U+FFFD when it was written', () => {
  assert.ok(open(leaf('\ufffd', 'a\ufffdb')))
  assert.ok(open(c))
})

test('openPartialTree() throws proof_invalid when bytes are cut or left over', () => {
  const tree = inner(abBit, a, b)
  const [bytes, root] = [naiveBytes(tree), naiveHash(tree)]
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => openPartialTree(bytes.subarray(0, length), root), { code: 'proof_invalid' })
  }
  const longer = Buffer.concat([bytes, Buffer.of(0)])
  assert.throws(() => openPartialTree(longer, root), { message: /1 bytes are left over/ })
})

test('openPartialTree() throws proof_invalid when a node is of an unknown kind', () => {
  for (let tag = 3; tag < 256; tag++) {
    const bytes = Buffer.concat([Buffer.of(tag), valueHash('A')])
    assert.throws(() => openPartialTree(bytes, valueHash('A')), { message: /unknown kind/ })
  }
})

test('openPartialTree() takes the deepest tree there can be, and no deeper one', () => {
  const bits = Array.from({ length: maxPathBits }, (_, bit) => bit)
  const bytes = Buffer.concat([
    ...bits.map((bit) => Buffer.of(1, bit >>> 8, bit & 0xff)),
    ...bits.map(() => naiveBytes(pruned)),
    naiveBytes(pruned),
  ])
  let root = naiveHash(pruned)
  for (const bit of bits.toReversed()) root = naiveHash(inner(bit, { pruned: root }, pruned))
  assert.ok(openPartialTree(bytes, root))
  const endless = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.of(1, 0, 1)))
  assert.throws(() => openPartialTree(endless, root), { code: 'proof_invalid' })
  assert.ok(open(chain([1, 2, 3], pruned)))
})

test('openPartialTree() throws proof_invalid when there are more than 16 MiB', () => {
  const bytes = new Uint8Array(maxTreeBytes + 1)
  assert.throws(() => openPartialTree(bytes, valueHash('A')), { message: /over 16777216 bytes/ })
})
