// Package names: what may be read (any name npm ever allowed), and what may be published anew.
import { SteleError } from '@stele/errors'
import validate from 'validate-npm-package-name'
import { maxNameLength } from './limits.ts'

declare const packageName: unique symbol

/** A package name that was checked: `name` or `@scope/name`. */
export type PackageName = string & { readonly [packageName]: 'PackageName' }

/**
 * The text as a package name. Tolerant: upper case, a leading hyphen, `nul.x` and the like are names (npm-wire U6).
 * Each part is URL-friendly and does not start with a dot, so it is one path segment. Throws name_invalid.
 */
export function parsePackageName(text: string): PackageName {
  const reason = reasonAgainst(text)
  if (reason !== undefined) {
    throw new SteleError('name_invalid', { name: text.slice(0, maxNameLength), reason })
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The one place that makes names.
  return text as PackageName
}

/** Refuses a name that npm no longer lets anybody start with: upper case, core modules, `~'!()*` … Throws name_invalid. */
export function checkNewPackageName(name: PackageName): void {
  const verdict = validate(name)
  if (verdict.validForNewPackages) return
  const lower = name.toLowerCase()
  const reasons =
    name === lower
      ? [...(verdict.errors ?? []), ...(verdict.warnings ?? [])]
      : [`new packages must have lower-case names, such as "${lower}"`]
  throw new SteleError('name_invalid', { name, reason: reasons.join('; ') })
}

const urlFriendly = /^[A-Za-z0-9\-_.!~*'()]+$/

function reasonAgainst(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (text.length > maxNameLength) return `it has more than ${maxNameLength} characters`
  const parts = text.startsWith('@') ? text.slice(1).split('/') : [text]
  if (text.startsWith('@') && parts.length !== 2) return 'a scoped name has the form @scope/name'
  for (const part of parts) {
    if (part === '') return 'a part of it is empty'
    if (part.startsWith('.')) return 'no part of it may start with a dot'
    if (!urlFriendly.test(part)) return 'it has characters that are not URL-friendly'
  }
  if (text.startsWith('_')) return 'it may not start with an underscore'
  if (/^(?:node_modules|favicon\.ico)$/i.test(text)) return 'it is reserved'
  return undefined
}

/** The scope of a name, `@scope`; undefined where it has none. */
export function scopeOf(name: string): string | undefined {
  return name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
}
