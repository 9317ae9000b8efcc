import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import {
  bundlesOf,
  formatTile,
  formatTileNumber,
  parseTile,
  parseTileNumber,
  parseTilePath,
  type Tile,
  tilePath,
  tileRowLength,
  tilesOf,
} from '../src/public/tiles.ts'
import { emptyRoot } from '../src/public/tree.ts'
import { sliceTile } from '../src/tile.ts'
import { flipBit, hex } from './sample-tree.ts'
import { tileNumbers } from './tables/log-vectors.ts'

for (const [index, text] of tileNumbers) {
  test(`formatTileNumber() writes ${text} when the index is ${index}`, () => {
    assert.equal(formatTileNumber({ index, width: 256 }), text)
    assert.deepEqual(parseTileNumber(text), { index, width: 256 })
  })
}

test('tilePath() writes level and partial width', () => {
  assert.equal(tilePath({ level: 0, index: 0, width: 13 }), 'tile/0/000.p/13')
  assert.equal(tilePath({ level: 63, index: 1000, width: 256 }), 'tile/63/x001/000')
  assert.equal(tilePath({ level: 'entries', index: 0, width: 1 }), 'tile/entries/000.p/1')
})

test('parseTilePath() gives back what tilePath() wrote', () => {
  const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const))
  const tile = fc.record(
    { level, index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(tile, (value: Tile) => assert.deepEqual(parseTilePath(tilePath(value)), value)),
  )
})

const refusedPaths = [
  '',
  'tile',
  'tile/0',
  'tile/0/',
  'tile/0/0',
  'tile/0/00',
  'tile/0/0000',
  'tile/0/x000',
  'tile/0/x000/001',
  'tile/0/001/002',
  'tile/0/x001/x002',
  'tile/0/000/',
  'tile/0/000.p',
  'tile/0/000.p/',
  'tile/0/000.p/0',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/999',
  'tile/0/000.p/1/2',
  'tile/64/000',
  'tile/00/000',
  'tile/-1/000',
  'tile/data/000',
  'tile/entries',
  'tile/8/0/000',
  '/tile/0/000',
  'Tile/0/000',
  'tile/0/000\n',
  'tile/0/٠٠٠',
  'tile/0/x009/x007/x199/x254/x740/992',
  `tile/0/${'x001/'.repeat(9)}000`,
  `tile/0/${'x001/'.repeat(1e5)}000`,
] as const
for (const path of refusedPaths) {
  test(`parseTilePath() refuses ${JSON.stringify(path.slice(0, 80))}`, () => {
    assert.throws(
      () => parseTilePath(path),
      (error) => isSteleError(error, 'tile_path_invalid') && error.status === 404,
    )
  })
}

test('tileRowLength(), tilesOf() give the widths of the specification when the size is 70,000', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((level) => tileRowLength(70000, level)),
    [70000, 273, 1, 0],
  )
  const tiles = tilesOf(0, 70000)
  const partial = tiles.filter(({ width }) => width < 256)
  assert.deepEqual(partial, [
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ])
  assert.equal(tiles.length, 273 + 1 + 2 + 1)
})

const growths = [
  [0, 0, []],
  [5, 5, []],
  [0, 1, ['tile/0/000.p/1']],
  [5, 7, ['tile/0/000.p/7']],
  [255, 256, ['tile/0/000', 'tile/1/000.p/1']],
  [255, 258, ['tile/0/000', 'tile/0/001.p/2', 'tile/1/000.p/1']],
  [256, 257, ['tile/0/001.p/1']],
  [65535, 65536, ['tile/0/255', 'tile/1/000', 'tile/2/000.p/1']],
] as const
for (const [oldSize, newSize, paths] of growths) {
  test(`tilesOf() names ${paths.length} tiles when the tree grows from ${oldSize} to ${newSize}`, () => {
    assert.deepEqual(tilesOf(oldSize, newSize).map(tilePath), paths)
  })
}

test('tilesOf() leaves out no hash and writes none twice when the tree grows in any steps', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 5 })
  fc.assert(
    fc.property(steps, (sizes) => {
      const held = new Map<string, number>()
      let size = 0
      for (const step of sizes) {
        for (const { level, index, width } of tilesOf(size, size + step)) {
          const key = `${level}/${index}`
          assert.ok((held.get(key) ?? 0) < width)
          held.set(key, width)
        }
        size += step
      }
      const wanted = tilesOf(0, size).map((tile) => [`${tile.level}/${tile.index}`, tile.width])
      assert.deepEqual(held, new Map(wanted as [string, number][]))
    }),
  )
})

test('bundlesOf() names what is new or wider when the tree grows', () => {
  assert.deepEqual(bundlesOf(3, 3), [])
  assert.deepEqual(bundlesOf(200, 600), [
    { index: 0, width: 256 },
    { index: 1, width: 256 },
    { index: 2, width: 88 },
  ])
})

test('parseTile() gives the hashes of formatTile(), and refuses any other length', () => {
  const hashes = Array.from({ length: 5 }, (_, i) => flipBit(emptyRoot, i))
  const bytes = formatTile(hashes)
  assert.deepEqual(parseTile(bytes, 5).map(hex), hashes.map(hex))
  assert.deepEqual(sliceTile(bytes, 5, { from: 2, count: 2 }).map(hex), hashes.slice(2, 4).map(hex))
  for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, Uint8Array.of(0)])]) {
    assert.throws(
      () => parseTile(wrong, 5),
      (error) => isSteleError(error, 'proof_invalid'),
    )
  }
})
