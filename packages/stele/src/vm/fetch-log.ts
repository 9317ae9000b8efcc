// A log and files read from a service, a static copy or a folder, for programs: the log is checked against what it has signed.
import { carryLog, type VerifyPorts } from '@stele/audit'
import type { KeptEntry } from '@stele/entries/parts'
import { filesRoot, parseListing } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { filesPath, joinPath } from '../script-files/file-paths.ts'
import { withFiles } from '../script-files/with-files.ts'
import { fetchBlob } from '../sources/fetch-blob.ts'
import { maxFileBytes } from '../sources/limits.ts'
import { openSource } from '../sources/open-source.ts'
import { filesBeside, parseFilesSource, parseLogSource } from '../sources/service-source.ts'
import type { CallLogSource } from './call-log-source.ts'
import { maxPathBytes } from './limits.ts'
import { MemoryState, type StateRow } from './memory-state.ts'
import { createReadRoom } from './read-room.ts'

type Fetch = VerifyPorts['fetch']

const statusOk = 200

/**
 * Fetches a log whole, and checks it entry by entry against the signed tree: its calls are not run. Throws what carryLog()
 * does, `usage_wrong` where the address is not one.
 */
export async function fetchLog(
  url: string,
  { logKey }: { readonly logKey?: string } = {},
): Promise<CallLogSource> {
  const source = parseLogSource(url)
  const fetch = openSource(source)
  const kept: KeptEntry[] = []
  const room = createReadRoom({ url, instead: 'stele vm verify' })
  const { origin } = await carryLog(
    {
      fetch,
      progress: () => undefined,
      nowMs: Date.now,
      entries: (_start, entries) => {
        for (const entry of entries) room.take(sizeOf(entry), 1)
        kept.push(...entries)
      },
    },
    logKey === undefined ? {} : { key: logKey },
  )
  const blob = (name: string): Promise<Uint8Array | undefined> => fetchBlob(fetch, name)
  return {
    size: () => kept.length,
    entries: (start, count) => kept.slice(start, start + count),
    blob,
    filesArchiveUrl: `stele:${origin}${filesRoot}`,
    ...(source.kind === 'http' ? { filesAddress: source.root + filesRoot } : {}),
  }
}

/** Fetches every file that is served, into memory. Throws `server_refused` where none are. */
export async function fetchFiles(
  url: string,
): Promise<{ readonly address: string; readonly state: MemoryState }> {
  const files = parseFilesSource(url)
  const fetch = withFiles(openSource(filesBeside(files)), files)
  const address = files.kind === 'http' ? files.root + filesRoot : files.path
  const rows: StateRow[] = []
  const room = createReadRoom({ url, instead: 'stele clone' })
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
  return { address, state: new MemoryState(rows) }
}

function sizeOf({ leaf, body, effects, values }: KeptEntry): number {
  return [leaf, body, effects, values].reduce((sum, part) => sum + (part?.length ?? 0), 0)
}

async function list(fetch: Fetch, folder: string): Promise<readonly string[]> {
  const names = parseListing(await read(fetch, folder))
  if (names?.every(isName) === true && isPath(folder)) return names
  throw refused(folder, statusOk, 'it is not a listing')
}

/** The state has no longer paths, so that a folder which says that it is within itself has an end. */
function isPath(folder: string): boolean {
  return Buffer.byteLength(folder) <= maxPathBytes
}

/** One segment, of a folder with a slash behind it. */
function isName(name: string): boolean {
  return /^[^/]+\/?$/.test(name) && !/^\.{1,2}\/?$/.test(name)
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
