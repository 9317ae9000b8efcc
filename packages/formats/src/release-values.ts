// The values that the registry's state holds of a release, as canonical JSON. Spec: release.md, "State".
import { SteleError } from '@stele/errors'
import { parseIntegrity } from './integrity.ts'
import { canonicalJson, isJsonObject, type JsonObject, parseCanonicalJson } from './json.ts'
import { checkRecord, formatRecord, type ReleaseRecord } from './record.ts'

/** What `/packages/<name>/versions` holds for a version. `integrity` is one hash. */
export type VersionsValue = { readonly integrity: string; readonly record: ReleaseRecord }

/** What `/packages/<name>/contents` holds for a version: digests in lower-case hex, the tarball's size in bytes. */
export type ContentsValue = {
  /** The files digest; null for an observed tarball that is refused, and then `reason` says why. */
  readonly files: string | null
  /** SHA-256 of its package.json; null where there is none to be found. */
  readonly manifest: string | null
  readonly reason?: string
  readonly sha512: string
  readonly size: number
}

/**
 * What `/located/<scanner>/<name>` holds for a version: the files digest, the integrity of its tarball, null where there is none,
 * and the record's canonical text. `gone`: it was there once.
 */
export type LocatedValue = {
  readonly files: string
  readonly integrity: string | null
  readonly record: string
  readonly gone: boolean
}

/** The value of a version as stored. Throws integrity_invalid, json_not_canonical. */
export function formatVersionsValue({ integrity, record }: VersionsValue): string {
  parseIntegrity(integrity)
  return canonicalJson({ integrity, record }, `the release ${record.name}@${record.version}`)
}

/** The inverse of formatVersionsValue(); the record is checked. Throws the codes of parseRecord(), integrity_invalid. */
export function parseVersionsValue(text: string): VersionsValue {
  const { integrity, record, ...others } = parseObject(text, 'the versions value')
  if (typeof integrity !== 'string' || record === undefined || Object.keys(others).length > 0) {
    throw invalid('the versions value', 'its members are not integrity and record')
  }
  parseIntegrity(integrity)
  return { integrity, record: checkRecord(record) }
}

/** The contents of a release as stored. Throws json_invalid for a digest or size that is none. */
export function formatContentsValue(contents: ContentsValue): string {
  const { files, manifest, reason, sha512, size } = contents
  const value = { files, manifest, sha512, size, ...(reason === undefined ? {} : { reason }) }
  return canonicalJson(checkContents(value), 'the contents value')
}

/** The inverse of formatContentsValue(). Throws json_invalid, json_not_canonical. */
export function parseContentsValue(text: string): ContentsValue {
  return checkContents(parseObject(text, 'the contents value'))
}

/** What the state says of a located package. Throws json_invalid, json_not_canonical, integrity_invalid, the codes of parseRecord(). */
export function parseLocatedValue(text: string): LocatedValue {
  const what = 'the located value'
  const { files, gone = false, integrity, record, ...others } = parseObject(text, what)
  const isWhole = isHex(files, 64) && record !== undefined && Object.keys(others).length === 0
  if (!isWhole || typeof gone !== 'boolean') {
    throw invalid(what, 'its members are not files, integrity and record')
  }
  if (integrity !== null && typeof integrity !== 'string') {
    throw invalid(what, 'its integrity is neither a text nor null')
  }
  if (integrity !== null) parseIntegrity(integrity)
  return { files, integrity, record: formatRecord(checkRecord(record)), gone }
}

function checkContents(value: JsonObject): ContentsValue {
  const { files, manifest, reason, sha512, size, ...others } = value
  if (Object.keys(others).length > 0) throw invalidContents('it has a member that is unknown')
  if (!isHex(sha512, 128)) throw invalidContents('sha512 is not 128 hex digits')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalidContents('size is not a number of bytes')
  }
  if (manifest !== null && !isHex(manifest, 64)) {
    throw invalidContents('manifest is not 64 hex digits')
  }
  if (files === null && typeof reason === 'string') return { files, manifest, reason, sha512, size }
  if (!isHex(files, 64) || manifest === null || reason !== undefined) {
    throw invalidContents('wanted is files with a manifest, or files null with a reason')
  }
  return { files, manifest, sha512, size }
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)
}

function parseObject(text: string, what: string): JsonObject {
  const value = parseCanonicalJson(text, what)
  if (isJsonObject(value)) return value
  throw invalid(what, 'it is not an object')
}

function invalid(what: string, reason: string): SteleError {
  return new SteleError('json_invalid', { what, reason })
}

function invalidContents(reason: string): SteleError {
  return invalid('the contents value', reason)
}
