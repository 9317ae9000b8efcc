// What a release says of itself: the record that installers resolve by, and what its tarball holds (spec/release.md).
import { maxReasonLength, maxRecordLength } from './limits.ts'
import { membersOf, objectOf, refuse, textOf } from './refuse.ts'
import { base64OfHex } from './system.ts'

const maps = ['bin', 'dependencies', 'optionalDependencies', 'peerDependencies']
const others = ['bundleDependencies', 'cpu', 'engines', 'libc', 'os', 'peerDependenciesMeta']
const sha256Form = /^[0-9a-f]{64}$/
const sha512Form = /^[0-9a-f]{128}$/

/** What the tarball of a release holds. Digests are lower-case hex; `size` is in bytes. */
export type Contents = { files: string; manifest: string; sha512: string; size: number }

/** The record's text, if it is canonical JSON, names this release, and has no other members than a record's. */
export function recordTextOf(value: unknown, name: string, version: string): string {
  const text = textOf(value, 'the record', maxRecordLength)
  const record = objectOf(parsed(text), 'the record')
  if (!isPlainlyCanonical(record, text) && canonical(record) !== text) {
    throw badRecord('it is not canonical JSON')
  }
  const { name: itsName, version: itsVersion, hasInstallScript = true, ...rest } = record
  if (itsName !== name || itsVersion !== version) throw badRecord('it is for another release')
  if (hasInstallScript !== true) throw badRecord('"hasInstallScript" must be true or absent')
  for (const [key, member] of Object.entries(rest)) checkMember(key, member)
  return text
}

/** What the tarball holds, each member in its form. */
export function contentsOf(value: unknown): Contents {
  const members = membersOf(value, 'contents', { wanted: ['files', 'manifest', 'sha512', 'size'] })
  const { files, manifest, sha512, size } = members
  if (typeof files !== 'string' || !sha256Form.test(files)) throw badContents('files')
  if (typeof manifest !== 'string' || !sha256Form.test(manifest)) throw badContents('manifest')
  if (typeof sha512 !== 'string' || !sha512Form.test(sha512)) throw badContents('sha512')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1) throw badContents('size')
  return { files, manifest, sha512, size }
}

/** What an observed tarball holds: one that cannot be unpacked has a `reason` and null digests. Canonical: as JSON.stringify. */
export type ObservedContents =
  | Contents
  | { files: null; manifest: string | null; reason: string; sha512: string; size: number }

/** What an observed tarball holds, each member in its form. */
export function observedContentsOf(value: unknown): ObservedContents {
  if (objectOf(value, 'contents')['files'] !== null) return contentsOf(value)
  const wanted = ['files', 'manifest', 'reason', 'sha512', 'size']
  const { manifest, reason: why, sha512, size } = membersOf(value, 'contents', { wanted })
  const reason = textOf(why, 'the reason', maxReasonLength)
  const rest = contentsOf({
    files: '0'.repeat(64),
    manifest: manifest ?? '0'.repeat(64),
    sha512,
    size,
  })
  return {
    files: null,
    manifest: manifest === null ? null : rest.manifest,
    reason,
    sha512: rest.sha512,
    size: rest.size,
  }
}

/** The integrity, which must be the SRI form of the tarball's SHA-512. */
export function integrityOf(value: unknown, sha512: string): string {
  const integrity = `sha512-${base64OfHex(sha512)}`
  if (value !== integrity) {
    throw refuse(
      'bad_integrity',
      'Cannot publish: the integrity does not match the SHA-512 of the contents',
    )
  }
  return integrity
}

/**
 * True where the text is canonical JSON (RFC 8785) and needs no escapes, as nearly all records are: what the engine
 * writes is the text itself, and the names stand in order. False says nothing yet.
 */
function isPlainlyCanonical(record: object, text: string): boolean {
  return !text.includes('\\') && JSON.stringify(record) === text && hasSortedNames(record)
}

function hasSortedNames(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const isList = Array.isArray(value)
  let before: string | undefined
  for (const [name, member] of Object.entries(value)) {
    if (!isList && before !== undefined && before > name) return false // By UTF-16 code units.
    if (!hasSortedNames(member)) return false
    before = name
  }
  return true
}

/** Canonical JSON (RFC 8785) of a value that JSON.parse made. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'string' && !value.isWellFormed()) {
      throw badRecord('it contains a lone surrogate')
    }
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = value as Record<string, unknown> // Not null, not a list: JSON.parse makes nothing else.
  const keys = Object.keys(members).sort() // By UTF-16 code units, as the RFC wants.
  // No package and no command is called so, and some JSON readers of the world take such a key for another.
  if (keys.some((key) => /["\\\u0000-\u001f]/.test(key)))
    throw badRecord('a member name in it would need an escape')
  return `{${keys.map((key) => `${canonical(key)}:${canonical(members[key])}`).join(',')}}`
}

function checkMember(key: string, member: unknown): void {
  if (others.includes(key)) return
  if (!maps.includes(key)) throw badRecord(`it must not have the member "${key}"`)
  for (const text of Object.values(objectOf(member, `"${key}" of the record`))) {
    if (typeof text !== 'string') throw badRecord(`every member of "${key}" must be a string`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRecord('it is not JSON')
  }
}

function badRecord(reason: string): Error {
  return refuse('bad_record', `Cannot publish: the record is not valid: ${reason}`)
}

function badContents(member: string): Error {
  return refuse(
    'bad_contents',
    `Cannot publish: "${member}" of the contents is not in the expected form`,
  )
}
