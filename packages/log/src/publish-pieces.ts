// The tiles and bundles of the public folder, and which of their widths stay there.
import { bundleWidth } from '@stele/entries/parts'
import {
  type BundleKind,
  bundleKinds,
  bundlePath,
  logFolder as root,
  withholdableKinds,
} from '@stele/entries/paths'
import {
  bundlesOf,
  type HashTile,
  type TileNumber,
  tilePath,
  tileRowLength,
  tilesOf,
} from '@stele/tlog/tiles'
import { refusal } from './folder-guard.ts'
import { keptPartials } from './limits.ts'
import { makeBundle, makeTile } from './log-files.ts'
import { mayReplace, otherBytes } from './published.ts'
import type { PublisherPorts } from './publisher-ports.ts'

export async function publishTiles(
  ports: PublisherPorts,
  from: number,
  size: number,
): Promise<void> {
  for (const tile of tilesOf(from, size)) {
    await publishTile(ports, size, tile)
  }
  for (const bundle of bundlesOf(from, size)) {
    for (const kind of bundleKinds) await publishBundle(ports, size, { ...bundle, kind })
  }
}

/**
 * Tiles and entry bundles as they were at the sizes of checkpoints that were served, but not published: whoever has one
 * finds its tiles in the folder too, until the full ones are there (C2SP tlog-tiles). Gives the sizes that are done with.
 */
export async function publishServed(
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
    await publishTile(ports, size, tile)
  }
  for (const bundle of bundlesOf(at - 1, at)) {
    if (isUnfinished(bundle, size)) await publishBundle(ports, size, { ...bundle, kind: 'entries' })
  }
}

/**
 * What the folder lacks of the right edge that was published: the first publication of each start writes it again.
 * Which widths of tiles and entries there were, the one tells of the other.
 */
export async function publishMissing(
  ports: PublisherPorts,
  at: number,
  size: number,
): Promise<void> {
  for (const tile of lastTiles(at)) {
    const isFull = tileRowLength(size, tile.level) >= (tile.index + 1) * bundleWidth
    if (isFull && tile.width < bundleWidth) continue // The full one is about to be written.
    for (const width of widthsOf(ports, tile)) {
      const piece = { ...tile, width }
      if (!ports.published.has(root + tilePath(piece))) {
        await publishTile(ports, size, piece)
      }
      // Of bodies, effects and values only the newest are needed.
      const wanted = width === tile.width ? bundleKinds : (['entries'] as const)
      for (const kind of tile.level === 0 ? wanted : []) {
        const isThere = ports.published.has(root + bundlePath(kind, piece))
        if (!isThere) await publishBundle(ports, size, { ...piece, kind })
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

/**
 * Bodies, effects and values are large, and every wider bundle holds those before it: of an unfinished one only the
 * newest few widths stay. A reader whose width is gone reads the checkpoint again.
 */
export async function pruneRecords(
  ports: PublisherPorts,
  recent: number[],
  size: number,
): Promise<void> {
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

/** Writes a tile, unless another one is there: then it throws `log_inconsistent`. */
export async function publishTile(
  ports: PublisherPorts,
  size: number,
  tile: HashTile,
): Promise<void> {
  await publishPiece(ports, tilePath(tile), tile, makeTile(ports.files, size, tile))
}

/** As `publishTile`; of records, and of values in them, fewer may take the place of more. */
export async function publishBundle(
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
  {
    width,
    recordCount = 0,
    kind,
  }: { readonly width: number; readonly recordCount?: number; readonly kind?: BundleKind },
  bytes: Uint8Array | undefined,
): Promise<void> {
  if (bytes === undefined) throw new Error(`The store cannot make "${path}"`)
  const found = published.read(root + path)
  if (found !== undefined && !mayReplace(found, bytes, { recordCount, kind })) {
    throw refusal(head(), otherBytes([path]))
  }
  await folder.write(root + path, bytes)
  await breathe()
  if (width === bundleWidth) await folder.remove(`${root}${path}.p`) // The full piece replaces its partial ones.
}
