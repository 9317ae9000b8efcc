import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createHashReader,
  Frontier,
  type Hash,
  proveInclusion,
  treeRoot,
} from '../src/public/tree.ts'
import { createSampleReader, hex, leafOf } from './sample-tree.ts'
import { roots } from './tables/log-vectors.ts'

const read = createSampleReader()

test('root() is the root of the tree when 0 to 600 leaves were appended', () => {
  const frontier = Frontier.empty()
  for (let size = 0; size <= 600; size++) {
    assert.equal(frontier.size, size)
    if (size < 70 || size % 13 === 0) assert.equal(hex(frontier.root()), hex(treeRoot(size, read)))
    frontier.append(leafOf(size))
  }
})

test('append() returns every hash that tiles store when the tree grows to 70,000', () => {
  const rows: Hash[][] = []
  const frontier = Frontier.empty()
  for (let i = 0; i < 70000; i++) {
    for (const { tileLevel, index, hash } of frontier.append(leafOf(i))) {
      const row = (rows[tileLevel] ??= [])
      assert.equal(row.length, index)
      row.push(hash)
    }
  }
  assert.deepEqual(
    rows.map((row) => row.length),
    [70000, 273, 1],
  )
  const stored = createHashReader((level, start, count) => {
    return rows[level]?.slice(start, start + count) ?? []
  })
  for (const [size, root] of roots) assert.equal(hex(treeRoot(size, stored)), root)
  assert.equal(hex(frontier.root()), roots.at(-1)?.[1])
  const restored = Frontier.restore(70000, stored)
  assert.equal(hex(restored.root()), hex(frontier.root()))
})

test('restore() goes on as the first one did when any size up to 300 was reached', () => {
  for (let size = 0; size <= 300; size += size < 40 ? 1 : 17) {
    const frontier = Frontier.restore(size, read)
    for (let i = size; i < size + 20; i++) frontier.append(leafOf(i))
    assert.equal(hex(frontier.root()), hex(treeRoot(size + 20, read)))
  }
})

test('copy() leaves its original alone when it grows, and the reverse', () => {
  const kept = Frontier.restore(7, read)
  const dropped = kept.copy()
  for (let i = 7; i < 300; i++) dropped.append(leafOf(0))
  assert.equal(kept.size, 7)
  assert.equal(hex(kept.root()), hex(treeRoot(7, read)))
  const staged = kept.copy()
  kept.append(leafOf(7))
  staged.append(leafOf(7))
  assert.equal(hex(staged.root()), hex(treeRoot(8, read)))
  assert.equal(hex(kept.root()), hex(treeRoot(8, read)))
})

test('peaks() is the inclusion path of the next leaf at any size up to 300', () => {
  for (let size = 0; size < 300; size += size < 70 ? 1 : 17) {
    const path = Frontier.restore(size, read).peaks()
    assert.deepEqual(path.map(hex), proveInclusion(size, size + 1, read).map(hex))
  }
})
