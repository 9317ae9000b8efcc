// Writes the public folder behind the log: tiles, bundles and blobs first, head and checkpoint last.
// All of it can be made again from the store, so it needs no part in the commit.

import type { WithheldPart } from '@stele/entries/bodies'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { bundleWidth, readBodyPart } from '@stele/entries/parts'
import {
  type BundleKind,
  blobPath,
  bundleKinds,
  bundlePath,
  logFolder as root,
  withholdableKinds,
} from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { type Checkpoint, parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import {
  bundlesOf,
  type HashTile,
  type TileNumber,
  tilePath,
  tileRowLength,
  tilesOf,
} from '@stele/tlog/tiles'
import { keptPartials, maxUnsyncedFiles } from './limits.ts'
import { type FilePorts, makeBundle, makeTile } from './log-files.ts'
import type { StoredHead } from './ports.ts'
import {
  historyFault,
  mayReplace,
  otherBytes,
  type PublishedFiles,
  publishedCheckpoint,
} from './published.ts'

/** The folder that any web server can serve. Paths are relative, with `/`. */
export type PublicFolder = {
  /** Puts a file there at once or not at all, its bytes before its name; there and durable after the next `sync`, which throws where it could not be. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>
  /** As `write`, and durable when it is done. */
  readonly writeDurably: (path: string, bytes: Uint8Array) => Promise<void>
  /** Removes a file or a folder, if it is there; durable after the next `sync`. */
  readonly remove: (path: string) => Promise<void>
  /** Makes durable what was written and removed. */
  readonly sync: () => Promise<void>
  /** How many changes wait for that. */
  readonly unsynced: () => number
}
/** How far the folder is: the tree's size and the blobs' number. */
export type Watermark = { readonly size: number; readonly blobNumber: number }

/** What the publisher reads, and where it notes how far it came. */
export type PublisherPorts = {
  readonly folder: PublicFolder
  readonly files: FilePorts
  readonly head: () => StoredHead | undefined
  /** What lies in the folder. */
  readonly published: PublishedFiles
  /** The text of `/-/log/key`. */
  readonly keys: string
  /** Blobs stored after the given number, oldest first, a few at a time. */
  readonly blobsAfter: (
    blobNumber: number,
  ) => readonly { readonly blobNumber: number; readonly name: string }[]
  readonly readBlob: (name: string) => Uint8Array | undefined
  readonly watermark: () => Watermark
  readonly saveWatermark: (watermark: Watermark) => void
  /** Sizes of checkpoints that were served since the last publication; those that are done with are taken out. */
  readonly served: Set<number>
  /** Lets calls in between two pieces: nothing here waits for anybody else. */
  readonly breathe: () => Promise<void>
}

/** Brings the folder up to the store. Throws `log_inconsistent` where the folder holds what the store does not. */
export type Publisher = { readonly publish: () => Promise<void> }

/** The checkpoint that this publisher has put there, and how far the folder is with it. */
type Published = { readonly checkpoint: string; readonly to: Watermark }

/** A publisher; runs of it follow one another, never side by side. */
export function createPublisher(ports: PublisherPorts): Publisher {
  let running: Promise<void> = Promise.resolve()
  let last: Published | undefined
  const recent: number[] = []
  const publishOnce = async (): Promise<void> => {
    const head = ports.head()
    if (head === undefined) return
    const note = publishedCheckpoint(ports.published)
    // Somebody has emptied the folder, or put another copy of it there: what is in it is as little known as at a start.
    if (note !== last?.checkpoint) last = undefined
    if (last?.checkpoint === head.checkpoint) return
    const from = last?.to ?? (await resume(ports, head, recent))
    const blobNumber = await publishBlobs(ports, from.blobNumber)
    await publishTiles(ports, from.size, head.size)
    const served = await publishServed(ports, from.size, head.size)
    await publishWithheld(ports, from.size, head.size)
    await ports.folder.sync() // After a power cut, what the checkpoint names must be there, and whole.
    for (const size of served) ports.served.delete(size)
    await ports.folder.writeDurably(`${root}key`, Buffer.from(ports.keys))
    await ports.folder.writeDurably(`${root}head`, Buffer.from(head.head))
    await ports.folder.writeDurably(`${root}checkpoint`, Buffer.from(head.checkpoint))
    const to = { size: head.size, blobNumber }
    ports.saveWatermark(to)
    last = { checkpoint: head.checkpoint, to }
    await pruneRecords(ports, recent, head.size)
  }
  return {
    publish: () => {
      running = running.catch(() => undefined).then(publishOnce)
      return running
    },
  }
}

/**
 * Where publishing goes on in a folder that this publisher does not know. It writes what that lacks of its newest pieces.
 * A stop that was not clean has forgotten which sizes were served: then every width of the unfinished pieces is written.
 */
async function resume(
  ports: PublisherPorts,
  head: StoredHead,
  recent: number[],
): Promise<Watermark> {
  refuseRollback(ports, head)
  recent.length = 0
  const watermark = ports.watermark()
  if (watermark.size === 0) return watermark // Of a log that was never published.
  const from = whereFolderIs(ports, watermark)
  if (from.size > 0) recent.push(from.size)
  const unfinished = head.size - (head.size % bundleWidth)
  for (let one = Math.max(from.size, unfinished) + 1; one < head.size; one++) ports.served.add(one)
  await publishMissing(ports, from.size, head.size)
  return from
}

/** What others have seen stays: a store that lacks it, or has something else in its place, publishes nothing. */
function refuseRollback(ports: PublisherPorts, head: StoredHead): void {
  const checkpoint = folderCheckpoint(ports)
  if (checkpoint === undefined) return
  const { origin } = checkpoint
  if (origin !== parseOrigin(head)) {
    throw refusal(head, `its public folder is the one of "${origin}"`)
  }
  const fault = historyFault(checkpoint, head.size, ports.files.hashes)
  if (fault !== undefined) throw refusal(head, fault)
}

function folderCheckpoint({ published }: PublisherPorts): Checkpoint | undefined {
  const note = publishedCheckpoint(published)
  if (note === undefined) return undefined
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause)
    const reason = `${told}. Either the file is damaged, or the folder is another log's; where it is this log's, delete the file: it is written anew`
    throw new SteleError('data_invalid', { path: `public/${root}checkpoint`, reason }, { cause })
  }
}

