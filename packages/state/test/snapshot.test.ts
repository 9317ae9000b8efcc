import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Trie, type TrieWrite } from '../src/index.ts'
import { valueHash } from './naive-trie.ts'

const objects = ['/', '/a', '/b', '/a/b', 'x']
const write: fc.Arbitrary<TrieWrite> = fc.record({
  object: fc.constantFrom(...objects),
  field: fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1f600}'), maxLength: 4 }),
    fc.constantFrom('', 'a'.repeat(1024), `${'a'.repeat(1023)}b`),
  ),
  valueHash: fc.option(fc.constantFrom('A', 'B', 'C').map(valueHash), { freq: 3 }),
})
const writes = fc.array(write, { maxLength: 60 })
const everything = objects.map((object) => ({ object, prefix: '' }))
const many = Array.from({ length: 5_000 }, (_, index) => ({
  object: `/packages/p${index >> 2}`,
  field: `${index & 3}.0.0`,
  valueHash: valueHash(String(index)),
}))

/** Copies: a frame is its receiver's as soon as it is given. */
function save(trie: Trie): Uint8Array[] {
  return Array.from(trie.snapshotInSteps(), (frame) => Uint8Array.from(frame))
}

test('load() gives a trie of the same root, leaves and proofs when a snapshot was made of any trie', () => {
  fc.assert(
    fc.property(writes, (all) => {
      const trie = Trie.build(all)
      const loaded = Trie.load(save(trie))
      assert.deepEqual(loaded.root(), trie.root())
      assert.equal(loaded.leafCount, trie.leafCount)
      assert.deepEqual(loaded.prove(everything), trie.prove(everything))
    }),
    { numRuns: 100 },
  )
})

test('load() gives a trie that goes on as the one it was made of when groups are committed and undone', () => {
  const groups = fc.array(fc.tuple(writes, fc.boolean()), { maxLength: 5 })
  fc.assert(
    fc.property(writes, groups, (all, more) => {
      const trie = Trie.build(all)
      const loaded = Trie.load(save(trie))
      for (const [group, isKept] of more) {
        for (const one of [trie, loaded]) {
          one.begin()
          one.apply(group)
          if (isKept) one.commit()
          else one.rollback()
        }
        assert.deepEqual(loaded.root(), trie.root())
        assert.deepEqual(loaded.prove(everything), trie.prove(everything))
      }
      assert.deepEqual(Trie.load(save(loaded)).root(), trie.root())
    }),
    { numRuns: 100 },
  )
})

test('snapshotInSteps() gives the version that it began with when groups are committed between its steps', () => {
  const trie = Trie.build(many)
  const root = trie.root()
  const frames: Uint8Array[] = []
  for (const frame of trie.snapshotInSteps()) {
    frames.push(Uint8Array.from(frame))
    trie.begin()
    trie.apply(many.slice(frames.length * 100, frames.length * 100 + 200).map(remove))
    trie.apply([{ object: `/new/${frames.length}`, field: 'f', valueHash: valueHash('N') }])
    trie.commit()
  }
  assert.ok(frames.length > 5, 'It takes several steps')
  assert.notDeepEqual(trie.root(), root)
  assert.deepEqual(Trie.load(frames).root(), root)
})

test('snapshotInSteps() leaves out an open group when one is open', () => {
  const trie = Trie.build(many)
  const root = trie.root()
  trie.begin()
  trie.apply(many.slice(0, 3_000).map(remove))
  assert.deepEqual(Trie.load(save(trie)).root(), root)
})

test('load() throws when frames are missing, doubled, cut or in another form', () => {
  const frames = save(Trie.build(many))
  const [first, second, ...rest] = frames
  assert.ok(first && second)
  const other = Uint8Array.from(first)
  other[0] = 9
  const wrong: readonly (readonly Uint8Array[])[] = [
    [],
    [first],
    frames.slice(1),
    frames.slice(0, -1),
    [first, second, second, ...rest],
    [first, second.subarray(0, -1), ...rest],
    [first, second.subarray(0, 7), ...rest],
    [other, second, ...rest],
  ]
  for (const each of wrong) assert.throws(() => Trie.load(each), Error)
  assert.throws(() => Trie.load(wrong[7] ?? []), /another form/)
})

test('list() gives the fields of an object in the order of their bytes, whatever else there is', () => {
  fc.assert(
    fc.property(writes, (all) => {
      const trie = Trie.build(all)
      for (const object of [...objects, '/none']) {
        const listed = trie.prove([{ object, prefix: '' }]).asked.map(([, field]) => field)
        assert.deepEqual(trie.list(object), listed)
      }
    }),
    { numRuns: 100 },
  )
})

function remove({ object, field }: TrieWrite): TrieWrite {
  return { object, field, valueHash: null }
}
