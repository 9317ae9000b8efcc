// A package in a folder, read whole: what it says of itself, the digest of each file, and its tarball where it has one.
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue, parseTolerantJson } from '@stele/formats/json'
import type { ListedFile } from '@stele/tarball'
import { translateBundle } from './bundle.ts'
import { digestSeen, isForbidden, readSeen, type SeenTree, seeFile, seeTree } from './disk.ts'
import { findPackages } from './find-packages.ts'
import { type Distribution, describe, type Facts, type Finding, listedOf } from './finding.ts'
import {
  maxDescriptorBytes,
  maxDistributedBytes,
  maxPackageBytes,
  maxScannedArchiveBytes,
} from './limits.ts'
import { readZip, type ZipEntry } from './read-zip.ts'
import type { FolderSource } from './source.ts'
import { writePlainTarball } from './write-tarball.ts'

/** A package that was read. */
export type ReadPackage = {
  readonly finding: Finding
  readonly facts: Facts
  /** Where the log is to keep it. */
  readonly tarball?: Uint8Array
}

/** What came of reading a folder or an archive; undefined where it changed meanwhile. */
export type Reading =
  | { readonly packages: readonly ReadPackage[]; readonly faults: readonly string[] }
  | undefined

/** What lies in a folder: a package, or something that should be one and is not (`broken`). Undefined where it changed meanwhile. */
export function lookForPackage(folder: string): 'package' | 'broken' | 'none' | undefined {
  const entry = descriptorOf(folder)
  if (entry === undefined) return undefined
  if (typeof entry === 'string') return entry
  if (entry.path === 'manifest.json')
    return 'packageJson' in translateBundle(entry) ? 'package' : 'none'
  const said = parsed(entry)
  if (said === undefined) return 'broken'
  const isNamed = isJsonObject(said) && typeof said['name'] === 'string'
  return isNamed && typeof said['version'] === 'string' ? 'package' : 'none'
}

/** A package.json that is too large should be one; a large manifest.json may be anything. */
function descriptorOf(folder: string): ZipEntry | 'broken' | 'none' | undefined {
  for (const path of ['package.json', 'manifest.json']) {
    const seen = seeFile(join(folder, path))
    if (seen === undefined) continue
    if (seen.sizeBytes > maxDescriptorBytes) return path === 'package.json' ? 'broken' : 'none'
    const content = readSeen(join(folder, path), seen)
    return content && { path, mode: 644, content }
  }
  return 'none'
}

function parsed({ path, content }: ZipEntry): JsonValue | undefined {
  try {
    return parseTolerantJson(Buffer.from(content).toString(), path)
  } catch (error) {
    if (isSteleError(error, 'json_invalid')) return undefined
    throw error
  }
}

/** Where a package lies, and seen from the scanned folder. */
type FolderPlace = { readonly path: string; readonly inside: string }

/** Reads the package in a folder, which was seen to hold still. */
export async function readPackage(
  at: FolderPlace,
  tree: SeenTree,
  source: Pick<FolderSource, 'tarballs'>,
): Promise<Reading> {
  try {
    return await readWhole(at, tree, source)
  } catch (error) {
    if (isForbidden(error)) return faulty(`a file of it cannot be read: ${reasonOf(error)}`)
    throw error
  }
}

async function readWhole(
  at: FolderPlace,
  tree: SeenTree,
  source: Pick<FolderSource, 'tarballs'>,
): Promise<Reading> {
  const { path: folder } = at
  if (tree.fault !== undefined) return faulty(tree.fault)
  const sizeBytes = tree.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  if (sizeBytes > maxPackageBytes) return faulty(`it has more than ${maxPackageBytes} bytes`)
  const isDistributed = source.tarballs !== 'none' && sizeBytes <= maxDistributedBytes
  const held: ZipEntry[] = []
  const listed: ListedFile[] = []
  for (const file of tree.files) {
    const { path, mode, sizeBytes: size } = file
    const place = join(folder, path)
    const content = isDistributed || isNeeded(file) ? readSeen(place, file) : undefined
    const sha256 = content === undefined ? digestSeen(place, file) : hash('sha256', content, 'hex')
    if (sha256 === undefined) return undefined
    listed.push({ path, mode, size, sha256 })
    if (content !== undefined) held.push({ path, mode, content })
  }
  const reading = await readFiles(at, { held, listed, isDistributed }, source)
  return seeTree(folder).mark === tree.mark ? withTime(reading, tree) : undefined
}

