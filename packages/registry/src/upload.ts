// A publish document taken apart and checked against its own tarball (npm-wire B1 to B5). Everything in it is attacker controlled.

import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { normalizeManifest, recordDifferences, recordOf } from '@stele/formats/manifest'
import { type PackageName, parseTag, parseVersion, type Version } from '@stele/formats/names'
import {
  type Digests,
  digestsOf,
  packedOf,
  type Release,
  type ReleaseLimits,
  readPackedRelease,
  readRelease,
  tarballFile,
} from '@stele/releases/release'
import { maxTagsPerPublish, maxUploadBytes, maxUploadUnpackedBytes } from './limits.ts'

/** What a publish document brings: the release, its tarball, and the tags that shall point to it. */
export type Upload = {
  readonly release: Release
  readonly tarball: Uint8Array
  readonly tags: readonly string[]
  /** True when the publisher asks that not everybody may read it. */
  readonly isRestricted: boolean
}

/**
 * Reads a publish document for a package. The name must be the same in the address, the document, the manifest and
 * the tarball; the bytes must have the length and digests that are claimed; the manifest must agree with the tarball's
 * own package.json in every member of the record.
 * Throws upload_invalid, manifest_differs, provenance_refused, version_invalid, tag_invalid, and what readRelease() throws.
 */
export function readUpload(
  name: PackageName,
  document: unknown,
  limits: ReleaseLimits = uploadLimits,
): Upload {
  const claimed = readClaims(name, document)
  const { tarball, digests } = claimed
  return checkUpload(claimed, readRelease(tarball, { digests, ...limits }))
}

/** As readUpload(), in little memory beside the tarball's: for large ones. Its data may have been decoded already. */
export async function readLargeUpload(name: PackageName, document: unknown): Promise<Upload> {
  const claimed = readClaims(name, document)
  const { tarball, digests } = claimed
  const options = { digests, ...uploadLimits }
  return checkUpload(claimed, await readPackedRelease(packedOf(tarball), options))
}

const uploadLimits: ReleaseLimits = { maxUnpackedBytes: maxUploadUnpackedBytes }

/** What a document says of its tarball, and the tarball, which has the digests that it says. */
type Claims = Pick<Upload, 'tarball' | 'tags' | 'isRestricted'> & {
  readonly name: PackageName
  readonly version: Version
  readonly manifest: JsonObject
  readonly digests: Digests
}

function readClaims(name: PackageName, document: unknown): Claims {
  if (!isJsonObject(document)) throw invalid(name, 'the document is not an object')
  requireName(name, 'document', document['name'])
  if (document['_id'] !== undefined) requireName(name, 'document', document['_id'])
  const { version, sent, manifest } = readVersion(name, document['versions'])
  const spec = `${name}@${version}`
  const tags = readTags(spec, sent, document['dist-tags'])
  const tarball = readAttachment({ name, version, sent, spec }, document['_attachments'])
  const digests = digestsOf(tarball)
  checkDigests(spec, { manifest, tarball, digests })
  const isRestricted = document['access'] === 'restricted'
  return { name, version, manifest, tarball, digests, tags, isRestricted }
}

function checkUpload(claimed: Claims, release: Release): Upload {
  const { name, version, tarball, tags, isRestricted } = claimed
  checkPaths(`${name}@${version}`, release.paths)
  checkRelease(release, claimed)
  return { release, tarball, tags, isRestricted }
}

/** The release of a tarball that comes without a document. Throws upload_invalid, and what readRelease() throws. */
export function readTarballUpload(
  name: PackageName,
  tarball: Uint8Array,
  limits: ReleaseLimits = uploadLimits,
): Release {
  return checkTarball(name, readRelease(tarball, limits))
}

/** As readTarballUpload(), in little memory beside the tarball's. */
export async function readLargeTarball(name: PackageName, tarball: Uint8Array): Promise<Release> {
  const options = { digests: digestsOf(tarball), ...uploadLimits }
  return checkTarball(name, await readPackedRelease(packedOf(tarball), options))
}

function checkTarball(name: PackageName, release: Release): Release {
  const said = `${release.name}@${release.version}`
  if (release.name !== name) throw invalid(name, `the package.json in the tarball says ${said}`)
  checkPaths(said, release.paths)
  return release
}

function readVersion(
  name: PackageName,
  versions: unknown,
): { readonly version: Version; readonly sent: string; readonly manifest: JsonObject } {
  const entries = isJsonObject(versions) ? Object.entries(versions) : []
  const [entry] = entries
  if (entry === undefined || entries.length > 1) {
    throw invalid(name, `it has ${entries.length} versions; there must be exactly one`)
  }
  const [key, manifest] = entry
  const version = parseVersion(withoutBuild(key))
  const spec = `${name}@${version}`
  if (!isJsonObject(manifest)) throw invalid(spec, 'its manifest is not an object')
  requireName(name, 'manifest', manifest['name'])
  if (manifest['version'] !== key) {
    throw invalid(spec, `its manifest says version ${JSON.stringify(manifest['version'])}`)
  }
  return { version, sent: key, manifest }
}

/** npm drops build metadata before it publishes; bun and yarn 4 leave that to the registry. */
function withoutBuild(version: string): string {
  return /^[^+]*\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/.test(version)
    ? version.slice(0, version.indexOf('+'))
    : version
}

