// Readers of subtree hashes over what is stored: rows of tile levels, or tiles. Levels in between are computed.
import { emptyRoot, type Hash, hashNode } from './hash.ts'
import { tileWidth } from './limits.ts'
import { type HashTile, sliceTile, tileRowLength } from './tile.ts'
import type { HashReader } from './tree.ts'

const levelsPerTile = 8

/**
 * Gives `count` hashes of a tile level (0: leaf hashes; 1: roots of 256 leaves; …), from number
 * `start` on. They lie in one tile.
 */
export type RowReader = (tileLevel: number, start: number, count: number) => readonly Hash[]

/**
 * A reader of any complete subtree over the rows of tile levels. Asks for at most 128 hashes at
 * once, none of them of a partial tile.
 */
export function createHashReader(readRow: RowReader): HashReader {
  return (level, index) => {
    const width = 2 ** (level % levelsPerTile)
    const row = readRow(Math.floor(level / levelsPerTile), index * width, width)
    if (row.length !== width) throw new Error(`Cannot hash the tree: level ${level} lacks a row`)
    return foldRow(row)
  }
}

/**
 * A reader over the tiles of the tree of `size` leaves; `readTile` gives the bytes of a tile of its
 * full or partial width. Its hashes are not verified: what is proven with them must be. Throws
 * `proof_invalid` for a tile of the wrong length.
 */
export function createTileReader(
  size: number,
  readTile: (tile: HashTile) => Uint8Array,
): HashReader {
  return createHashReader((tileLevel, start, count) => {
    const tile = tileAt(size, tileLevel, start)
    const from = start - tile.index * tileWidth
    return sliceTile(readTile(tile), tile.width, { from, count })
  })
}

/**
 * The tiles of the tree of `size` leaves that `ask` reads, each once: fetch them, then ask again
 * through `createTileReader`.
 */
export function planTiles(size: number, ask: (read: HashReader) => unknown): HashTile[] {
  const tiles = new Map<string, HashTile>()
  ask(
    createHashReader((tileLevel, start, count) => {
      const tile = tileAt(size, tileLevel, start)
      tiles.set(`${tile.level}/${tile.index}`, tile)
      return Array.from({ length: count }, () => emptyRoot)
    }),
  )
  return [...tiles.values()]
}

function tileAt(size: number, level: number, start: number): HashTile {
  const index = Math.floor(start / tileWidth)
  const width = Math.min(tileWidth, tileRowLength(size, level) - index * tileWidth)
  return { level, index, width }
}

/** The root of a complete subtree from its 2^n lowest hashes. */
function foldRow(row: readonly Hash[]): Hash {
  let hashes = row
  while (hashes.length > 1) {
    const above: Hash[] = []
    for (let i = 0; i + 1 < hashes.length; i += 2) {
      above.push(hashNode(hashes[i] ?? emptyRoot, hashes[i + 1] ?? emptyRoot))
    }
    hashes = above
  }
  return hashes[0] ?? emptyRoot
}