/** What describes it, and the zip that may be its distribution. */
function isNeeded({
  path,
  sizeBytes,
}: {
  readonly path: string
  readonly sizeBytes: number
}): boolean {
  if (path === 'package.json' || path === 'manifest.json') return sizeBytes <= maxDescriptorBytes
  return sizeBytes <= maxScannedArchiveBytes && /^dist\/[^/]+@[^/@]+\.zip$/.test(path)
}

type Files = {
  readonly held: readonly ZipEntry[]
  readonly listed: readonly ListedFile[]
  readonly isDistributed: boolean
}

async function readFiles(
  at: FolderPlace,
  { held, listed, isDistributed }: Files,
  { tarballs }: Pick<FolderSource, 'tarballs'>,
): Promise<Reading> {
  const own = held.find(({ path }) => path === 'package.json')
  const bundle = held.find(({ path }) => path === 'manifest.json')
  const translated = own === undefined && bundle !== undefined ? translateBundle(bundle) : undefined
  if (translated !== undefined && 'fault' in translated) return faulty(translated.fault)
  const made = translated?.packageJson
  const packageJson = own ?? made
  if (packageJson === undefined) return faulty('its package.json is too large')
  const all =
    made === undefined ? listed : [...listed, listedOf(made.path, made.mode, made.content)]
  try {
    const { facts, ...said } = describe(all, packageJson.content)
    const place = { kind: 'folder', ...at } as const
    const finding = { ...said, place, modifiedMs: 0 }
    const ownZip = await readOwnZip(held, said)
    if (typeof ownZip === 'string') return { packages: [{ finding, facts }], faults: [ownZip] }
    const files =
      tarballs === 'none' || !isDistributed ? undefined : [...held, ...(made ? [made] : [])]
    const tarball = ownZip?.tarball ?? (files && writePlainTarball(sorted(files)))
    if (tarball === undefined) return { packages: [{ finding, facts }], faults: [] }
    const distribution = distributionOf(tarball, ownZip?.path)
    const kept = tarballs === 'keep' ? { tarball } : {}
    return { packages: [{ finding: { ...finding, distribution }, facts, ...kept }], faults: [] }
  } catch (error) {
    if (!isSteleError(error)) throw error
    return faulty(error.message)
  }
}

/** Its tarball always has its files in the same order. */
export function sorted(files: readonly ZipEntry[]): readonly ZipEntry[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

function distributionOf(tarball: Uint8Array, zip: string | undefined): Distribution {
  return {
    integrity: `sha512-${hash('sha512', tarball, 'base64')}`,
    shasum: hash('sha1', tarball, 'hex'),
    ...(zip === undefined ? {} : { zip }),
  }
}

/** The zip that a package brings along; a text where it is not this package's. */
async function readOwnZip(
  held: readonly ZipEntry[],
  said: Pick<Finding, 'name' | 'version' | 'record'>,
): Promise<{ readonly path: string; readonly tarball: Uint8Array } | string | undefined> {
  const names = [said.name, said.name.slice(said.name.indexOf('/') + 1)]
  const paths = names.map((name) => `dist/${name}@${said.version}.zip`)
  const zip = held.find(({ path }) => paths.includes(path))
  if (zip === undefined) return undefined
  try {
    const tarball = await tarballOfZip(zip.content, said)
    return { path: zip.path, tarball }
  } catch (error) {
    if (isSteleError(error)) return `its "${zip.path}" cannot be used: ${error.message}`
    throw error
  }
}

/** The tarball of the one package in a zip. Throws upload_invalid where it is not the one that is wanted, and what reading it throws. */
export async function tarballOfZip(
  zip: Uint8Array,
  wanted: Pick<Finding, 'name' | 'version'>,
): Promise<Uint8Array> {
  const spec = `${wanted.name}@${wanted.version}`
  const reason = (text: string): Error => new SteleError('upload_invalid', { spec, reason: text })
  if (zip.length > maxScannedArchiveBytes) throw reason('it is too large')
  const [found, ...more] = findPackages(await readZip(zip))
  if (found?.name !== wanted.name || found.version !== wanted.version || more.length > 0) {
    throw reason('it holds another package, or several')
  }
  return writePlainTarball(sorted(found.files))
}

function withTime(reading: Reading, { files }: SeenTree): Reading {
  if (reading === undefined) return undefined
  const modifiedMs = files.reduce((newest, file) => Math.max(newest, file.modifiedMs), 0)
  const packages = reading.packages.map((one) => ({
    ...one,
    finding: { ...one.finding, modifiedMs },
  }))
  return { ...reading, packages }
}

function faulty(reason: string): Reading {
  return { packages: [], faults: [reason] }
}
