// Versions and dist-tags.
import { SteleError } from '@stele/errors'
import semver from 'semver'
import { maxTagLength, maxVersionLength } from './limits.ts'

declare const version: unique symbol

/** A clean semantic version: no `v`, no spaces, no build metadata. */
export type Version = string & { readonly [version]: 'Version' }

/** What is a clean version beyond doubt, most are: the library takes ten times as long. Numbers stay below 2^53. */
const plainVersion =
  /^(?:0|[1-9]\d{0,14})(?:\.(?:0|[1-9]\d{0,14})){2}(?:-(?:0|[1-9]\d{0,14}|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d{0,14}|\d*[A-Za-z-][\dA-Za-z-]*))*)?$/

/** The text as a version; it must be clean already, npm cleans before it publishes. Throws version_invalid. */
export function parseVersion(text: string): Version {
  const isPlain = text.length <= maxVersionLength && plainVersion.test(text)
  if (!isPlain && (text.length > maxVersionLength || semver.valid(text) !== text)) {
    const clean = text.length > maxVersionLength ? null : semver.clean(text, { loose: true })
    const reason =
      clean === null ? 'it is not a semantic version' : `written cleanly it is ${clean}`
    throw new SteleError('version_invalid', { version: text.slice(0, maxVersionLength), reason })
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The one place that makes versions.
  return text as Version
}

/** The version that npm makes of a text when it publishes: ` v1.2.3+x ` is 1.2.3. Throws version_invalid. */
export function cleanVersion(text: string): Version {
  const clean = text.length > maxVersionLength ? null : semver.clean(text, { loose: true })
  return parseVersion(clean ?? text)
}

/**
 * The text as a dist-tag: one URL-friendly path segment that no client takes for a version or range.
 * Throws tag_invalid. Spec: npm-wire D1.
 */
export function parseTag(text: string): string {
  const reason = reasonAgainst(text)
  if (reason === undefined) return text
  throw new SteleError('tag_invalid', { tag: text.slice(0, maxTagLength), reason })
}

/** Every version and range begins with a digit, a sign, `v` or `x`. To ask semver of another text costs an exception. */
const isWord = /^[A-UWYZa-uwyz]/

function reasonAgainst(tag: string): string | undefined {
  if (tag === '') return 'it is empty'
  if (tag.length > maxTagLength) return `it has more than ${maxTagLength} characters`
  if (tag === '.' || tag === '..') return 'it is a path'
  if (!/^[A-Za-z0-9\-_.!~*'()]+$/.test(tag)) return 'it has characters that are not URL-friendly'
  if (isWord.test(tag)) return undefined
  if (semver.validRange(tag, { loose: true }) !== null) return 'it reads as a version or a range'
  return undefined
}
