// Reads of located packages, as the JS Registry's face asks for them.
import { relative } from 'node:path'
import { SteleError } from '@stele/errors'
import type { LocatedReads, LocatedVersion } from '@stele/faces/jsregistry'
import { isJsonObject, type JsonObject, parseTolerantJson } from '@stele/formats/json'
import { hexOfIntegrity } from '@stele/formats/names'
import {
  type FolderSource,
  maxDistributedBytes,
  maxZipUnpackedBytes,
  type PackageFile,
  type Place,
  readFacts,
  readPlacedFile,
  readPlacedFiles,
  readPlacedTarball,
  type Source,
} from '@stele/scanner'
import { readTarball } from '@stele/tarball'
import { maxKeptFactBytes, maxLocatedReads, maxLocatedWaiting, scanRetryS } from './limits.ts'
import { isChanged, type Located, notAsLocated, type Shelf } from './located.ts'

type Facts = NonNullable<Awaited<ReturnType<typeof readFacts>>>

/** What reading needs. */
export type ReadsOptions = {
  readonly shelf: Pick<Shelf, 'names' | 'versions'>
  readonly sources: readonly Source[]
  readonly factsFolder: string
  /** The log's blobs. */
  readonly blob: (name: string) => Uint8Array | undefined
  /** Why a blob was taken down; undefined where it was not. */
  readonly takenDown: (name: string) => string | undefined
  /** Has a package be read again. */
  readonly again: (scanner: string, spec: string) => void
}

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

type FileReads = {
  readonly one: (one: Located, path: string) => Promise<PackageFile | undefined>
  readonly all: (one: Located) => Promise<readonly PackageFile[]>
  readonly tarball: (one: Located) => Promise<Uint8Array>
  readonly ownZip: (one: Located) => Promise<Uint8Array | undefined>
}

/** Each gives what the log knows, or throws. */
function createFileReads({
  facts,
  blob,
  takenDown,
  again,
}: Pick<ReadsOptions, 'blob' | 'takenDown' | 'again'> & {
  readonly facts: (files: string) => Promise<Facts | undefined>
}): FileReads {
  /** It is looked at again, unless that would change nothing; whoever asked is told what to do. */
  function notNow(one: Located, what: string): SteleError {
    const { scanner, name, version } = one.row
    if (!isChanged(one)) again(scanner, `${name}@${version}`)
    return notAsLocated(one, what)
  }

  async function factsOf(one: Located, what: string): Promise<Facts> {
    const found = await facts(one.row.files)
    if (found !== undefined) return found
    throw notNow(one, what)
  }

  async function placed<T>(
    one: Located,
    what: string,
    read: (place: Place, known: Facts) => Promise<T | undefined>,
  ): Promise<T> {
    const known = await factsOf(one, what)
    const found = one.finding && (await read(one.finding.place, known))
    if (found !== undefined) return found
    throw notNow(one, what)
  }

  /** The tarball that the log keeps; undefined where it keeps none. */
  function kept({ row }: Located): Uint8Array | undefined {
    if (row.integrity === null) return undefined
    const name = hexOfIntegrity(row.integrity)
    const reason = takenDown(name)
    if (reason === undefined) return blob(name)
    throw new SteleError('taken_down', { spec: `${row.name}@${row.version}`, reason })
  }

  async function listedFile(one: Located, path: string): Promise<PackageFile | undefined> {
    const what = `the file "${path.slice(0, 200)}"`
    const listed = (await factsOf(one, what)).files.get(path)
    if (listed === undefined) return undefined
    refuseLarge(listed.size, maxZipUnpackedBytes)
    return placed(one, what, (place, known) => readPlacedFile(place, known, listed))
  }

  async function allFiles(one: Located): Promise<readonly PackageFile[]> {
    const limit = one.finding?.place.kind === 'archive' ? maxZipUnpackedBytes : maxDistributedBytes
    const { files } = await factsOf(one, 'a file')
    refuseLarge(
      [...files.values()].reduce((sum, { size }) => sum + size, 0),
      limit,
    )
    return placed(one, 'a file', readPlacedFiles)
  }

  return {
    one: async (one, path) => {
      const tarball = kept(one)
      if (tarball === undefined) return listedFile(one, path)
      return readTarball(tarball).files.find((file) => file.path === path)
    },
    all: async (one) => {
      const tarball = kept(one)
      return tarball === undefined ? allFiles(one) : readTarball(tarball).files
    },
    tarball: async (one) => {
      const { row, finding } = one
      const zip = finding?.distribution?.zip
      const wanted = { integrity: row.integrity ?? '', ...(zip !== undefined && { zip }) }
      return (
        kept(one) ??
        placed(one, 'the tarball', async (_place, known) =>
          finding === undefined ? undefined : readPlacedTarball(finding, wanted, known),
        )
      )
    },
    ownZip: async (one) => {
      const zip = one.finding?.distribution?.zip
      return zip === undefined ? undefined : (await listedFile(one, zip))?.content
    },
  }
}

function refuseLarge(found: number, limit: number): void {
  if (found <= limit) return
  throw new SteleError('tarball_too_large', { what: 'its size in bytes', limit, found })
}

/** What can be told of it at once. */
function shown({ row, finding }: Located, sources: readonly Source[]): LocatedVersion {
  const { name, version, scanner, files, integrity } = row
  if (finding?.files !== files) return { name, version, scanner, files }
  const { distribution, modifiedMs, place } = finding
  const source = sources.find((one) => one.scanner === scanner)
  const location = source?.kind === 'folder' ? locationOf(source, place) : undefined
  return {
    name,
    version,
    scanner,
    files,
    modifiedMs,
    ...((place.kind === 'archive' || isKept(source)) && { isPacked: true }),
    ...(distribution !== undefined && distribution.integrity === integrity && { distribution }),
    ...(location !== undefined && { location }),
  }
}

/** Its files are read out of the tarball that the log keeps. */
function isKept(source: Source | undefined): boolean {
  return source?.kind === 'folder' && source.tarballs === 'keep'
}

function locationOf({ url, folder }: FolderSource, { path }: Place): string | undefined {
  if (url === '') return undefined
  const inside = relative(folder, path).split(/[\\/]/).map(encodeURIComponent).join('/')
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
