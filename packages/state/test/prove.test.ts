import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type StateProof, type StateQuery, Trie } from '../src/index.ts'
import { maxTreeBytes } from '../src/limits.ts'
import { openPartialTree } from '../src/public/bundle.ts'
import { valueHash } from './naive-trie.ts'
import { leftPadInclusion, leftPadLeaves, leftPadProofs } from './spec-vectors.ts'

const objects = ['/', '/a', '/b', '/a/b', 'x']
const object = fc.constantFrom(...objects)
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 3 })
const leaf = fc.record({ object, field: name, valueHash: fc.constantFrom('A', 'B').map(valueHash) })
const leaves = fc.uniqueArray(leaf, {
  maxLength: 40,
  selector: (one) => `${one.object}\0${one.field}`,
})
const query: fc.Arbitrary<StateQuery> = fc.oneof(
  fc.record({ object, field: name }),
  fc.record({ object, prefix: name }),
)

for (const [asked, size, digest] of leftPadProofs) {
  test(`prove() writes the bytes of spec/log.md when asked for ${JSON.stringify(asked)}`, () => {
    const { tree } = Trie.build(leftPadLeaves).prove([asked])
    assert.equal(tree.length, size)
    if (digest !== undefined) assert.equal(createHash('sha256').update(tree).digest('hex'), digest)
    else assert.equal(Buffer.from(tree).toString('hex'), leftPadInclusion)
  })
}

test('prove() answers every query as the leaves do when there are many', () => {
  fc.assert(
    fc.property(leaves, fc.array(query, { minLength: 1, maxLength: 12 }), (all, queries) => {
      const trie = Trie.build(all)
      const proof = trie.prove(queries)
      assert.deepEqual(proof.root, trie.root())
      const partial = openPartialTree(proof.tree, trie.root())
      const expected = new Set<string>()
      for (const one of queries) {
        const found = all
          .filter((each) => each.object === one.object)
          .filter(({ field }) =>
            'field' in one ? field === one.field : field.startsWith(one.prefix),
          )
          .sort((a, b) => Buffer.compare(Buffer.from(a.field), Buffer.from(b.field)))
        for (const each of found) expected.add(`${each.object}\0${each.field}`)
        const pairs = found.map((each) => [each.field, Uint8Array.from(each.valueHash)])
        if ('field' in one) assert.deepEqual(partial.get(one.object, one.field), pairs[0]?.[1])
        else assert.deepEqual(partial.list(one.object, one.prefix), pairs)
      }
      const asked = proof.asked.map(([o, f]) => `${o}\0${f}`)
      assert.deepEqual(new Set(asked), expected)
      assert.equal(asked.length, expected.size, 'A leaf is asked for once')
      assert.deepEqual(partial.asked(queries), proof.asked)
    }),
    { numRuns: 200 },
  )
})

test('prove() shows nothing but a hash when nothing is asked', () => {
  const trie = Trie.build(leftPadLeaves)
  assert.deepEqual(trie.prove([]).tree, Uint8Array.of(0, ...trie.root()))
})

test('prove() writes no bytes and answers absent when the trie is empty', () => {
  const trie = new Trie()
  const { tree, root, asked } = trie.prove([
    { object: 'o', field: 'f' },
    { object: 'o', prefix: '' },
  ])
  assert.deepEqual([tree.length, asked], [0, []])
  const partial = openPartialTree(tree, root)
  assert.equal(partial.get('o', 'f'), undefined)
  assert.deepEqual(partial.list('o', ''), [])
})

test('prove() throws request_invalid when a query is beyond the limits of keys', () => {
  const trie = Trie.build(leftPadLeaves)
  for (const bad of [
    { object: '', field: '' },
    { object: 'o', prefix: '\0' },
    { object: 'o', field: 'f'.repeat(1025) },
  ]) {
    assert.throws(() => trie.prove([bad]), { code: 'request_invalid' })
  }
})

test('prove() throws request_invalid when the proof would be too large', () => {
  const field = (index: number): string => `${index}`.padStart(1024, '0')
  const count = Math.ceil(maxTreeBytes / 1024)
  const trie = Trie.build(
    Array.from({ length: count }, (_, index) => ({
      object: 'o',
      field: field(index),
      valueHash: valueHash('A'),
    })),
  )
  assert.throws(() => trie.prove([{ object: 'o', prefix: '' }]), {
    code: 'request_invalid',
    message: /over 16777216 bytes/,
  })
  assert.equal(trie.prove([{ object: 'o', field: field(7) }]).asked.length, 1)
})

test('proveInSteps() proves the version that it began with when groups are committed between its steps', () => {
  const many = Array.from({ length: 3_000 }, (_, index) => ({
    object: `/o${index % 100}`,
    field: `f${index}`,
    valueHash: valueHash('A'),
  }))
  const trie = Trie.build(many)
  const queries = many.filter((_, index) => index % 3 === 0)
  const expected = trie.prove(queries)
  const steps = trie.proveInSteps(queries)
  let made: StateProof | undefined
  let pauses = 0
  while (made === undefined) {
    const step = steps.next()
    if (step.done === true) made = step.value
    pauses++
    const changed = many.slice(pauses * 7, pauses * 7 + 200)
    trie.begin()
    trie.apply(changed.map((one) => ({ ...one, valueHash: pauses % 2 ? null : valueHash('B') })))
    if (pauses % 5 === 0) trie.rollback()
    else trie.commit()
    trie.apply([{ object: '/new', field: `${pauses}`, valueHash: valueHash('C') }])
  }
  assert.ok(pauses > 5, `${pauses} pauses`)
  assert.deepEqual(made, expected)
  assert.notDeepEqual(trie.root(), expected.root)
})

test('proveInSteps() lets go of its version when it is abandoned', () => {
  const trie = Trie.build(leftPadLeaves)
  const steps = trie.proveInSteps(Array.from({ length: 400 }, () => ({ object: 'o', prefix: '' })))
  steps.next()
  trie.apply([{ object: 'left-pad', field: 'v/1.3.0', valueHash: valueHash('Z') }])
  steps.return({ root: trie.root(), tree: new Uint8Array(0), asked: [] })
  trie.apply([{ object: 'left-pad', field: 'v/1.3.0', valueHash: valueHash('A') }])
  assert.deepEqual(trie.root(), Trie.build(leftPadLeaves).root())
})