function refusal(head: StoredHead | undefined, reason: string): SteleError {
  return new SteleError('log_inconsistent', { origin: head ? parseOrigin(head) : '', reason })
}

function parseOrigin(head: StoredHead): string {
  return parseCheckpoint(parseNote(head.checkpoint).text).origin
}

/** A folder that was emptied, or put back from an older copy, is filled again from there on. */
function whereFolderIs(ports: PublisherPorts, watermark: Watermark): Watermark {
  const size = folderCheckpoint(ports)?.size ?? 0
  return size < watermark.size ? { size, blobNumber: 0 } : watermark
}

async function publishBlobs(ports: PublisherPorts, after: number): Promise<number> {
  let blobNumber = after
  for (;;) {
    const blobs = ports.blobsAfter(blobNumber)
    if (blobs.length === 0) return blobNumber
    for (const blob of blobs) {
      const bytes = ports.readBlob(blob.name)
      if (bytes !== undefined) await ports.folder.write(root + blobPath(blob.name), bytes)
      blobNumber = blob.blobNumber
    }
    await ports.breathe()
    if (ports.folder.unsynced() >= maxUnsyncedFiles) await ports.folder.sync()
  }
}

async function publishTiles(ports: PublisherPorts, from: number, size: number): Promise<void> {
  for (const tile of tilesOf(from, size)) {
    const bytes = makeTile(ports.files, size, tile)
    await publishPiece(ports, tilePath(tile), tile, bytes)
  }
  for (const bundle of bundlesOf(from, size)) {
    for (const kind of bundleKinds) await publishBundle(ports, size, { ...bundle, kind })
  }
}

/**
 * Tiles and entry bundles as they were at the sizes of checkpoints that were served, but not published: whoever has one
 * finds its tiles in the folder too, until the full ones are there (C2SP tlog-tiles). Gives the sizes that are done with.
 */
async function publishServed(
  ports: PublisherPorts,
  from: number,
  size: number,
): Promise<readonly number[]> {
  const sizes = [...ports.served].filter((served) => served <= size)
  for (const served of sizes) {
    if (served > from && served < size) await publishPartials(ports, served, size)
  }
  return sizes
}

async function publishPartials(ports: PublisherPorts, at: number, size: number): Promise<void> {
  const isUnfinished = ({ index, width }: TileNumber, rowLength: number): boolean =>
    width < bundleWidth && rowLength < (index + 1) * bundleWidth
  for (const tile of tilesOf(at - 1, at)) {
    if (!isUnfinished(tile, tileRowLength(size, tile.level))) continue
    await publishPiece(ports, tilePath(tile), tile, makeTile(ports.files, size, tile))
  }
  for (const bundle of bundlesOf(at - 1, at)) {
    if (isUnfinished(bundle, size)) await publishBundle(ports, size, { ...bundle, kind: 'entries' })
  }
}

/**
 * What the folder lacks of the right edge that was published: the first publication of each start writes it again.
 * Which widths of tiles and entries there were, the one tells of the other.
 */
async function publishMissing(ports: PublisherPorts, at: number, size: number): Promise<void> {
  for (const tile of lastTiles(at)) {
    const isFull = tileRowLength(size, tile.level) >= (tile.index + 1) * bundleWidth
    if (isFull && tile.width < bundleWidth) continue // The full one is about to be written.
    for (const width of widthsOf(ports, tile)) {
      const piece = { ...tile, width }
      if (!isThere(ports, tilePath, piece)) {
        await publishPiece(ports, tilePath(piece), piece, makeTile(ports.files, size, piece))
      }
      // Of bodies, effects and values only the newest are needed.
      const wanted = width === tile.width ? bundleKinds : (['entries'] as const)
      for (const kind of tile.level === 0 ? wanted : []) {
        const pathOf = (one: TileNumber): string => bundlePath(kind, one)
        if (!isThere(ports, pathOf, piece)) await publishBundle(ports, size, { ...piece, kind })
      }
    }
  }
}

