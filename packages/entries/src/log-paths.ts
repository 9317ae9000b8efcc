// Where the static files of a log lie (spec/state.md "Files"): the same paths on a server and in the public folder.
import { formatTileNumber, type TileNumber } from '@stele/tlog/tiles'

/** The folder of a log's files below the public folder. */
export const logFolder = '-/log/'
/** The same as the beginning of a URL's path below the service's root. */
export const logRoot = '/-/log/'

/** The kinds of bundle that a takedown can take parts from. */
export const withholdableKinds = ['body', 'effects', 'value'] as const
/** The kinds of bundle: the leaves, and what lies beside them. */
export const bundleKinds = ['entries', 'body', 'effects', 'value'] as const
/** A kind of bundle. */
export type BundleKind = (typeof bundleKinds)[number]

/** The path of a bundle below `/-/log/`. */
export function bundlePath(kind: BundleKind, place: TileNumber): string {
  return `${kind === 'entries' ? 'tile/entries' : kind}/${formatTileNumber(place)}`
}

/** The path of a blob (hex SHA-512) below `/-/log/`. */
export function blobPath(name: string): string {
  return `blob/${name.slice(0, 2)}/${name}`
}

/** The blob that a path below `/-/log/blob/` names, undefined where it names none. */
export function parseBlobPath(rest: string): string | undefined {
  const [, folder, name] = /^([0-9a-f]{2})\/([0-9a-f]{128})$/.exec(rest) ?? []
  return name?.slice(0, 2) === folder ? name : undefined
}
