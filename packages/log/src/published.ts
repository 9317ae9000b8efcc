// What lies in the public folder, held against the store: tiles in it that the store would not write say that the store
// is an older copy, or has begun a second history, also where the folder's checkpoint was put back together with it.
import { bundleWidth, parseRecordBundle } from '@stele/entries/parts'
import { bundleKinds, bundlePath, logFolder as root } from '@stele/entries/paths'
import { type TileNumber, tilePath, tileRowLength } from '@stele/tlog/tiles'
import { type FilePorts, makeBundle, makeTile } from './log-files.ts'

/** Reads of the public folder, as it lies there. Paths are relative, with `/`. */
export type PublishedFiles = {
  readonly read: (path: string) => Uint8Array | undefined
  /** The names in a folder, none where there is no such folder. */
  readonly list: (path: string) => readonly string[]
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

/**
 * Why the folder is not the one of this log, undefined where it may be. It looks at the right edge of the tree: a log
 * that went on has written there, and the higher tiles hash all that lies to the left.
 */
export function publishedPieceFault(
  published: PublishedFiles,
  files: FilePorts,
  size: number,
): string | undefined {
  for (const piece of edgeOf(files, size)) {
    const full = root + piece.path(bundleWidth)
    const names = published.list(`${full}.p`)
    const newer =
      published.read(full) === undefined
        ? names.find((width) => Number(width) > piece.width)
        : bundleWidth
    if (newer !== undefined) {
      return `its database has ${size === 1 ? 'one entry' : `${size} entries`}, but its public folder holds "${piece.path(Number(newer))}" of a log with more: the database is older than what was published`
    }
    const other = names.find((width) => !isOwn(published.read(`${full}.p/${width}`), piece.bytes))
    if (other !== undefined) return otherBytes(piece.path(Number(other)))
  }
  return undefined
}

/** Why a published piece with these bytes is not the one that the store makes. */
export function otherBytes(path: string): string {
  return `its public folder holds "${path}" with other bytes than its database gives: the database is not the one that was published`
}

/**
 * Whether the bytes may take the place of those that are published: they are the same, but for records that a takedown
 * has taken away since.
 */
export function mayReplace(found: Uint8Array, bytes: Uint8Array, recordCount: number): boolean {
  if (Buffer.compare(found, bytes) === 0) return true
  if (recordCount === 0) return false
  const before = recordsOf(found, recordCount)
  const after = parseRecordBundle(bytes, recordCount)
  return after.every((record, i) => {
    const known = before?.[i]
    return record === null || (known instanceof Uint8Array && Buffer.compare(known, record) === 0)
  })
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

/** An unfinished piece at the right edge. `bytes` are empty where its narrower pieces are not compared. */
type EdgePiece = {
  readonly width: number
  readonly path: (width: number) => string
  readonly bytes: Uint8Array | undefined
}

function* edgeOf(files: FilePorts, size: number): Iterable<EdgePiece> {
  for (let level = 0; level === 0 || tileRowLength(size, level - 1) > 0; level++) {
    const { index, width } = lastOf(tileRowLength(size, level))
    const path = (wanted: number): string => tilePath({ level, index, width: wanted })
    yield { width, path, bytes: makeTile(files, size, { level, index, width }) }
  }
  const { index, width } = lastOf(size)
  for (const kind of bundleKinds) {
    const path = (wanted: number): string => bundlePath(kind, { index, width: wanted })
    // Records may be withheld, and leaves are what the tiles hash.
    const bytes = kind === 'entries' ? makeBundle(files, size, { kind, index, width }) : undefined
    yield { width, path, bytes }
  }
}

function lastOf(rowLength: number): TileNumber {
  const width = rowLength % bundleWidth
  return { index: (rowLength - width) / bundleWidth, width }
}

/** A narrower piece is the beginning of a wider one. */
function isOwn(found: Uint8Array | undefined, bytes: Uint8Array | undefined): boolean {
  if (found === undefined || bytes === undefined) return true
  return (
    found.length <= bytes.length && Buffer.compare(found, bytes.subarray(0, found.length)) === 0
  )
}
