// Reads of located packages, as the JS Registry's face asks for them.
import { SteleError } from '@stele/errors'
import type { LocatedReads, LocatedVersion } from '@stele/faces/jsregistry'
import { isJsonObject, type JsonObject, parseTolerantJson } from '@stele/formats/json'
import { type FolderSource, type Place, readFacts, type Source } from '@stele/scanner'
import { maxKeptFactBytes, maxLocatedReads, maxLocatedWaiting, scanRetryS } from './limits.ts'
import type { Located, Shelf } from './located.ts'
import { createFileReads, type Facts, type FilePorts } from './located-files.ts'

/** What reading needs. */
export type ReadsOptions = {
  readonly shelf: Pick<Shelf, 'names' | 'versions'>
  readonly sources: readonly Source[]
  readonly factsFolder: string
} & Omit<FilePorts, 'facts'>

/** The reads over a shelf. */
export function createLocatedReads(options: ReadsOptions): LocatedReads {
  const { shelf, sources } = options
  const facts = createFacts(options.factsFolder)
  const files = createFileReads({ ...options, facts })
  const inTurn = createTurns()
  const find = ({ name, version }: LocatedVersion): Located => {
    const found = shelf.versions(name).find(({ row }) => row.version === version)
    if (found !== undefined) return found
    throw new SteleError('version_not_found', { spec: `${name}@${version}` })
  }
  return {
    names: shelf.names,
    versions: (name) => shelf.versions(name).map((one) => shown(one, sources)),
    manifest: async (asked) => {
      const { row } = find(asked)
      const record = objectOf(row.record)
      const found = await facts(row.files)
      // Lost, or changed before it was ever seen here: the log itself knows the record.
      if (found === undefined) return record
      return { ...objectOf(new TextDecoder().decode(found.packageJson)), ...record }
    },
    file: (asked, path) => inTurn(() => files.one(find(asked), path)),
    allFiles: (asked) => inTurn(() => files.all(find(asked))),
    tarball: (asked) => inTurn(() => files.tarball(find(asked))),
    ownZip: (asked) => inTurn(() => files.ownZip(find(asked))),
  }
}

/** What can be told of it at once. */
function shown({ row, finding }: Located, sources: readonly Source[]): LocatedVersion {
  const { name, version, scanner, files, integrity } = row
  const common = { name, version, scanner, files }
  if (finding?.files !== files) return { ...common, ...(integrity !== null && awaiting) }
  const { distribution, modifiedMs, place } = finding
  const source = sources.find((one) => one.scanner === scanner)
  const location = source?.kind === 'folder' ? locationOf(source, place) : undefined
  return {
    ...common,
    modifiedMs,
    ...((place.kind === 'archive' || isKept(source)) && { isPacked: true }),
    ...(distribution !== undefined && distribution.integrity === integrity && { distribution }),
    ...(location !== undefined && { location }),
  }
}

const awaiting = { awaitsTarball: true } as const

/** Its files are read out of the tarball that the log keeps. */
function isKept(source: Source | undefined): boolean {
  return source?.kind === 'folder' && source.tarballs === 'keep'
}

function locationOf({ url }: FolderSource, place: Place): string | undefined {
  if (url === '' || place.kind !== 'folder') return undefined
  const inside = place.inside.split('/').map(encodeURIComponent).join('/')
  return `${url.replace(/\/+$/, '')}/${inside}`
}

function objectOf(text: string): JsonObject {
  const value = parseTolerantJson(text, 'a package.json')
  if (isJsonObject(value)) return value
  throw new Error('A located package has a package.json that is not an object')
}

/** The last facts that were read are kept. */
function createFacts(folder: string): (files: string) => Promise<Facts | undefined> {
  const kept = new Map<string, { readonly facts: Facts; readonly bytes: number }>()
  let keptBytes = 0
  return async (files) => {
    const found = kept.get(files)
    if (found !== undefined) return found.facts
    const facts = await readFacts(folder, files)
    if (facts === undefined || kept.has(files)) return facts
    const bytes = facts.packageJson.length + facts.files.size * bytesOfListed
    kept.set(files, { facts, bytes })
    keptBytes += bytes
    for (const [oldest, one] of kept) {
      if (keptBytes <= maxKeptFactBytes || oldest === files) break
      kept.delete(oldest)
      keptBytes -= one.bytes
    }
    return facts
  }
}

/** What a file takes in a list of them. */
const bytesOfListed = 200

/** A few read at a time. Throws server_busy where too many wait. */
function createTurns(): <T>(read: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (read) => {
    if (running < maxLocatedReads) running += 1
    else {
      if (waiting.length >= maxLocatedWaiting) {
        const reason = 'too many files of scanned packages are being read'
        throw new SteleError('server_busy', { reason, retryAfterS: scanRetryS })
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await read()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
