// Ready JSON text of one version, in both forms: made once when it is published, joined into packuments by concatenation.
// It holds nothing that only the log or the request knows: time, publisher, base address, deprecation.

import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseTolerantJson,
} from '@stele/formats/json'
import {
  abbreviate,
  formatRecord,
  normalizeServedManifest,
  parseRecord,
  type ReleaseRecord,
  recordOf,
} from '@stele/formats/manifest'
import { maxDescriptionLength } from './limits.ts'
import type { Release } from './release.ts'

/** The two forms of a packument (npm-wire P1): `full`, and `abbreviated` for installers. */
export type Form = 'full' | 'abbreviated'

/**
 * A version's JSON texts. A form starts right after the base address inside `dist.tarball` (so `/left-pad/-/…"`) and
 * lacks the closing brace: `{"dist":{"tarball":"` + base + form + `}` is the version's JSON.
 */
export type VersionPieces = {
  /** The tarball that these were made from, hex. */
  readonly sha512: string
  readonly full: string
  readonly abbreviated: string
  /** A JSON object of what the top of a packument and a search show: description, keywords, licence and so on. */
  readonly summary: string
  /** Text, empty where there is none. */
  readonly readme: string
}

/** The file name that clients expect of a tarball: without the scope. */
export function tarballFile(name: string, version: string): string {
  return `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`
}

/** The pieces of a release: the same for the same tarball, always. */
export function versionPieces(release: Release): VersionPieces {
  const { manifest, record, sha512, readme } = release
  const dist = {
    shasum: release.shasum,
    integrity: release.integrity,
    fileCount: release.fileCount,
    unpackedSize: release.unpackedSize,
  }
  const members = {
    ...Object.fromEntries(Object.entries(manifest).filter(([key]) => isServed(key))),
    ...record,
    _id: `${release.name}@${release.version}`,
    _hasShrinkwrap: release.paths.includes('npm-shrinkwrap.json'),
  }
  return {
    sha512,
    ...formsOf(release, { members, dist }),
    summary: JSON.stringify(summaryOf(manifest, readme?.path)),
    readme: readme?.text ?? '',
  }
}

/** What can still be said of a release whose tarball was taken down: its record. */
export function recordPieces(
  record: ReleaseRecord,
  { integrity, sha512 }: { readonly integrity: string; readonly sha512: string },
): VersionPieces {
  const members = { ...record, _id: `${record.name}@${record.version}` }
  return {
    sha512,
    ...formsOf(record, { members, dist: { integrity } }),
    summary: '{}',
    readme: '',
  }
}

/** The pieces of a release whose tarball was taken down, from its full form: as recordPieces() makes them of its record. */
export function reducePieces(full: string, sha512: string): VersionPieces {
  const manifest = parseTolerantJson(`{"dist":{"tarball":"${full}}`, 'a version of the views')
  if (!isJsonObject(manifest)) {
    throw new Error('The views hold a version that is not an object')
  }
  const record = parseRecord(formatRecord(recordOf(normalizeServedManifest(manifest))))
  const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
  return recordPieces(record, { integrity, sha512 })
}

/** Members that only the registry says, or that are served elsewhere. */
const notServed = new Set([
  'deprecated',
  'dist',
  'hasInstallScript',
  'maintainers',
  'readme',
  'readmeFilename',
])

function isServed(key: string): boolean {
  return !key.startsWith('_') && !notServed.has(key)
}

function formsOf(
  { name, version }: { readonly name: string; readonly version: string },
  { members, dist }: { readonly members: JsonObject; readonly dist: JsonObject },
): { readonly full: string; readonly abbreviated: string } {
  const path = JSON.stringify(`/${name}/-/${tarballFile(name, version)}`).slice(1)
  const tail = (form: JsonObject): string =>
    `${path},${JSON.stringify(dist).slice(1)},${JSON.stringify(form).slice(1, -1)}`
  const { name: _name, version: _version, ...rest } = members
  const { dist: _dist, ...short } = abbreviate({ ...members, dist })
  return { full: tail({ name, version, ...rest }), abbreviated: tail(short) }
}

const shown = ['keywords', 'homepage', 'repository', 'bugs', 'license', 'author'] as const

/** The members that a summary may have. */
export const summaryMembers: readonly string[] = ['description', ...shown, 'readmeFilename']

function summaryOf(manifest: JsonObject, readmeFilename: string | undefined): JsonObject {
  const { description } = manifest
  const members: [string, JsonValue | undefined][] = [
    ['description', textOrNothing(description)],
    ...shown.map((key): [string, JsonValue | undefined] => [key, shownValue(manifest[key])]),
    ['readmeFilename', readmeFilename],
  ]
  return Object.fromEntries(
    members.filter((member): member is [string, JsonValue] => member[1] !== undefined),
  )
}

/** What a search shows of a summary. */
export function searchFacts(summary: string): {
  readonly description: JsonValue
  readonly keywords: JsonValue
  readonly links: JsonObject
} {
  const value = parseTolerantJson(summary, 'a summary')
  const shown = isJsonObject(value) ? value : {}
  const { description = '', keywords = [], homepage } = shown
  const links = {
    ...(typeof homepage === 'string' ? { homepage } : {}),
    ...urlOf('repository', shown['repository']),
    ...urlOf('bugs', shown['bugs']),
  }
  return { description, keywords, links }
}

function urlOf(key: string, value: JsonValue | undefined): JsonObject {
  const url = isJsonObject(value) ? value['url'] : value
  return typeof url === 'string' ? { [key]: url } : {}
}

function textOrNothing(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return value.slice(0, maxDescriptionLength).toWellFormed()
}

/** Texts, lists of texts and objects are shown; anything else is a mistake of the author. */
function shownValue(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.length > 0 ? value : undefined
  return isJsonObject(value) && Object.keys(value).length > 0 ? value : undefined
}
