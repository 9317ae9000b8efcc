// A log and files read from a service, a static copy or a folder, for programs: the log is checked against what it has signed.
import { carryLog, type VerifyPorts } from '@stele/audit'
import type { KeptEntry } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { openSource, withFiles } from '../verify/open-source.ts'
import type { CallLogSource } from './call-log-source.ts'
import { fetchBlob } from './fetch-blob.ts'
import { filesPath, filesRoot, joinPath } from './file-paths.ts'
import { maxFileBytes, maxPathBytes, maxReadBytes, maxReadParts } from './limits.ts'
import { mapState } from './map-state.ts'
import type { StateRow } from './rerun.ts'
import { filesBeside, parseFilesSource, parseLogSource } from './source.ts'

type Fetch = VerifyPorts['fetch']

const statusOk = 200

/**
 * Fetches a log whole, and checks it entry by entry against the signed tree: its calls are not run. Throws what carryLog()
 * does, `usage_wrong` for what is no address.
 */
export async function fetchLog(
  url: string,
  { key }: { readonly key?: string } = {},
): Promise<CallLogSource> {
  const source = parseLogSource(url, '')
  const fetch = openSource(source)
  const kept: KeptEntry[] = []
  const room = createRoom(url, 'stele vm verify')
  const { origin, settingBlobs } = await carryLog(
    {
      fetch,
      progress: () => undefined,
      nowMs: Date.now,
      entries: (_start, entries) => {
        for (const entry of entries) room.take(sizeOf(entry), 1)
        kept.push(...entries)
      },
    },
    key === undefined ? {} : { key },
  )
  const blob = (name: string): Promise<Uint8Array | undefined> => fetchBlob(fetch, name)
  const [script = ''] = settingBlobs
  return {
    size: () => kept.length,
    entries: (start, count) => kept.slice(start, start + count),
    code: async () => Buffer.from((await blob(script)) ?? []).toString(),
    blob,
    filesArchiveUrl: `stele:${origin}${filesRoot}`,
    ...(source.kind === 'http' ? { filesAddress: source.root + filesRoot } : {}),
  }
}

/** Fetches every file that is served, into memory. Throws `server_refused` where none are. */
export async function fetchFiles(
  url: string,
): Promise<{ readonly address: string; readonly state: ReturnType<typeof mapState> }> {
  const files = parseFilesSource(url, '')
  const fetch = withFiles(openSource(filesBeside(files)), files)
  const address = files.kind === 'http' ? files.root + filesRoot : files.path
  const rows: StateRow[] = []
  const room = createRoom(url, 'stele clone')
  const folders = ['/']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await list(fetch, folder)) {
      const isFolder = name.endsWith('/')
      const path = joinPath(folder, isFolder ? name.slice(0, -1) : name)
      room.take(Buffer.byteLength(path), 1)
      if (isFolder) folders.push(path)
      const bytes = isFolder ? new Uint8Array(0) : await read(fetch, path)
      room.take(bytes.length, 0)
      rows.push([folder, name, bytes])
    }
  }
  return { address, state: mapState(rows) }
}

/** Bounds what is read into memory: a service may go on telling for ever. Throws `verify_impossible`. */
function createRoom(
  url: string,
  instead: string,
): { readonly take: (bytes: number, count: number) => void } {
  let [bytes, count] = [0, 0]
  return {
    take: (moreBytes, more) => {
      bytes += moreBytes
      count += more
      if (bytes <= maxReadBytes && count <= maxReadParts) return
      const reason = `it has more than a program reads into its memory; use "${instead}"`
      throw new SteleError('verify_impossible', { url, reason })
    },
  }
}

function sizeOf({ leaf, body, effects, values }: KeptEntry): number {
  return [leaf, body, effects, values].reduce((sum, part) => sum + (part?.length ?? 0), 0)
}

async function list(fetch: Fetch, folder: string): Promise<readonly string[]> {
  const names = namesIn(await read(fetch, folder))
  if (names?.every(isName) === true && isPath(folder)) return names
  throw refused(folder, statusOk, 'what is there is no listing')
}

/** The state has no longer paths, so that a folder which says that it is within itself has an end. */
function isPath(folder: string): boolean {
  return Buffer.byteLength(folder) <= maxPathBytes
}

/** One segment, of a folder with a slash behind it. */
function isName(name: string): boolean {
  return /^[^/]+\/?$/.test(name) && !/^\.{1,2}\/?$/.test(name)
}

function namesIn(bytes: Uint8Array): readonly string[] | undefined {
  try {
    const listing: JsonValue = JSON.parse(Buffer.from(bytes).toString())
    const names = isJsonObject(listing) ? listing['entries'] : undefined
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function read(fetch: Fetch, path: string): Promise<Uint8Array> {
  const { status, bytes } = await fetch(filesPath(path), maxFileBytes, 'application/json')
  if (status !== statusOk) throw refused(path, status, 'it is not there')
  if (bytes.length <= maxFileBytes) return bytes
  throw refused(path, status, `it is over ${maxFileBytes} bytes`)
}

function refused(path: string, status: number, message: string): SteleError {
  return new SteleError('server_refused', { url: filesPath(path), status, message })
}