/** Each level's last tile. */
function* lastTiles(size: number): Iterable<HashTile> {
  for (let level = 0; tileRowLength(size, level) > 0; level++) {
    const rowLength = tileRowLength(size, level)
    const index = Math.floor((rowLength - 1) / bundleWidth)
    yield { level, index, width: rowLength - index * bundleWidth }
  }
}

/** The widths that should lie in the folder of a tile with this newest one. */
function widthsOf({ published }: PublisherPorts, tile: HashTile): ReadonlySet<number> {
  if (tile.width === bundleWidth) return new Set([bundleWidth])
  const everyWidth = Array.from({ length: tile.width }, (_, i) => i + 1)
  if (tile.level > 0) return new Set(everyWidth)
  const full = { ...tile, width: bundleWidth }
  const folders = [tilePath(full), bundlePath('entries', full)]
  const names = new Set(folders.flatMap((path) => published.list(`${root}${path}.p`)))
  return new Set(everyWidth.filter((width) => width === tile.width || names.has(String(width))))
}

function isThere<T extends TileNumber>(
  { published }: PublisherPorts,
  pathOf: (tile: T) => string,
  tile: T,
): boolean {
  const full = root + pathOf({ ...tile, width: bundleWidth })
  if (tile.width === bundleWidth) return published.read(full) !== undefined
  return published.list(`${full}.p`).includes(String(tile.width))
}

/**
 * Bodies, effects and values are large, and every wider bundle holds those before it: of an unfinished one only the
 * newest few widths stay. A reader whose width is gone reads the checkpoint again.
 */
async function pruneRecords(ports: PublisherPorts, recent: number[], size: number): Promise<void> {
  if (recent.at(-1) !== size) recent.push(size)
  const old = recent.slice(0, Math.max(0, recent.length - keptPartials))
  const places = old.map((one) => ({
    index: Math.floor(one / bundleWidth),
    width: one % bundleWidth,
  }))
  const unfinished = places.filter(({ width }) => width > 0)
  for (const place of unfinished) {
    for (const kind of withholdableKinds) await ports.folder.remove(root + bundlePath(kind, place))
  }
  if (unfinished.length > 0) await ports.folder.sync()
  recent.splice(0, old.length)
}

async function publishBundle(
  ports: PublisherPorts,
  size: number,
  bundle: TileNumber & { readonly kind: BundleKind },
): Promise<void> {
  const bytes = makeBundle(ports.files, size, bundle)
  const recordCount = bundle.kind === 'entries' ? 0 : bundle.width
  await publishPiece(ports, bundlePath(bundle.kind, bundle), { ...bundle, recordCount }, bytes)
}

/** `recordCount`: how many records it has that a takedown can take away. */
async function publishPiece(
  { folder, published, head, breathe }: PublisherPorts,
  path: string,
  { width, recordCount = 0 }: { readonly width: number; readonly recordCount?: number },
  bytes: Uint8Array | undefined,
): Promise<void> {
  if (bytes === undefined) throw new Error(`The store cannot make "${path}"`)
  const found = published.read(root + path)
  if (found !== undefined && !mayReplace(found, bytes, recordCount)) {
    throw refusal(head(), otherBytes([path]))
  }
  await folder.write(root + path, bytes)
  await breathe()
  if (width === bundleWidth) await folder.remove(`${root}${path}.p`) // The full piece replaces its partial ones.
}

/**
 * Makes again what takedowns among the new entries have taken parts from. Narrower pieces of an unfinished bundle hold
 * those parts too: they go, but for the one that the checkpoint published before needs.
 */
async function publishWithheld(ports: PublisherPorts, from: number, size: number): Promise<void> {
  const numbers = new Set<number>()
  for (const part of withheldBetween(ports, from, size)) {
    if ('blob' in part) await ports.folder.remove(root + blobPath(part.blob))
    else if (part.entry < size) numbers.add(Math.floor(part.entry / bundleWidth))
  }
  for (const index of numbers) {
    const widths = [from, size].map((end) => Math.min(bundleWidth, end - index * bundleWidth))
    for (const kind of withholdableKinds) {
      const full = bundlePath(kind, { index, width: bundleWidth })
      await ports.folder.remove(`${root}${full}.p`)
      for (const width of new Set(widths)) {
        if (width > 0) await publishBundle(ports, size, { index, width, kind })
      }
    }
  }
}

function* withheldBetween(
  { files }: PublisherPorts,
  from: number,
  size: number,
): Iterable<WithheldPart> {
  for (let start = from; start < size; start += bundleWidth) {
    for (const entry of files.entries(start, Math.min(bundleWidth, size - start))) {
      const { kind } = parseLeaf(entry.leaf)
      if (kind !== entryKinds.takedown || entry.body === null) continue
      const { body } = readBodyPart(kind, entry.body)
      if ('withhold' in body) yield* body.withhold
    }
  }
}
