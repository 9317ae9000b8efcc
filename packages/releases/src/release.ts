// A release, read out of its tarball: what a publish call says of it, and what people are shown of it.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import {
  formatRecord,
  type Manifest,
  normalizeManifest,
  parsePackageJson,
  type ReleaseRecord,
  recordOf,
} from '@stele/formats/manifest'
import { formatIntegrity, type PackageName, type Version } from '@stele/formats/names'
import type { ContentsValue } from '@stele/formats/values'
import {
  findReadme,
  type Packed,
  type PackedTarball,
  type Readme,
  readPackedTarball,
  readTarball,
} from '@stele/tarball'
import { maxManifestBytes, maxReadmeLength, packedPieceBytes } from './limits.ts'

/** A release, as its own tarball tells it. Digests are lower-case hex, `integrity` is SRI, sizes are in bytes. */
export type Release = {
  readonly name: PackageName
  readonly version: Version
  readonly integrity: string
  readonly shasum: string
  readonly sha512: string
  readonly size: number
  readonly record: ReleaseRecord
  /** Canonical JSON of the record. */
  readonly recordText: string
  readonly contents: ContentsValue
  /** The bytes of its package.json. */
  readonly packageJson: Uint8Array
  readonly manifest: Manifest
  /** Its path, and its text, cut off after 64 Ki characters. */
  readonly readme?: Readme
  /** Paths of all files, by bytes. */
  readonly paths: readonly string[]
  readonly fileCount: number
  readonly unpackedSize: number
}

/** A tarball's digests, lower-case hex: large tarballs are hashed once. */
export type Digests = { readonly sha512: string; readonly shasum: string }

/** The digests of these bytes. */
export function digestsOf(bytes: Uint8Array): Digests {
  return { sha512: hash('sha512', bytes, 'hex'), shasum: hash('sha1', bytes, 'hex') }
}

/** Bytes in memory as a tarball that is read a piece at a time. */
export function packedOf(bytes: Uint8Array): Packed {
  return {
    sizeBytes: bytes.length,
    pieces: async function* (start) {
      for (let at = start; at < bytes.length; at += packedPieceBytes) {
        yield bytes.subarray(at, at + packedPieceBytes)
      }
    },
  }
}

/** Where less is to be taken than the format allows. */
export type ReleaseLimits = {
  /** Bytes that the tarball may unpack to. */
  readonly maxUnpackedBytes?: number
  /** Bytes of the package.json; 1 MiB when absent. */
  readonly maxManifestBytes?: number
}

/** What readRelease() can be spared or told. */
type ReleaseOptions = ReleaseLimits & { readonly digests?: Digests }

/**
 * Takes a tarball apart. The release is what the package.json inside says, normalised as npm does on publish.
 * Throws tarball_invalid, tarball_too_large, json_invalid, json_not_canonical, name_invalid, version_invalid,
 * manifest_invalid. Spec: release.md, "Record" and "State".
 */
export function readRelease(
  bytes: Uint8Array,
  {
    digests = digestsOf(bytes),
    maxManifestBytes: limit = maxManifestBytes,
    ...limits
  }: ReleaseOptions = {},
): Release {
  const tarball = readTarball(bytes, limits)
  const readme = findReadme(tarball.files)
  return releaseOf({ ...tarball, readme }, { digests, limit, size: bytes.length })
}

/** The same release, of a tarball that is read a piece at a time. Throws what readRelease() throws. */
export async function readPackedRelease(
  packed: Packed,
  {
    digests,
    maxManifestBytes: limit = maxManifestBytes,
    ...limits
  }: ReleaseLimits & { readonly digests: Digests },
): Promise<Release> {
  const tarball = await readPackedTarball(packed, limits)
  return releaseOf(tarball, { digests, limit, size: packed.sizeBytes })
}

function releaseOf(
  tarball: PackedTarball,
  {
    digests,
    limit,
    size,
  }: { readonly digests: Digests; readonly limit: number; readonly size: number },
): Release {
  const { readme } = tarball
  const paths = tarball.files.map((file) => file.path)
  const manifest = normalizeManifest(readPackageJson(tarball, limit), paths)
  const { name, version } = manifest
  const record = recordOf(manifest)
  const { sha512, shasum } = digests
  return {
    name,
    version,
    integrity: formatIntegrity('sha512', Buffer.from(sha512, 'hex')),
    shasum,
    sha512,
    size,
    record,
    recordText: formatRecord(record),
    contents: {
      files: tarball.filesDigest,
      manifest: hash('sha256', tarball.packageJson, 'hex'),
      sha512,
      size,
    },
    packageJson: tarball.packageJson,
    manifest,
    ...(readme === undefined ? {} : { readme: cutReadme(readme) }),
    paths,
    fileCount: paths.length,
    unpackedSize: tarball.unpackedSize,
  }
}

function readPackageJson(
  { packageJson }: PackedTarball,
  limit: number,
): ReturnType<typeof parsePackageJson> {
  if (packageJson.length > limit) {
    const details = { what: 'the size of its package.json', limit, found: packageJson.length }
    throw new SteleError('tarball_too_large', details)
  }
  return parsePackageJson(packageJson, 'the package.json in the tarball')
}

function cutReadme({ path, text }: Readme): Readme {
  return { path, text: text.slice(0, maxReadmeLength).toWellFormed() }
}
