// The release record: what an installer needs to resolve a release, and nothing else. Spec: release.md, "Record".
import { SteleError } from '@stele/errors'
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalJson,
} from './json.ts'
import type { Manifest } from './manifest.ts'
import { type PackageName, parsePackageName } from './name.ts'
import { parseVersion, type Version } from './version.ts'

/** A release record. A member that would be empty is not there. */
export type ReleaseRecord = {
  readonly name: PackageName
  readonly version: Version
  /** Without the names of optionalDependencies. */
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
  readonly peerDependenciesMeta?: { readonly [name: string]: { readonly optional: true } }
  /** Sorted. */
  readonly bundleDependencies?: readonly string[]
  readonly bin?: { readonly [command: string]: string }
  readonly engines?: JsonValue
  readonly os?: JsonValue
  readonly cpu?: JsonValue
  readonly libc?: JsonValue
  readonly hasInstallScript?: true
}

/** The record of a normalised manifest. */
export function recordOf(manifest: Manifest): ReleaseRecord {
  const optional = manifest.optionalDependencies ?? {}
  const required = Object.entries(manifest.dependencies ?? {})
  const members = {
    dependencies: Object.fromEntries(required.filter(([name]) => !Object.hasOwn(optional, name))),
    optionalDependencies: optional,
    peerDependencies: manifest.peerDependencies,
    peerDependenciesMeta: optionalPeers(manifest['peerDependenciesMeta']),
    bundleDependencies: manifest.bundleDependencies?.toSorted(),
    bin: manifest.bin,
    engines: listOrMap(manifest['engines']),
    os: listOrMap(manifest['os']),
    cpu: listOrMap(manifest['cpu']),
    libc: listOrMap(manifest['libc']),
  }
  const filled = Object.entries(members).filter(([, value]) => !isEmpty(value))
  const { name, version, hasInstallScript } = manifest
  return {
    name,
    version,
    ...Object.fromEntries(filled),
    ...(hasInstallScript === true ? { hasInstallScript } : {}),
  }
}

/** The record as the text that is hashed and stored. Throws json_not_canonical, for a lone surrogate in it, say. */
export function formatRecord(record: ReleaseRecord): string {
  return canonicalJson(record, `the release record of ${record.name}@${record.version}`)
}

/**
 * The record that a canonical text says. Every member must be known, of its shape, and not empty.
 * Throws json_invalid, json_not_canonical, name_invalid, version_invalid, manifest_invalid.
 */
export function parseRecord(text: string): ReleaseRecord {
  return checkRecord(parseCanonicalJson(text, 'the release record'))
}

/** The value as a record, checked as by parseRecord(). */
export function checkRecord(value: JsonValue): ReleaseRecord {
  if (!isJsonObject(value)) throw invalid({}, 'the record', 'is not an object')
  const { name, version } = value
  if (typeof name !== 'string') throw invalid(value, 'name', 'is not a string')
  if (typeof version !== 'string') throw invalid(value, 'version', 'is not a string')
  for (const [member, content] of Object.entries(value)) {
    if (member === 'name' || member === 'version') continue
    const check = Object.hasOwn(checks, member) ? checks[member] : undefined
    if (check === undefined) throw invalid(value, member, 'is no member of a record')
    if (isEmpty(content) || !check(content)) throw invalid(value, member, 'is malformed or empty')
  }
  const { dependencies, optionalDependencies } = value
  if (isJsonObject(dependencies) && isJsonObject(optionalDependencies)) {
    const twice = Object.keys(dependencies).find((key) => Object.hasOwn(optionalDependencies, key))
    if (twice !== undefined) throw invalid(value, 'dependencies', `repeats the optional ${twice}`)
  }
  return { ...value, name: parsePackageName(name), version: parseVersion(version) }
}

/** The names of the members in which two records differ, sorted; none when they are the same record. */
export function recordDifferences(a: ReleaseRecord, b: ReleaseRecord): string[] {
  const left: JsonObject = a
  const right: JsonObject = b
  const members = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...members].filter((member) => textOf(left[member]) !== textOf(right[member])).sort()
}

const checks: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  dependencies: isTextMap,
  optionalDependencies: isTextMap,
  peerDependencies: isTextMap,
  peerDependenciesMeta: (value) =>
    isJsonObject(value) &&
    Object.values(value).every((meta) => canonicalJson(meta) === '{"optional":true}'),
  bundleDependencies: isSortedTexts,
  bin: isTextMap,
  engines: isListOrMap,
  os: isListOrMap,
  cpu: isListOrMap,
  libc: isListOrMap,
  hasInstallScript: (value) => value === true,
}

function isTextMap(value: JsonValue): boolean {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string')
}

function isSortedTexts(value: JsonValue): boolean {
  if (!Array.isArray(value)) return false
  const list: readonly JsonValue[] = value
  return list.every((text, index) => {
    const before = index === 0 ? '' : list[index - 1]
    return typeof text === 'string' && typeof before === 'string' && before <= text
  })
}

function isListOrMap(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null
}

function optionalPeers(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) return {}
  const names = Object.keys(value).filter((name) => {
    const meta = value[name]
    return isJsonObject(meta) && meta['optional'] === true
  })
  return Object.fromEntries(names.map((name) => [name, { optional: true }]))
}

/** As published, but that a text becomes a list of one, and what is neither list nor map is left out. */
function listOrMap(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value]
  return typeof value === 'object' && value !== null ? value : undefined
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : canonicalJson(value)
}

function invalid(record: JsonObject, member: string, reason: string): SteleError {
  const { name, version } = record
  const spec =
    typeof name === 'string' && typeof version === 'string'
      ? `${name}@${version}`.slice(0, 512)
      : 'a release'
  return new SteleError('manifest_invalid', { spec, member, reason })
}
