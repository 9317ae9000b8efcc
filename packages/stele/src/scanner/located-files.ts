// Files of located packages: out of the tarball that the log keeps, or from where they lie, and only as the log knows them.
import { SteleError } from '@stele/errors'
import { hexOfIntegrity } from '@stele/formats/names'
import {
  maxDistributedBytes,
  maxZipUnpackedBytes,
  type PackageFile,
  type Place,
  type readFacts,
  readPlacedFile,
  readPlacedFiles,
  readPlacedTarball,
} from '@stele/scanner'
import { readTarball } from '@stele/tarball'
import { isChanged, type Located, notAsLocated } from './located.ts'

/** The list of a package's files, and its package.json. */
export type Facts = NonNullable<Awaited<ReturnType<typeof readFacts>>>

/** What this needs. */
export type FilePorts = {
  readonly facts: (files: string) => Promise<Facts | undefined>
  /** The log's blobs. */
  readonly blob: (name: string) => Uint8Array | undefined
  /** Why a blob was taken down; undefined where it was not. */
  readonly takenDown: (name: string) => string | undefined
  /** Has a package be read again. */
  readonly again: (scanner: string, spec: string) => void
}

/** Each gives what the log knows. Throws server_busy, located_changed, tarball_too_large, taken_down. */
export type FileReads = {
  /** Undefined where there is no such file. */
  readonly one: (one: Located, path: string) => Promise<PackageFile | undefined>
  readonly all: (one: Located) => Promise<readonly PackageFile[]>
  readonly tarball: (one: Located) => Promise<Uint8Array>
  readonly ownZip: (one: Located) => Promise<Uint8Array | undefined>
}

export function createFileReads(ports: FilePorts): FileReads {
  return {
    one: async (one, path) => {
      const tarball = keptTarball(ports, one)
      if (tarball === undefined) return listedFile(ports, one, path)
      return readTarball(tarball).files.find((file) => file.path === path)
    },
    all: async (one) => {
      const tarball = keptTarball(ports, one)
      return tarball === undefined ? allFiles(ports, one) : readTarball(tarball).files
    },
    tarball: async (one) => keptTarball(ports, one) ?? madeTarball(ports, one),
    ownZip: async (one) => {
      const zip = one.finding?.distribution?.zip
      return zip === undefined ? undefined : (await listedFile(ports, one, zip))?.content
    },
  }
}

/** The tarball that the log keeps; undefined where it keeps none. */
function keptTarball({ blob, takenDown }: FilePorts, { row }: Located): Uint8Array | undefined {
  if (row.integrity === null) return undefined
  const name = hexOfIntegrity(row.integrity)
  const reason = takenDown(name)
  if (reason === undefined) return blob(name)
  throw new SteleError('taken_down', { spec: `${row.name}@${row.version}`, reason })
}

async function madeTarball(ports: FilePorts, one: Located): Promise<Uint8Array> {
  const { row, finding } = one
  const zip = finding?.distribution?.zip
  const wanted = { integrity: row.integrity ?? '', ...(zip !== undefined && { zip }) }
  return placed(ports, one, {
    what: 'the tarball',
    read: async (_place, known) =>
      finding === undefined ? undefined : readPlacedTarball(finding, wanted, known),
  })
}

async function listedFile(
  ports: FilePorts,
  one: Located,
  path: string,
): Promise<PackageFile | undefined> {
  const what = `the file "${path.slice(0, 200)}"`
  const listed = (await factsOf(ports, one, what)).files.get(path)
  if (listed === undefined) return undefined
  refuseLarge(listed.size, maxZipUnpackedBytes)
  const read = (place: Place, known: Facts): Promise<PackageFile | undefined> =>
    readPlacedFile(place, known, listed)
  return placed(ports, one, { what, read })
}

async function allFiles(ports: FilePorts, one: Located): Promise<readonly PackageFile[]> {
  const what = 'a file'
  const limit = one.finding?.place.kind === 'archive' ? maxZipUnpackedBytes : maxDistributedBytes
  const { files } = await factsOf(ports, one, what)
  refuseLarge(
    [...files.values()].reduce((sum, { size }) => sum + size, 0),
    limit,
  )
  return placed(ports, one, { what, read: readPlacedFiles })
}

type Reading<T> = {
  readonly what: string
  readonly read: (place: Place, known: Facts) => Promise<T | undefined>
}

async function placed<T>(ports: FilePorts, one: Located, { what, read }: Reading<T>): Promise<T> {
  const known = await factsOf(ports, one, what)
  const found = one.finding && (await read(one.finding.place, known))
  if (found !== undefined) return found
  throw notNow(ports, one, what)
}

async function factsOf(ports: FilePorts, one: Located, what: string): Promise<Facts> {
  const found = await ports.facts(one.row.files)
  if (found !== undefined) return found
  throw notNow(ports, one, what)
}

/** It is looked at again, unless that would change nothing; whoever asked is told what to do. */
function notNow({ again }: FilePorts, one: Located, what: string): SteleError {
  const { scanner, name, version } = one.row
  if (!isChanged(one)) again(scanner, `${name}@${version}`)
  return notAsLocated(one, what)
}

function refuseLarge(found: number, limit: number): void {
  if (found <= limit) return
  throw new SteleError('tarball_too_large', { what: 'its size in bytes', limit, found })
}
