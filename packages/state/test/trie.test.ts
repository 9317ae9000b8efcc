import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Trie, type TrieWrite } from '../src/index.ts'
import { naiveHash, naiveTree, valueHash } from './naive-trie.ts'
import { leftPadSteps, vectors, writesOf } from './spec-vectors.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const set = (object: string, field: string, value: string): TrieWrite => ({
  object,
  field,
  valueHash: valueHash(value),
})
const unset = (object: string, field: string): TrieWrite => ({ object, field, valueHash: null })

// Few objects and fields that share prefixes: collisions, updates and removals happen.
const write = fc.record({
  object: fc.constantFrom('/', '/a', '/b', '/a/b', 'x'),
  field: fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1f600}'), maxLength: 4 }),
    fc.constantFrom('', 'a'.repeat(1024), `${'a'.repeat(1023)}b`),
  ),
  valueHash: fc.option(fc.constantFrom('A', 'B', 'C').map(valueHash), { freq: 3 }),
})
const writes = fc.array(write, { maxLength: 60 })

function modelOf(all: readonly TrieWrite[]): Map<string, TrieWrite> {
  const model = new Map<string, TrieWrite>()
  for (const one of all) {
    const key = `${one.object}\0${one.field}`
    if (one.valueHash === null) model.delete(key)
    else model.set(key, one)
  }
  return model
}

function naiveRoot(all: readonly TrieWrite[]): string {
  const leaves = [...modelOf(all).values()].flatMap(({ valueHash: value, ...key }) =>
    value === null ? [] : [{ ...key, valueHash: value }],
  )
  return hex(naiveHash(naiveTree(leaves)))
}

test('root() is that of spec/log.md when leaves are inserted one after another', () => {
  const trie = new Trie()
  for (const [leaves, root] of leftPadSteps) {
    trie.apply(leaves.map(([object, field, letter]) => set(object, field, letter)))
    assert.equal(hex(trie.root()), root)
  }
  assert.equal(trie.leafCount, 4)
})

test('root() is the leaf’s state root when the entries of spec/vectors.json are applied', () => {
  const trie = new Trie()
  for (const { effects, stateRoot, leaf } of vectors.entries) {
    trie.begin()
    trie.apply(writesOf(effects))
    trie.commit()
    assert.equal(hex(trie.root()), stateRoot)
    assert.ok(leaf.endsWith(stateRoot))
  }
})

test('root() is that of the naive trie when writes come in any order', () => {
  fc.assert(
    fc.property(writes, (all) => {
      const trie = new Trie()
      for (const one of all) {
        trie.apply([one])
        if (one.field === 'a') trie.root()
      }
      assert.equal(hex(trie.root()), naiveRoot(all))
      assert.equal(trie.leafCount, modelOf(all).size)
      const reverse = [...modelOf(all).values()].reverse()
      assert.equal(hex(Trie.build(reverse).root()), hex(trie.root()))
    }),
    { numRuns: 150 },
  )
})

test('get() gives what was written last when asked for any key', () => {
  fc.assert(
    fc.property(writes, write, (all, other) => {
      const trie = Trie.build(all)
      const model = modelOf(all)
      for (const { object, field } of [...all, other]) {
        const expected = model.get(`${object}\0${field}`)?.valueHash ?? undefined
        assert.deepEqual(trie.get(object, field), expected && Uint8Array.from(expected))
      }
    }),
    { numRuns: 100 },
  )
})

test('rollback() leaves root, leaves and proofs as before when a group wrote anything', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(writes, fc.boolean()), { maxLength: 6 }), (groups) => {
      const trie = new Trie()
      const kept: TrieWrite[] = []
      const queries = ['/', '/a', '/b', '/a/b', 'x'].map((object) => ({ object, prefix: '' }))
      for (const [group, isKept] of groups) {
        const [root, proof] = [hex(trie.root()), trie.prove(queries)]
        trie.begin()
        trie.apply(group)
        assert.equal(hex(trie.root()), naiveRoot([...kept, ...group]))
        assert.deepEqual(trie.prove(queries), proof, 'An open group must not show in proofs')
        if (isKept) {
          kept.push(...group)
          trie.commit()
        } else {
          trie.rollback()
          assert.equal(hex(trie.root()), root)
          assert.deepEqual(trie.prove(queries), proof)
        }
        assert.equal(trie.leafCount, modelOf(kept).size)
      }
      assert.equal(hex(trie.root()), naiveRoot(kept))
    }),
    { numRuns: 100 },
  )
})

test('begin(), commit() and rollback() throw when no group can begin or end', () => {
  const trie = new Trie()
  assert.throws(() => trie.commit(), /none is open/)
  assert.throws(() => trie.rollback(), /none is open/)
  trie.begin()
  assert.throws(() => trie.begin(), /one is open/)
  assert.equal(trie.isGroupOpen, true)
})

test('apply() reuses memory when groups set and remove the same keys again and again', () => {
  const trie = new Trie()
  const keys = Array.from({ length: 50 }, (_, index) => [`/o${index % 7}`, `f${index}`] as const)
  for (let round = 0; round < 40; round++) {
    trie.begin()
    trie.apply(keys.map(([object, field]) => set(object, field, `${round}`)))
    if (round % 3 === 0) trie.rollback()
    else trie.commit()
    if (round % 4 === 0) trie.apply(keys.map(([object, field]) => unset(object, field)))
  }
  const expected = keys.map(([object, field]) => set(object, field, '38'))
  trie.apply(expected)
  assert.equal(hex(trie.root()), naiveRoot(expected))
  trie.apply(keys.map(([object, field]) => unset(object, field)))
  assert.equal(hex(trie.root()), naiveRoot([]))
})

const refused = [
  ['', 'f', 'the object is empty'],
  ['o'.repeat(513), 'f', 'the object is over 512 bytes'],
  ['é'.repeat(257), 'f', 'the object is over 512 bytes'],
  ['o', 'f'.repeat(1025), 'the field is over 1024 bytes'],
  ['o', '\u20ac'.repeat(342), 'the field is over 1024 bytes'],
  ['o\0', 'f', 'the object holds a zero byte'],
  ['o', '\0', 'the field holds a zero byte'],
] as const
for (const [object, field, reason] of refused) {
  test(`apply() throws entry_invalid when ${reason} (${object.length}, ${field.length})`, () => {
    const trie = Trie.build([set('o', 'f', 'A')])
    const root = hex(trie.root())
    assert.throws(() => trie.apply([set(object, field, 'A')]), {
      code: 'entry_invalid',
      details: { what: 'state key', reason },
    })
    assert.equal(hex(trie.root()), root)
    assert.deepEqual(trie.get('o', 'f'), Uint8Array.from(valueHash('A')))
  })
}

test('apply() takes names when they are as long as the limits allow', () => {
  const leaves = [
    set('é'.repeat(256), 'a'.repeat(1024), 'A'),
    set('é'.repeat(256), `${'a'.repeat(1023)}b`, 'B'),
    set('é'.repeat(256), '', 'C'),
  ]
  assert.equal(hex(Trie.build(leaves).root()), naiveRoot(leaves))
})

test('apply() writes a lone surrogate as U+FFFD', () => {
  const lone = Trie.build([set('\ud800', '\udc00', 'A')])
  assert.equal(hex(lone.root()), naiveRoot([set('\ufffd', '\ufffd', 'A')]))
})

test('apply() throws when a value hash has not 32 bytes', () => {
  const short = { object: 'o', field: 'f', valueHash: new Uint8Array(31) }
  assert.throws(() => new Trie().apply([short]), /31 bytes/)
})
