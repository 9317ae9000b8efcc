// Tiles: which there are, what their paths are, and what is in them (C2SP tlog-tiles v0.1.0, a draft).
import { SteleError } from '@stele/errors'
import { parseDecimal } from './canonical-text.ts'
import { type Hash, hashSizeBytes } from './hash.ts'
import { maxTileLevel, maxTilePathLength, maxTreeSize, tileWidth } from './limits.ts'

/**
 * A place in a row that is cut into pieces of 256: piece `index`, its first `width` items (1 to
 * 256).
 */
export type TileNumber = { readonly index: number; readonly width: number }

/** A tile of hashes at a tile level (0 to 63), or a bundle of entries. */
export type Tile = TileNumber & { readonly level: number | 'entries' }

/** A tile of hashes. */
export type HashTile = TileNumber & { readonly level: number }

/** The path of a tile: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`. */
export function tilePath(tile: Tile): string {
  return `tile/${tile.level}/${formatTileNumber(tile)}`
}

/** The tile of a path. Throws `tile_path_invalid`, also for a second spelling of a tile. */
export function parseTilePath(path: string): Tile {
  const [root, levelText = '', ...rest] = path.slice(0, maxTilePathLength + 1).split('/')
  const level = levelText === 'entries' ? levelText : parseDecimal(levelText)
  if (path.length > maxTilePathLength || root !== 'tile' || level === undefined) throw noTile(path)
  if (level !== 'entries' && level > maxTileLevel) throw noTile(path)
  return { level, ...parseTileNumber(rest.join('/')) }
}

/** The end of a path: `x001/x234/067`, with `.p/<W>` when the width is under 256. */
export function formatTileNumber({ index, width }: TileNumber): string {
  if (!isPlace(index, width)) throw new Error(`Cannot name tile ${index} of width ${width}`)
  const groups: string[] = []
  for (let rest = index, mark = ''; mark === '' || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.push(mark + String(rest % 1000).padStart(3, '0'))
    mark = 'x'
  }
  return groups.reverse().join('/') + (width === tileWidth ? '' : `.p/${width}`)
}

/** The inverse of `formatTileNumber`. Throws `tile_path_invalid`. */
export function parseTileNumber(text: string): TileNumber {
  const match = /^((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(text)
  const [, groups = '', partial] = match ?? []
  const index = Number(groups.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? tileWidth : Number(partial)
  // A leading group x000, a zero before the width and `.p/256` do not survive being written again.
  if (match === null || !isPlace(index, width) || formatTileNumber({ index, width }) !== text) {
    throw noTile(text)
  }
  return { index, width }
}

/**
 * How many hashes tile level `level` holds in a tree of `size` leaves; partial tiles are never
 * hashed upward.
 */
export function tileRowLength(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level)
}

/**
 * The tiles of hashes that are new or wider in the tree of `newSize` than in that of `oldSize`, by
 * level and index.
 */
export function tilesOf(oldSize: number, newSize: number): HashTile[] {
  const tiles: HashTile[] = []
  for (let level = 0; tileRowLength(newSize, level) > 0; level++) {
    const [from, to] = [tileRowLength(oldSize, level), tileRowLength(newSize, level)]
    for (const place of piecesOf(from, to)) tiles.push({ level, ...place })
  }
  return tiles
}

/**
 * The bundles (of entries, bodies, effects, values) that are new or wider at `newSize` than at
 * `oldSize`.
 */
export function bundlesOf(oldSize: number, newSize: number): TileNumber[] {
  return piecesOf(oldSize, newSize)
}

/** The bytes of a tile: its hashes, one after the other. */
export function formatTile(hashes: readonly Hash[]): Uint8Array {
  return Buffer.concat(hashes, hashes.length * hashSizeBytes)
}

/**
 * The hashes of a tile of this width, as views of its bytes. Throws `proof_invalid` when its length
 * is another.
 */
export function parseTile(bytes: Uint8Array, width: number): Hash[] {
  return sliceTile(bytes, width, { from: 0, count: width })
}

/** `count` hashes of a tile of this width, from number `from` on. Throws `proof_invalid`. */
export function sliceTile(
  bytes: Uint8Array,
  width: number,
  { from, count }: { readonly from: number; readonly count: number },
): Hash[] {
  if (bytes.length !== width * hashSizeBytes) {
    const reason = `it has ${bytes.length} bytes, not ${width * hashSizeBytes}`
    throw new SteleError('proof_invalid', { what: 'tile', reason })
  }
  return Array.from({ length: count }, (_, i) =>
    bytes.subarray((from + i) * hashSizeBytes, (from + i + 1) * hashSizeBytes),
  )
}

function piecesOf(from: number, to: number): TileNumber[] {
  const pieces: TileNumber[] = []
  if (from >= to) return pieces
  for (let index = Math.floor(from / tileWidth); index * tileWidth < to; index++) {
    pieces.push({ index, width: Math.min(tileWidth, to - index * tileWidth) })
  }
  return pieces
}

function isPlace(index: number, width: number): boolean {
  const places = Number.isSafeInteger(index) && Number.isSafeInteger(width)
  return places && index >= 0 && width >= 1 && width <= tileWidth && index <= maxTreeSize
}

function noTile(path: string): SteleError {
  return new SteleError('tile_path_invalid', { path: path.slice(0, maxTilePathLength) })
}
