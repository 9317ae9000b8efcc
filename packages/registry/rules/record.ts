// What a release says of itself: the record that installers resolve by, and what its tarball holds (spec/release.md).
import { maxRecordLength } from './limits.ts'
import { membersOf, objectOf, refuse, textOf } from './refuse.ts'

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
  if (canonical(record) !== text) throw badRecord('it is not canonical JSON')
  const { name: itsName, version: itsVersion, hasInstallScript = true, ...rest } = record
  if (itsName !== name || itsVersion !== version) throw badRecord('it names another release')
  if (hasInstallScript !== true) throw badRecord('"hasInstallScript" is true or absent')
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

/** The integrity, which must be the SRI form of the tarball's SHA-512. */
export function integrityOf(value: unknown, sha512: string): string {
  const integrity = `sha512-${base64OfHex(sha512)}`
  if (value !== integrity) {
    throw refuse(
      'bad_integrity',
      'Cannot publish: the integrity is not the SHA-512 of the contents',
    )
  }
  return integrity
}

/** Canonical JSON (RFC 8785) of a value that JSON.parse made. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'string' && /[\ud800-\udfff]/u.test(value)) {
      throw badRecord('it holds a lone surrogate')
    }
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = value as Record<string, unknown> // Not null, not a list: JSON.parse makes nothing else.
  const keys = Object.keys(members).sort() // By UTF-16 code units, as the RFC wants.
  // No package and no command is called so, and some JSON readers of the world take such a key for another.
  if (keys.some((key) => /["\\\u0000-\u001f]/.test(key)))
    throw badRecord('a name in it needs an escape')
  return `{${keys.map((key) => `${canonical(key)}:${canonical(members[key])}`).join(',')}}`
}

function checkMember(key: string, member: unknown): void {
  if (others.includes(key)) return
  if (!maps.includes(key)) throw badRecord(`it has the member "${key}"`)
  for (const text of Object.values(objectOf(member, `"${key}" of the record`))) {
    if (typeof text !== 'string') throw badRecord(`"${key}" holds something else than text`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRecord('it is not JSON')
  }
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 of bytes given in hex: six hex digits make four of base64. */
function base64OfHex(text: string): string {
  let base64 = ''
  for (let position = 0; position < text.length; position += 6) {
    const digits = text.slice(position, position + 6)
    const bits = Number.parseInt(digits.padEnd(6, '0'), 16)
    for (let shift = 18; shift >= 0; shift -= 6) {
      const isPadding = (18 - shift) / 6 > digits.length / 2
      base64 += isPadding ? '=' : base64Digits.charAt((bits >> shift) & 63)
    }
  }
  return base64
}

function badRecord(reason: string): Error {
  return refuse('bad_record', `Cannot publish: the record does not do, ${reason}`)
}

function badContents(member: string): Error {
  return refuse('bad_contents', `Cannot publish: "${member}" of the contents has not its form`)
}
