// Versions and tags: semantic versions in their canonical form, and tags that no range can be taken for.
import { maxTagLength, maxVersionLength } from './limits.ts'
import { refuse, textOf } from './refuse.ts'

const number = '(?:0|[1-9]\\d*)'
const identifier = `(?:${number}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`
const versionForm = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${identifier}(?:\\.${identifier})*)?$`,
)
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/
const rangeForm = /^v*(?:[xX]|\d+)(?:\.(?:[xX]|\d+)(?:\.(?:[xX]|\d+)(?:-?[A-Za-z0-9.-]+)?)?)?$/

/** A canonical semantic version without build metadata. */
export function versionOf(value: unknown): string {
  const version = textOf(value, 'the version', maxVersionLength)
  const numbers = version.split('-', 1)[0]?.split('.') ?? []
  if (!versionForm.test(version) || numbers.some((part) => !Number.isSafeInteger(Number(part)))) {
    throw refuse(
      'version_invalid',
      `Cannot use the version "${version}": it must be a semantic version such as 1.2.3`,
    )
  }
  return version
}

/** A tag: letters, digits, `.`, `_`, `-`, and neither a version nor a range. */
export function tagOf(value: unknown): string {
  const tag = textOf(value, 'the tag', maxTagLength)
  if (!tagForm.test(tag)) {
    throw refuse(
      'tag_invalid',
      `Cannot use the tag "${tag}": use letters, digits, ".", "_" and "-"`,
    )
  }
  if (rangeForm.test(tag)) {
    throw refuse('tag_invalid', `Cannot use the tag "${tag}": it reads as a version or a range`)
  }
  return tag
}

/** The highest stable version, else the highest of all; undefined of none. */
export function highest(versions: readonly string[]): string | undefined {
  const stable = versions.filter((version) => !version.includes('-'))
  const candidates = stable.length > 0 ? stable : versions
  return candidates.reduce<string | undefined>(
    (best, version) => (best === undefined || isHigher(version, best) ? version : best),
    undefined,
  )
}

/** Precedence by semver.org, section 11. */
function isHigher(a: string, b: string): boolean {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (const [index, part] of left.core.entries()) {
    const other = right.core[index] ?? 0
    if (part !== other) return part > other
  }
  return comparePrerelease(left.prerelease, right.prerelease) > 0
}

function partsOf(version: string): { core: readonly number[]; prerelease: readonly string[] } {
  const dash = version.indexOf('-')
  const core = dash < 0 ? version : version.slice(0, dash)
  return {
    core: core.split('.').map(Number),
    prerelease: dash < 0 ? [] : version.slice(dash + 1).split('.'),
  }
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length // A release is above its prereleases.
  for (const [index, part] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    if (part !== other) return compareIdentifiers(part, other)
  }
  return a.length - b.length
}

function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  if (aIsNumber && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}
