// What stands behind a name in package.json's dependencies, taken apart.
import { SteleError } from '@stele/errors'
import semver from 'semver'
import { isFolderName } from './folder-names.ts'
import { maxSpecifierLength } from './limits.ts'
import { isNodeRange } from './ranges.ts'

/** A dependency's specifier. Paths are as written: who reads them knows which folder they start from. */
export type Specifier =
  | {
      readonly kind: 'registry'
      /** The name in the registry: another than the dependency's for an alias. */
      readonly name: string
      /** A version, a range, or a dist-tag; `*` where nothing was written. */
      readonly wanted: string
    }
  | { readonly kind: 'workspace'; readonly name: string; readonly wanted: string }
  | { readonly kind: 'catalog'; readonly catalog: string }
  | { readonly kind: 'folder'; readonly path: string; readonly isLink: boolean }
  | { readonly kind: 'tarball'; readonly address: string }
  | { readonly kind: 'git'; readonly address: string; readonly wanted: string }

const path = /^(?:\.{1,2}(?:[/\\]|$)|~\/|\/|[A-Za-z]:[/\\])/
const archive = /\.(?:tgz|tar|tar\.gz)$/i
const gitAddress = /^(?:git(?:\+[a-z]+)?:|ssh:|[a-z]+:\/\/[^#]+\.git(?:#|$)|[^@\s]+@[^:\s]+:)/
const hosted = /^(?:github|gitlab|bitbucket|gist):|^[\w.-]+\/[\w.-]+(?:#.*)?$/

/** The specifier that `text` is for the dependency called `name`. Throws specifier_invalid. */
export function parseSpecifier(name: string, text: string): Specifier {
  if (!isFolderName(name)) throw invalid(name, text, `"${name}" is no package name`)
  const trimmed = text.trim()
  if (trimmed.length > maxSpecifierLength) throw invalid(name, text, 'it is too long')
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(trimmed) ?? []
  switch (scheme) {
    case 'npm':
      return parseAlias(name, text, rest)
    case 'workspace':
      return parseWorkspace(name, rest)
    case 'catalog':
      return { kind: 'catalog', catalog: rest === '' ? 'default' : rest }
    case 'link':
    case 'portal':
      return { kind: 'folder', path: rest, isLink: true }
    case 'file':
      return parsePath(rest.replace(/^\/\/(?=\/)/, ''))
    default:
      return parseBare(name, text, trimmed)
  }
}

function parseBare(name: string, text: string, trimmed: string): Specifier {
  if (path.test(trimmed)) return parsePath(trimmed)
  if (gitAddress.test(trimmed)) return parseGit(trimmed)
  if (/^https?:/.test(trimmed)) return { kind: 'tarball', address: trimmed }
  if (hosted.test(trimmed)) return parseGit(trimmed)
  if (trimmed.includes(':')) throw invalid(name, text, 'nothing is known by that prefix')
  return { kind: 'registry', name, wanted: checkWanted(name, text, trimmed) }
}

/** `npm:name@range`; without a name it is the dependency's own. */
function parseAlias(name: string, text: string, rest: string): Specifier {
  const at = rest.indexOf('@', 1)
  const real = at === -1 ? rest : rest.slice(0, at)
  if (semver.validRange(real) !== null) {
    return { kind: 'registry', name, wanted: checkWanted(name, text, rest) }
  }
  const wanted = at === -1 ? '' : rest.slice(at + 1)
  if (!isFolderName(real)) throw invalid(name, text, `"${real}" is no package name`)
  return { kind: 'registry', name: real, wanted: checkWanted(name, text, wanted) }
}

/** `workspace:^`, `workspace:1.x`, `workspace:other@*`, `workspace:../folder`. */
function parseWorkspace(name: string, rest: string): Specifier {
  if (path.test(rest)) return { kind: 'folder', path: rest, isLink: true }
  const at = rest.indexOf('@', 1)
  if (at > 0) return { kind: 'workspace', name: rest.slice(0, at), wanted: rest.slice(at + 1) }
  return { kind: 'workspace', name, wanted: rest }
}

function parsePath(found: string): Specifier {
  if (archive.test(found)) return { kind: 'tarball', address: found }
  return { kind: 'folder', path: found, isLink: false }
}

function parseGit(found: string): Specifier {
  const at = found.indexOf('#')
  if (at === -1) return { kind: 'git', address: found, wanted: '' }
  return { kind: 'git', address: found.slice(0, at), wanted: found.slice(at + 1) }
}

/** A version, a range or a tag. Throws specifier_invalid. */
function checkWanted(name: string, text: string, wanted: string): string {
  if (wanted === '') return '*'
  if (isNodeRange(wanted)) return wanted
  if (/^[A-Za-z0-9\-_.!~*'()]+$/.test(wanted)) return wanted
  throw invalid(name, text, 'it is no version, range or tag')
}

function invalid(name: string, specifier: string, reason: string): SteleError<'specifier_invalid'> {
  return new SteleError('specifier_invalid', {
    name,
    specifier: specifier.slice(0, maxSpecifierLength),
    reason,
    chain: [],
  })
}
