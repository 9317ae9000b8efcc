// What an upstream's packument says of its releases: what of each is pinned at first sight. Spec: release.md, "Observed".
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { formatRecord, normalizeServedManifest, recordOf } from '@stele/formats/manifest'
import {
  type PackageName,
  parseVersion,
  strongestIntegrity,
  type Version,
} from '@stele/formats/names'
import type { ChunkLine } from '@stele/formats/values'

/** Stands in a packument that is kept for the base address of each tarball. Raw control characters are in no JSON text. */
export const baseMark = '\u0000'

/** A release as an upstream shows it. */
export type ShownRelease = ChunkLine & {
  /** Canonical JSON of the record. */
  readonly recordText: string
  /** Where the upstream has its tarball. */
  readonly tarball: string
  /** As it stands in the packument. */
  readonly manifest: JsonObject
}

/** A packument taken apart: what nobody could install is left out, and why is said of each. */
export type Shown = {
  readonly releases: readonly ShownRelease[]
  readonly dropped: readonly { readonly version: string; readonly reason: string }[]
}

/**
 * The releases that a packument shows, full or abbreviated, in its order. What of it is no packument of this name at all
 * is refused: throws upstream_answer_odd. A version that is odd by itself is dropped.
 */
export function readShown(document: JsonValue, name: PackageName): Shown {
  const versions = versionsOf(document, name)
  const recordText = createRecordTexts()
  const releases: ShownRelease[] = []
  const dropped: { version: string; reason: string }[] = []
  for (const [version, manifest] of Object.entries(versions)) {
    try {
      releases.push(readRelease({ name, version, manifest }, recordText))
    } catch (error) {
      if (!isSteleError(error)) throw error
      dropped.push({ version: version.slice(0, 256), reason: error.message })
    }
  }
  return { releases, dropped }
}

function versionsOf(document: JsonValue, name: PackageName): JsonObject {
  const odd = (reason: string): SteleError =>
    new SteleError('upstream_answer_odd', { name, reason })
  if (!isJsonObject(document)) throw odd('it is not an object')
  if (document['name'] !== name) throw odd('it is of another package')
  const versions = document['versions'] ?? {}
  if (!isJsonObject(versions)) throw odd('"versions" is not an object')
  return versions
}

type Asked = { readonly name: PackageName; readonly version: string; readonly manifest: JsonValue }

function readRelease({ name, version, manifest }: Asked, recordText: RecordTexts): ShownRelease {
  const odd = (member: string, reason: string): SteleError =>
    new SteleError('manifest_invalid', { spec: `${name}@${version.slice(0, 256)}`, member, reason })
  const clean = parseVersion(version)
  if (!isJsonObject(manifest)) throw odd('it', 'is not an object')
  if (manifest['name'] !== name) throw odd('name', 'is of another package')
  if (manifest['version'] !== version) throw odd('version', 'is another one')
  const { dist } = manifest
  if (!isJsonObject(dist)) throw odd('dist', 'is not an object')
  const { tarball, integrity, shasum } = dist
  if (typeof tarball !== 'string') throw odd('dist.tarball', 'is not a string')
  const text = recordText(manifest, clean)
  return {
    version: clean,
    integrity: strongestIntegrity({
      ...textAs('integrity', integrity),
      ...textAs('shasum', shasum),
    }),
    recordDigest: hash('sha256', text, 'hex'),
    recordText: text,
    tarball,
    manifest,
  }
}

function textAs<Key extends string>(
  key: Key,
  value: JsonValue | undefined,
): { readonly [K in Key]?: string } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A computed key widens to string.
  return (typeof value === 'string' ? { [key]: value } : {}) as { readonly [K in Key]?: string }
}

/** The members that a record is made of, but for the version and what runs at install. */
const recordMembers = [
  'name',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bundledDependencies',
  'bin',
  'engines',
  'os',
  'cpu',
  'libc',
] as const

type RecordTexts = (manifest: JsonObject, version: Version) => string

/**
 * Canonical records of the releases of one packument. Most releases of a package depend on what the one before them did:
 * what is alike but for the version is normalised once.
 */
function createRecordTexts(): RecordTexts {
  const made = new Map<string, string>()
  return (manifest, version) => {
    const parts = recordMembers.map((member) => manifest[member] ?? null)
    const installs = runsAtInstall(manifest)
    const key = JSON.stringify([...parts, installs])
    const known = made.get(key)
    if (known !== undefined) return withVersion(known, version)
    const source = Object.fromEntries(
      recordMembers.map((member, at) => [member, parts[at] ?? null]),
    )
    const plain = { ...source, version, ...(installs ? { hasInstallScript: true } : {}) }
    const text = formatRecord(recordOf(normalizeServedManifest(withoutNulls(plain))))
    made.set(key, text.slice(0, -versionEnd(version).length))
    return text
  }
}

/** "version" is the last member of a record, by the order of canonical JSON. */
function withVersion(start: string, version: Version): string {
  return start + versionEnd(version)
}

function versionEnd(version: Version): string {
  return `"version":${JSON.stringify(version)}}`
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

function runsAtInstall(manifest: JsonObject): boolean {
  if (manifest['hasInstallScript'] === true) return true
  const { scripts } = manifest
  if (!isJsonObject(scripts)) return false
  return ['preinstall', 'install', 'postinstall'].some((event) => {
    const script = scripts[event]
    return typeof script === 'string' && script !== ''
  })
}
