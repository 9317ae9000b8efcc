// What lies in the public folder, name by name: the files of a log, and folders that cannot be read.
import {
  type BundleKind,
  parseBlobPath,
  logFolder as root,
  withholdableKinds,
} from '@stele/entries/paths'
import { isSteleError, reasonOf } from '@stele/errors'
import { type HashTile, parseTileNumber, parseTilePath, type TileNumber } from '@stele/tlog/tiles'
import { maxTileFolders } from './limits.ts'
import type { PublishedFiles } from './published.ts'

/** A file of the log; or a folder, with why it cannot be read. Paths are relative to the public folder. */
export type FoundFile = { readonly path: string } & (
  | { readonly tile: HashTile }
  | { readonly bundle: TileNumber & { readonly kind: BundleKind } }
  | { readonly blob: string }
  | { readonly unreadable: string }
)

/** All of them; what has no name that a log gives is not the log's business. */
export function* walkFolder(published: PublishedFiles): Iterable<FoundFile> {
  for (const level of namesIn(published, `${root}tile`)) {
    if (typeof level !== 'string') yield level
    else yield* walkPieces(published, `${root}tile/${level}`)
  }
  for (const kind of withholdableKinds) yield* walkPieces(published, root + kind)
  for (const folder of namesIn(published, `${root}blob`)) {
    if (typeof folder !== 'string') yield folder
    else yield* walkBlobs(published, folder)
  }
}

function* walkBlobs(published: PublishedFiles, folder: string): Iterable<FoundFile> {
  if (!/^[0-9a-f]{2}$/.test(folder)) return
  for (const name of namesIn(published, `${root}blob/${folder}`)) {
    if (typeof name !== 'string') yield name
    else {
      const blob = parseBlobPath(`${folder}/${name}`)
      if (blob !== undefined) yield { path: `${root}blob/${folder}/${name}`, blob }
    }
  }
}

/** The numbered files below a folder: `000`, `000.p/12`, `x001/000`. */
function* walkPieces(
  published: PublishedFiles,
  folder: string,
  depth: number = maxTileFolders,
): Iterable<FoundFile> {
  for (const name of namesIn(published, folder)) {
    if (typeof name !== 'string') yield name
    else if (/^x\d{3}$/.test(name) && depth > 0) {
      yield* walkPieces(published, `${folder}/${name}`, depth - 1)
    } else if (/^\d{3}\.p$/.test(name)) {
      for (const width of namesIn(published, `${folder}/${name}`)) {
        if (typeof width === 'string') yield* pieceAt(`${folder}/${name}/${width}`)
        else yield width
      }
    } else if (/^\d{3}$/.test(name)) yield* pieceAt(`${folder}/${name}`)
  }
}

function* pieceAt(path: string): Iterable<FoundFile> {
  const below = path.slice(root.length)
  try {
    if (below.startsWith('tile/')) {
      const { level, index, width } = parseTilePath(below)
      if (level === 'entries') yield { path, bundle: { kind: 'entries', index, width } }
      else yield { path, tile: { level, index, width } }
      return
    }
    const kind = withholdableKinds.find((one) => below.startsWith(`${one}/`))
    if (kind === undefined) return
    yield { path, bundle: { kind, ...parseTileNumber(below.slice(kind.length + 1)) } }
  } catch (error) {
    if (!isSteleError(error, 'tile_path_invalid')) throw error // Else nobody asks for it by this name.
  }
}

function* namesIn(
  { list, has }: PublishedFiles,
  path: string,
): Iterable<string | Extract<FoundFile, { readonly unreadable: string }>> {
  try {
    yield* list(path)
  } catch (error) {
    if (has(path)) yield { path, unreadable: reasonOf(error) } // Else a publication has just taken it away.
  }
}
