// What somebody who adds a package typed, and what package.json says of it then.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { relative, resolve, sep } from 'node:path'
import { SteleError } from '@stele/errors'
import { parseSpecifier } from '@stele/resolve'
import semver from 'semver'
import { manifestIn } from '../project/manifest-in.ts'
import { neighbourRange, type SavePrefix, type Workspace } from '../project/neighbours.ts'
import type { Packuments } from './packuments.ts'

/** A package that is wanted. */
export type Wish = {
  /** As it was typed. */
  readonly typed: string
  /** The name of the dependency; undefined where only the package itself tells it. */
  readonly name: string | undefined
  /** What stands behind the name; empty where nothing was typed. */
  readonly specifier: string
}

const unnamed = /^(?:[a-z][a-z+]*:|[\w.-]+\/[\w.-]+(?:#|$))/
/** `git@host.example:owner/repository`. */
const scp = /^[\w.-]+@[\w-]+(?:\.[\w-]+)+:/
const hosted = /^[\w.-]+\/[\w.-]+(?:#.*)?$/
const named = /^(?<name>(?:@[^/@\s]+\/)?[^/@\s:]+)(?:@(?<specifier>.*))?$/s
const path = /^(?:\.{1,2}(?:[/\\]|$)|~\/|\/|[A-Za-z]:[/\\]|file:)/

/** Reads what was typed in the first folder, for the package.json of the second. Throws usage_wrong. */
export function readWish(typed: string, folder: string, target: string = folder): Wish {
  const isAddress = /^[a-z][a-z+]*:\/\//.test(typed) && !typed.startsWith('file:')
  const isPath = path.test(typed) || /\.(?:tgz|tar\.gz)$/.test(typed)
  if (isPath && !isAddress && !/^[^/]+@/.test(typed)) return readPath(typed, folder, target)
  if (scp.test(typed)) return { typed, name: undefined, specifier: typed }
  const { name, specifier = '' } = named.exec(typed)?.groups ?? {}
  if (name !== undefined) return { typed, name, specifier: withHost(specifier) }
  const [, scheme] = /^(npm|workspace|catalog|link|portal):/.exec(typed) ?? []
  if (scheme !== undefined) {
    const reason = `"${typed}" does not tell what the dependency is called: write <name>@${typed}`
    throw new SteleError('usage_wrong', { reason, command: 'add' })
  }
  if (unnamed.test(typed)) return { typed, name: undefined, specifier: withHost(typed) }
  const reason = `"${typed}" is no package: write a name, <name>@<version>, a path or an address`
  throw new SteleError('usage_wrong', { reason, command: 'add' })
}

/** As npm writes it down. */
function withHost(specifier: string): string {
  return hosted.test(specifier) ? `github:${specifier}` : specifier
}

function readPath(typed: string, folder: string, target: string): Wish {
  const plain = typed.replace(/^file:/, '').replace(/^~(?=\/)/, homedir())
  const place = resolve(folder, plain)
  if (place === resolve(target)) {
    const reason = `"${typed}" is this package itself: "stele install" installs what it depends on`
    throw new SteleError('usage_wrong', { reason, command: 'add' })
  }
  const written = relative(target, place).split(sep).join('/')
  const specifier = `file:${written.startsWith('.') ? written : `./${written}`}`
  const name = manifestIn(place)?.['name']
  if (typeof name === 'string') return { typed, name, specifier }
  if (/\.(?:tgz|tar\.gz|tar)$/.test(place) && existsSync(place)) {
    return { typed, name: undefined, specifier }
  }
  const reason = existsSync(place)
    ? `"${typed}" does not tell its name: write it as <name>@${specifier}`
    : `There is no "${typed}"`
  throw new SteleError('usage_wrong', { reason, command: 'add' })
}

/** A wish whose name is known. */
export type NamedWish = Wish & { readonly name: string }

/** What package.json says, and the version that is meant by it, where it is a registry's. */
export type Saved = {
  readonly specifier: string
  readonly version?: string
  /** Newer versions that may not be chosen, each with the reason. */
  readonly refused?: ReadonlyMap<string, string>
}

/** How it is written down. */
export type Saving = {
  readonly prefix: SavePrefix
  readonly workspace: Workspace
  /** The folder of the package.json. */
  readonly importer: string
}

/**
 * What package.json says of the wish: as npm has it, a range that was typed stays where `^` of the newest version that fits it would
 * allow more. A package of the workspace is meant before any of a registry. Throws version_absent, version_refused, specifier_invalid,
 * usage_wrong, and what asking for the packument throws.
 */
export async function saved(
  { name, specifier }: NamedWish,
  packuments: Pick<Packuments, 'of' | 'choose'>,
  { prefix, workspace, importer }: Saving,
): Promise<Saved> {
  const parsed = parseSpecifier(name, specifier === '' ? 'latest' : specifier)
  if (parsed.kind !== 'registry') return { specifier }
  const { name: real, wanted } = parsed
  const neighbour = specifier.startsWith('npm:') ? undefined : workspace.members.get(name)
  if (neighbour !== undefined) {
    const wish = { name, wanted: specifier, prefix, importer }
    return { specifier: neighbourRange(wish, neighbour, workspace) }
  }
  const packument = await packuments.of(real)
  const { release, refused } = await packuments.choose(packument, wanted)
  const alias = real === name ? '' : `npm:${real}@`
  const { version } = release
  return { specifier: `${alias}${rangeFor(version, wanted, prefix)}`, version, refused }
}

function rangeFor(version: string, wanted: string, prefix: SavePrefix): string {
  if (prefix === '') return version
  const usual = `${prefix}${version}`
  const isRange = semver.validRange(wanted) !== null && semver.valid(wanted) === null
  return isRange && !semver.subset(usual, wanted, { loose: true }) ? wanted : usual
}

/** `name@version`, or a name alone, taken apart. */
export function splitSpec(typed: string): {
  readonly name: string
  readonly version?: string | undefined
} {
  const at = typed.indexOf('@', 1)
  return at === -1 ? { name: typed } : { name: typed.slice(0, at), version: typed.slice(at + 1) }
}
