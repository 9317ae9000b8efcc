// What lies in the public folder, held against the store: tiles in it that the store would not write say that the store
// is an older copy, or has begun a second history, also where the folder's checkpoint was put back together with it.
import { bundleWidth, parseRecordBundle } from '@stele/entries/parts'
import { type BundleKind, bundleKinds, bundlePath, logFolder as root } from '@stele/entries/paths'
import { isReducedRecord } from '@stele/entries/takedowns'
import type { Checkpoint } from '@stele/tlog/keys'
import { type TileNumber, tilePath, tileRowLength } from '@stele/tlog/tiles'
import { createHashReader, isSameHash, treeRoot } from '@stele/tlog/tree'
import { maxNamedFiles } from './limits.ts'
import { type FilePorts, makeBundle, makeTile } from './log-files.ts'

/** Reads of the public folder, as it lies there. Paths are relative, with `/`. */
export type PublishedFiles = {
  readonly read: (path: string) => Uint8Array | undefined
  /** The names in a folder, none where there is no such folder. */
  readonly list: (path: string) => readonly string[]
  /** Whether there is anything of that name. */
  readonly has: (path: string) => boolean
  /** The bytes of a file that may be large, a piece at a time. Throws where there is none. */
  readonly pieces: (path: string) => AsyncIterable<Uint8Array>
}

/** The checkpoint in the folder, undefined where none was published yet. */
export function publishedCheckpoint({ read }: PublishedFiles): string | undefined {
  const bytes = read(`${root}checkpoint`)
  return bytes && Buffer.from(bytes).toString()
}

/** Whether a log was published into the folder. */
export function holdsLog(published: PublishedFiles): boolean {
  return publishedCheckpoint(published) !== undefined || published.list(`${root}tile`).length > 0
}

// The next step where the database is the wrong one.
export const putBackStep = 'put back the newest database that there is'

/** Why the database must not go on after a published checkpoint of this log; undefined where it holds that history. */
export function historyFault(
  published: Pick<Checkpoint, 'size' | 'root'>,
  size: number,
  hashes: FilePorts['hashes'],
): string | undefined {
  if (published.size > size) {
    return `its database has ${countText(size)}, but ${published.size} are published already; ${putBackStep}`
  }
  const root = treeRoot(published.size, createHashReader(hashes))
  if (isSameHash(root, published.root)) return undefined
  return `its first ${published.size} entries are not those that it has published; ${putBackStep}`
}

function countText(size: number): string {
  return size === 1 ? 'one entry' : `${size} entries`
}

/** `hasCheckpoint`: whether there is a published checkpoint, which is this log's and agrees with the store. */
type Edge = { readonly size: number; readonly hasCheckpoint: boolean }

/**
 * Why the folder is not the one of this log, or which of its files are damaged; undefined where all is well. It looks
 * at the right edge of the tree: a log that went on has written there, and the higher tiles hash all that lies to the left.
 */
export function publishedPieceFault(
  published: PublishedFiles,
  files: FilePorts,
  { size, hasCheckpoint }: Edge,
): string | undefined {
  const edge: FoundPiece[] = []
  for (const piece of edgeOf(files, size)) {
    const full = root + piece.path(bundleWidth)
    const names = published.list(`${full}.p`)
    const newer =
      published.read(full) === undefined
        ? names.find((width) => Number(width) > piece.width)
        : bundleWidth
    if (newer !== undefined) {
      return `its database has ${countText(size)}, but its public folder holds "${piece.path(Number(newer))}" of a log with more: the database is older than what was published; ${putBackStep}`
    }
    const found = names.map((name) => ({
      width: Number(name),
      differsAt: differsAt(published.read(`${full}.p/${name}`), piece, Number(name)),
    }))
    edge.push({ ...piece, found })
  }
  const others = edge.flatMap((piece) =>
    piece.found.flatMap(({ width, differsAt: at }) =>
      at === undefined ? [] : [{ piece, width, at }],
    ),
  )
  if (others.length === 0) return undefined
  const isAgreed = (at: number, level: number): boolean =>
    isChildAgreed(published, files, { size, level, at })
  const unclear = others.filter((other) => !isDamaged(other, edge, isAgreed))
  const paths = (hasCheckpoint && unclear.length > 0 ? unclear : others).map(({ piece, width }) =>
    piece.path(width),
  )
  return hasCheckpoint && unclear.length === 0 ? damagedBytes(paths) : otherBytes(paths)
}

/** Why published pieces with these bytes are not those that the store makes: nobody can tell from here which is wrong. */
export function otherBytes(paths: readonly string[]): string {
  return `its public folder holds ${listed(paths)} with other bytes than its database gives: either the database is not the one that was published, or the file is damaged. Compare it with a mirror or a backup: where they hold the same bytes, ${putBackStep}; where they hold others, delete the file and start again: it is written anew`
}

function damagedBytes(paths: readonly string[]): string {
  const [what, it] = paths.length === 1 ? ['the file is', 'it is'] : ['the files are', 'they are']
  const them = paths.length === 1 ? 'it' : 'them'
  return `its public folder holds ${listed(paths)} with other bytes than its database gives, but what was published beside ${them} agrees with the database: ${what} damaged. Delete ${them} and start again: ${it} written anew`
}

