// The static log: the same bytes and paths as the public folder (spec/state.md "Files"; C2SP tlog-tiles).

import { bundleWidth } from '@stele/entries/parts'
import { type BundleKind, logRoot, parseBlobPath } from '@stele/entries/paths'
import { isSteleError, SteleError } from '@stele/errors'
import { type Draft, immutable, type Route, removable } from '@stele/http/routes'
import { parseTileNumber, parseTilePath, type TileNumber, tileRowLength } from '@stele/tlog/tiles'
import type { LogReads } from '../log-reads.ts'
import { auditHeaders } from './audit-headers.ts'
import type { LogPorts } from './ports.ts'

type Ports = Pick<LogPorts, 'log' | 'isPublic'>

const octets = 'application/octet-stream'
const text = 'text/plain; charset=utf-8'
/** Changes with every commit. */
const seconds = 'public, max-age=1'

export function filesRoutes({ log, isPublic }: Ports): Route[] {
  const files: readonly [string, (rest: string) => Draft][] = [
    [`${logRoot}checkpoint`, () => mutableText('checkpoint', log.checkpoint())],
    [`${logRoot}head`, () => mutableText('head', log.head())],
    [`${logRoot}key`, () => mutableText('key', Buffer.from(log.keys()))],
    [`${logRoot}tile/*`, (rest) => showTile(`tile/${rest}`, log)],
    [`${logRoot}body/*`, (rest) => showBundle('body', parsePlace(rest), log)],
    [`${logRoot}effects/*`, (rest) => showBundle('effects', parsePlace(rest), log)],
    [`${logRoot}value/*`, (rest) => showBundle('value', parsePlace(rest), log)],
    [`${logRoot}blob/*`, (rest) => showBlob(rest, log)],
  ]
  const audit = auditHeaders(isPublic)
  return files.map(([path, show]) => ({
    method: 'GET',
    path,
    answer: (_ask, params) => {
      const draft = show(path.endsWith('*') ? params('*') : '')
      return { ...draft, headers: { ...draft.headers, ...audit } }
    },
  }))
}

function mutableText(what: string, body: Uint8Array | undefined): Draft {
  if (body === undefined) throw missing(what)
  return { status: 200, headers: headersOf(text, seconds), body }
}

function showTile(path: string, log: LogReads): Draft {
  const tile = orMissing(path, () => parseTilePath(path))
  const { level, index, width } = tile
  if (level === 'entries') return showBundle('entries', tile, log)
  // Only what is under the published checkpoint: a wider tile would show hashes that nobody has signed.
  const end = index * bundleWidth + width
  const bytes =
    end <= tileRowLength(log.treeSize(), level) ? log.tile(level, index, width) : undefined
  if (bytes === undefined) throw missing(path)
  return { status: 200, headers: headersOf(octets, immutable), body: bytes }
}

function showBundle(kind: BundleKind, place: TileNumber, log: LogReads): Draft {
  const { index, width } = place
  const bytes =
    index * bundleWidth + width <= log.treeSize() ? log.bundle(kind, index, width) : undefined
  if (bytes === undefined) throw missing(`${kind} bundle ${index}`)
  // Leaves are hashes and stay; what they commit to can be taken down.
  const cache = kind === 'entries' ? immutable : removable
  return { status: 200, headers: headersOf(octets, cache), body: bytes, codable: true }
}

/** `blob/<first two hex digits>/<hex SHA-512>`. */
function showBlob(rest: string, log: LogReads): Draft {
  const name = parseBlobPath(rest)
  const body = name === undefined ? undefined : log.blob(name)
  if (name === undefined || body === undefined) throw missing('blob')
  return {
    status: 200,
    headers: headersOf(octets, removable),
    body,
    etag: `"${name}"`,
    ranges: true,
  }
}

function parsePlace(rest: string): TileNumber {
  return orMissing(rest, () => parseTileNumber(rest))
}

/** A path that names no tile is just not there: static file servers say the same. */
function orMissing<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (isSteleError(error, 'tile_path_invalid')) throw missing(path.slice(0, 200))
    throw error
  }
}

function headersOf(type: string, cacheControl: string): Record<string, string> {
  return { 'content-type': type, 'cache-control': cacheControl }
}

function missing(what: string): SteleError {
  return new SteleError('not_found', { what: `"${what}" in the log` })
}
