// Fetches the static files of a log (spec/state.md "Files"). What they hold is not checked here, but that they are there.
import { hash } from 'node:crypto'
import { bundleWidth } from '@stele/entries/parts'
import { type BundleKind, blobPath, bundlePath, logRoot } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { type HashTile, parseTile, type TileNumber, tilePath } from '@stele/tlog/tiles'
import type { Hash } from '@stele/tlog/tree'
import { maxTileBytes } from './limits.ts'
import type { VerifyPorts } from './ports.ts'
import { cutRecords, type Records } from './records.ts'

/** GET of a path below the service's root. */
export type Fetch = VerifyPorts['fetch']

/** Records with the path that they came from. */
export type Bundle = Records & { readonly path: string }

/** The hashes of a tile with the path that they came from. */
export type FetchedTile = { readonly path: string; readonly hashes: readonly Hash[] }

const statusOk = 200
/** What is not there: never was, is gone, or must not be shown. */
const absentStatuses: readonly number[] = [404, 410, 451]

/** How large a file may be, and the entry to blame where one is meant. */
export type FileLimits = {
  readonly maxBytes: number
  readonly entry: number | null
  readonly accept?: string
}

/** The file's bytes, undefined where there is none. Throws `file_mismatch` for too many bytes, `server_refused` for odd statuses. */
export async function fetchOptional(
  fetch: Fetch,
  path: string,
  { maxBytes, entry, accept }: FileLimits,
): Promise<Uint8Array | undefined> {
  const { status, bytes } = await fetch(path, maxBytes, accept)
  if (absentStatuses.includes(status)) return undefined
  if (status !== statusOk) {
    throw new SteleError('server_refused', { url: path, status, message: 'wanted 200 or 404' })
  }
  if (bytes.length <= maxBytes) return bytes
  const sizes = { found: `over ${maxBytes} bytes`, wanted: `at most ${maxBytes}` }
  throw new SteleError('file_mismatch', { path, entry, what: 'its size', ...sizes })
}

/** The file's bytes. Throws `file_mismatch` where there is none. */
export async function fetchRequired(
  fetch: Fetch,
  path: string,
  limits: FileLimits,
): Promise<Uint8Array> {
  return (await fetchOptional(fetch, path, limits)) ?? refuseAbsent(path, limits.entry)
}

/** The tile's hashes. A tile that has grown full in the meantime is cut. Throws `file_mismatch`. */
export async function fetchTile(fetch: Fetch, tile: HashTile, entry: number): Promise<FetchedTile> {
  const { level } = tile
  const pathOf = (piece: TileNumber): string => tilePath({ ...piece, level })
  const { path, bytes, isWider } = await fetchPiece(fetch, pathOf, {
    place: tile,
    maxBytes: maxTileBytes,
    entry,
  })
  const size = tile.width * 32
  const own = isWider ? bytes.subarray(0, size) : bytes
  if (own.length === size) return { path, hashes: parseTile(own, tile.width) }
  const sizes = { found: `${own.length} bytes`, wanted: `${size}` }
  throw new SteleError('file_mismatch', { path, entry, what: 'its size', ...sizes })
}

/** The records of a bundle. Throws `file_mismatch`. */
export async function fetchBundle(
  fetch: Fetch,
  kind: BundleKind,
  { place, maxBytes }: { readonly place: TileNumber; readonly maxBytes: number },
): Promise<Bundle> {
  const entry = place.index * bundleWidth
  const pathOf = (piece: TileNumber): string => bundlePath(kind, piece)
  const { path, bytes, isWider } = await fetchPiece(fetch, pathOf, { place, maxBytes, entry })
  const records = cutRecords(bytes, kind === 'entries' ? 2 : 4, place.width)
  return { path, items: records.items, leftOver: isWider ? 0 : records.leftOver }
}

/** The blob of this name, undefined where there is none. Throws `file_mismatch` where it is another. */
export async function fetchBlob(
  fetch: Fetch,
  name: string,
  { maxBytes, entry }: { readonly maxBytes: number; readonly entry: number },
): Promise<Uint8Array | undefined> {
  const path = logRoot + blobPath(name)
  const bytes = await fetchOptional(fetch, path, { maxBytes, entry })
  if (bytes === undefined) return undefined
  const found = hash('sha512', bytes)
  if (found === name) return bytes
  throw new SteleError('file_mismatch', { path, entry, what: 'its SHA-512', found, wanted: name })
}

type Piece = { readonly place: TileNumber; readonly maxBytes: number; readonly entry: number }

async function fetchPiece(
  fetch: Fetch,
  pathOf: (piece: TileNumber) => string,
  { place, maxBytes, entry }: Piece,
): Promise<{ readonly path: string; readonly bytes: Uint8Array; readonly isWider: boolean }> {
  const path = logRoot + pathOf(place)
  const bytes = await fetchOptional(fetch, path, { maxBytes, entry })
  if (bytes !== undefined) return { path, bytes, isWider: false }
  if (place.width === bundleWidth) return refuseAbsent(path, entry)
  // The tree may have grown since the checkpoint: then the full piece has replaced the partial one.
  const full = logRoot + pathOf({ ...place, width: bundleWidth })
  const more = await fetchOptional(fetch, full, { maxBytes, entry })
  return more === undefined ? refuseAbsent(path, entry) : { path: full, bytes: more, isWider: true }
}

function refuseAbsent(path: string, entry: number | null): never {
  const facts = { what: 'the file', found: 'none', wanted: 'one' }
  throw new SteleError('file_mismatch', { path, entry, ...facts })
}