function readTags(spec: string, version: string, tags: unknown): readonly string[] {
  if (tags === undefined) return ['latest']
  if (!isJsonObject(tags)) throw invalid(spec, '"dist-tags" is not an object')
  const names = Object.keys(tags)
  if (names.length === 0) return ['latest']
  if (names.length > maxTagsPerPublish) throw invalid(spec, 'it sets too many tags')
  const other = names.find((tag) => tags[tag] !== version)
  if (other !== undefined) throw invalid(spec, `its tag "${other}" points to another version`)
  return names.map(parseTag)
}

function readAttachment(
  {
    name,
    version,
    sent,
    spec,
  }: { name: PackageName; version: Version; sent: string; spec: string },
  attachments: unknown,
): Uint8Array {
  const entries = isJsonObject(attachments) ? Object.entries(attachments) : []
  if (entries.some(([file]) => file.endsWith('.sigstore'))) {
    throw new SteleError('provenance_refused', { spec })
  }
  const [entry] = entries
  if (entry === undefined || entries.length > 1) {
    throw invalid(
      spec,
      `it has ${entries.length} attachments; there must be exactly one, the tarball`,
    )
  }
  const [file, attachment] = entry
  const expected = [version, sent].flatMap((one) => [`${name}-${one}.tgz`, tarballFile(name, one)])
  if (!expected.includes(file)) {
    throw invalid(
      spec,
      `its attachment is called "${file}"; it must be called "${name}-${version}.tgz"`,
    )
  }
  if (!isJsonObject(attachment)) throw invalid(spec, 'its attachment is not an object')
  const bytes = decodeBase64(spec, attachment['data'])
  if (attachment['length'] !== bytes.length) {
    throw invalid(
      spec,
      `its tarball has ${bytes.length} bytes, "length" says ${JSON.stringify(attachment['length'])}`,
    )
  }
  return bytes
}

function decodeBase64(spec: string, data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data // No JSON has that: it was decoded before the rest was read.
  if (typeof data !== 'string' || data === '') throw invalid(spec, 'its tarball has no data')
  if ((data.length / 4) * 3 > maxUploadBytes) {
    const found = Math.floor((data.length / 4) * 3)
    throw new SteleError('tarball_too_large', { what: 'its size', limit: maxUploadBytes, found })
  }
  const bytes = Buffer.from(data, 'base64')
  // Decoding is lenient, encoding has one answer: whoever gets the same text back wrote strict base64.
  if (bytes.toString('base64') !== data) throw invalid(spec, 'its tarball is not strict base64')
  return bytes
}

const algorithms = new Set(['sha1', 'sha256', 'sha384', 'sha512'])

/** Every hash that the manifest claims must be true; it must claim one. */
function checkDigests(
  spec: string,
  { manifest, tarball, digests }: { manifest: JsonObject; tarball: Uint8Array; digests: Digests },
): void {
  const { integrity, shasum } = isJsonObject(manifest['dist']) ? manifest['dist'] : {}
  if (integrity === undefined && shasum === undefined) {
    throw invalid(spec, 'its manifest has neither "dist.integrity" nor "dist.shasum"')
  }
  if (shasum !== undefined && shasum !== digests.shasum) {
    const reason = `the sha1 of its tarball is ${digests.shasum}, not what "dist.shasum" says`
    throw invalid(spec, reason)
  }
  if (integrity === undefined) return
  if (typeof integrity !== 'string') throw invalid(spec, '"dist.integrity" is not a string')
  for (const text of integrity.trim().split(/\s+/, 8)) {
    const algorithm = text.split('-', 1)[0] ?? ''
    if (!algorithms.has(algorithm)) throw invalid(spec, '"dist.integrity" is not in a known form')
    const digest =
      algorithm === 'sha512'
        ? Buffer.from(digests.sha512, 'hex').toString('base64')
        : hash(algorithm, tarball, 'base64')
    if (text !== `${algorithm}-${digest}`) {
      const reason = `the integrity of its tarball is ${algorithm}-${digest}, not what "dist.integrity" says`
      throw invalid(spec, reason)
    }
  }
}

/** Files at the root of a package by which installers act. */
const steering = new Set(['package.json', 'npm-shrinkwrap.json', 'binding.gyp'])

/**
 * Disks that do not tell upper case from lower, and Windows, which drops dots and spaces at the end and gives short
 * names, write such a file over the one that was checked here.
 */
function checkPaths(spec: string, paths: readonly string[]): void {
  for (const path of paths) {
    const [first = ''] = path.split('/', 1)
    const folded = first
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[. ]+$/, '')
    const isShort = /^packag~\d+\.jso$/.test(folded)
    if (isShort || (steering.has(folded) && path !== folded)) {
      throw invalid(spec, `its tarball holds "${path}", which some disks take for another file`)
    }
  }
}

/** What installers go by is the tarball: a manifest that says otherwise would mislead who only reads that. */
function checkRelease(
  release: Release,
  { name, version, manifest }: { name: PackageName; version: Version; manifest: JsonObject },
): void {
  const spec = `${name}@${version}`
  if (release.name !== name) {
    throw invalid(spec, `the package.json in its tarball has the name "${release.name}"`)
  }
  if (release.version !== version) {
    throw invalid(spec, `the package.json in its tarball has the version ${release.version}`)
  }
  const claimed = recordOf(normalizeManifest(manifest, release.paths))
  const members = recordDifferences(claimed, release.record)
  if (members.length > 0) throw new SteleError('manifest_differs', { spec, members })
}

function requireName(name: PackageName, where: string, found: unknown): void {
  if (found !== name) {
    throw invalid(name, `the ${where} has the name ${JSON.stringify(found) ?? 'undefined'}`)
  }
}

function invalid(spec: string, reason: string): SteleError {
  return new SteleError('upload_invalid', { spec, reason })
}