function listed(paths: readonly string[]): string {
  const named = paths.slice(0, maxNamedFiles).map((path) => `"${root}${path}"`)
  const more = paths.length - named.length
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/**
 * Whether the bytes may take the place of those that are published: they are the same, but for records, and values in
 * records, that a takedown has taken away since. `recordCount`: how many records of this `kind` it can have taken.
 */
export function mayReplace(
  found: Uint8Array,
  bytes: Uint8Array,
  { recordCount, kind }: { readonly recordCount: number; readonly kind?: BundleKind | undefined },
): boolean {
  if (Buffer.compare(found, bytes) === 0) return true
  if (recordCount === 0) return false
  const before = recordsOf(found, recordCount)
  const after = parseRecordBundle(bytes, recordCount)
  return after.every((record, i) => {
    const known = before?.[i]
    if (record === null) return true
    if (!(known instanceof Uint8Array)) return false
    return Buffer.compare(known, record) === 0 || (kind === 'value' && isLess(known, record))
  })
}

function isLess(known: Uint8Array, record: Uint8Array): boolean {
  try {
    return isReducedRecord(known, record)
  } catch {
    return false // Not a value record at all, so not the one that was published.
  }
}

function recordsOf(
  bytes: Uint8Array,
  count: number,
): ReturnType<typeof parseRecordBundle> | undefined {
  try {
    return parseRecordBundle(bytes, count)
  } catch {
    return undefined // Not a bundle at all, so not the one that was published.
  }
}

/** An unfinished piece at the right edge. `bytes` are undefined where its narrower pieces are not compared. */
type EdgePiece = {
  /** Of the tree; entries lie beside level 0, since a history that differs there differs in both. */
  readonly level: number
  readonly width: number
  readonly firstChild: number
  readonly path: (width: number) => string
  readonly bytes: Uint8Array | undefined
}

/** With the widths that lie in the folder, and the first element in which each differs. */
type FoundPiece = EdgePiece & {
  readonly found: readonly { readonly width: number; readonly differsAt: number | undefined }[]
}

function* edgeOf(files: FilePorts, size: number): Iterable<EdgePiece> {
  for (let level = 0; level === 0 || tileRowLength(size, level - 1) > 0; level++) {
    const { index, width } = lastOf(tileRowLength(size, level))
    const path = (wanted: number): string => tilePath({ level, index, width: wanted })
    const bytes = makeTile(files, size, { level, index, width })
    yield { level, width, firstChild: index * bundleWidth, path, bytes }
  }
  const { index, width } = lastOf(size)
  for (const kind of bundleKinds) {
    const path = (wanted: number): string => bundlePath(kind, { index, width: wanted })
    // Records may be withheld, and leaves are what the tiles hash.
    const bytes = kind === 'entries' ? makeBundle(files, size, { kind, index, width }) : undefined
    yield { level: 0, width, firstChild: index * bundleWidth, path, bytes }
  }
}

function lastOf(rowLength: number): TileNumber {
  const width = rowLength % bundleWidth
  return { index: (rowLength - width) / bundleWidth, width }
}

/** The first element in which a published piece differs. A narrower piece is the beginning of a wider one. */
function differsAt(
  found: Uint8Array | undefined,
  { bytes, width: fullWidth }: EdgePiece,
  width: number,
): number | undefined {
  if (found === undefined || bytes === undefined || fullWidth === 0) return undefined
  const elementBytes = bytes.length / fullWidth // Hashes and leaves are all of one length.
  const own = bytes.subarray(0, elementBytes * width)
  if (Buffer.compare(found, own) === 0) return undefined
  const at = own.findIndex((byte, i) => byte !== found[i])
  return at === -1 ? width : Math.floor(at / elementBytes)
}

type OtherPiece = { readonly piece: FoundPiece; readonly width: number; readonly at: number }

/**
 * Whether a piece that differs is a damaged file. Of another history all pieces differ that hold the same elements: a
 * wider one, the entries beside level 0, the full tile that an element of a higher level hashes. If one agrees, it is not.
 */
function isDamaged(
  { piece, width, at }: OtherPiece,
  edge: readonly FoundPiece[],
  isAgreed: (at: number, level: number) => boolean,
): boolean {
  const beside = edge.filter(({ level, bytes }) => level === piece.level && bytes !== undefined)
  const agrees = beside.some(({ found }) =>
    found.some((one) => one.width >= width && one.differsAt === undefined),
  )
  return agrees || (piece.level > 0 && isAgreed(piece.firstChild + at, piece.level - 1))
}

function isChildAgreed(
  published: PublishedFiles,
  files: FilePorts,
  { size, level, at }: { readonly size: number; readonly level: number; readonly at: number },
): boolean {
  const tile = { level, index: at, width: bundleWidth }
  const [found, own] = [published.read(root + tilePath(tile)), makeTile(files, size, tile)]
  return found !== undefined && own !== undefined && Buffer.compare(found, own) === 0
}
