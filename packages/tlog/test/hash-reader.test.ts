import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { verifyConsistency, verifyInclusion } from '../src/public/proofs.ts'
import { formatTile, type HashTile, tilePath } from '../src/public/tiles.ts'
import {
  createHashReader,
  createTileReader,
  planTiles,
  proveConsistency,
  proveInclusion,
  treeRoot,
} from '../src/public/tree.ts'
import { createSampleReader, hex, leafOf } from './sample-tree.ts'

const read = createSampleReader()
const size = 1000

/** The bytes of a tile of the sample tree. */
function bytesOf({ level, index, width }: HashTile): Uint8Array {
  return formatTile(Array.from({ length: width }, (_, i) => read(8 * level, 256 * index + i)))
}

test('createHashReader() computes the levels between those of tiles, from rows that lie in one tile', () => {
  const stored = createHashReader((tileLevel, start, count) => {
    assert.ok(count <= 128 && start % count === 0)
    return Array.from({ length: count }, (_, i) => read(8 * tileLevel, start + i))
  })
  for (let level = 0; level < 10; level++) {
    for (const index of [0, 1]) {
      if ((index + 1) * 2 ** level > size) continue
      assert.equal(hex(stored(level, index)), hex(read(level, index)), `level ${level}`)
    }
  }
})

test('createHashReader() throws when a row is short', () => {
  const stored = createHashReader(() => [])
  assert.throws(() => stored(3, 0), /lacks a row/)
})

test('planTiles() names all tiles that createTileReader() then reads, each once', () => {
  for (const index of [0, 255, 256, 700, 999]) {
    const planned = planTiles(size, (reader) => proveInclusion(index, size, reader))
    const paths = planned.map(tilePath)
    assert.equal(new Set(paths).size, paths.length)
    const tiles = new Map(planned.map((tile) => [tilePath(tile), bytesOf(tile)]))
    const reader = createTileReader(size, (tile) => {
      const bytes = tiles.get(tilePath(tile))
      assert.ok(bytes !== undefined, `not planned: ${tilePath(tile)}`)
      return bytes
    })
    const proof = proveInclusion(index, size, reader)
    const root = treeRoot(size, read)
    verifyInclusion({ index, size, leafHash: leafOf(index), root, proof })
  }
})

test('createTileReader() proves consistency through tiles when the tree grew', () => {
  const reader = createTileReader(size, bytesOf)
  for (const oldSize of [1, 255, 256, 257, 512, 999]) {
    const proof = proveConsistency(oldSize, size, reader)
    const [oldRoot, newRoot] = [treeRoot(oldSize, read), treeRoot(size, read)]
    verifyConsistency({ oldSize, newSize: size, oldRoot, newRoot, proof })
  }
})

const fewTiles = [
  ['of the newest leaf', 49_999_999, 4],
  ['of the first leaf, whose tiles are not those of the right edge', 0, 4 + 3],
  ['of a leaf in the right half', 40_000_000, 4 + 2],
] as const
for (const [what, index, count] of fewTiles) {
  test(`planTiles() needs ${count} tiles for the proof ${what} when there are 50,000,000`, () => {
    const large = 50_000_000
    const tiles = planTiles(large, (reader) => proveInclusion(index, large, reader))
    assert.equal(tiles.length, count)
    for (const tile of tiles) {
      assert.ok(tile.width > 0 && 256 ** tile.level * (tile.index * 256 + tile.width) <= large)
    }
  })
}

test('createTileReader() refuses a tile when its length is wrong', () => {
  const reader = createTileReader(size, (tile) => bytesOf(tile).subarray(32))
  assert.throws(
    () => reader(0, 0),
    (error) => isSteleError(error, 'proof_invalid'),
  )
})
