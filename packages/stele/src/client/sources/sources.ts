// Packages that come from no registry: folders, tarballs, Git repositories.
import { hash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { isSteleError, SteleError } from '@stele/errors'
import type { Registries } from '@stele/fetch'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { readRegular } from '@stele/install/files'
import type { ResolvePorts, Specifier } from '@stele/resolve'
import { idAt, isFolderName, type PackageId, type Release } from '@stele/resolve/graph'
import { readTarball } from '@stele/tarball'
import { maxTarballBytes } from '../limits.ts'
import { manifestIn, parseManifest } from '../project/manifest-in.ts'
import { folderBelow } from '../project/project.ts'
import { askedOnce } from './asked-once.ts'
import { isGitAddress } from './git-kinds.ts'

/** What such packages are found by, while resolving and when a lock names them. */
export type Sources = {
  /** Throws source_unusable, and what fetching throws. */
  readonly find: ResolvePorts['other']
  /** The bytes at such an address. */
  readonly tarball: (address: string) => Promise<Buffer>
  /** What a person should know of those that were found. */
  readonly notices: () => readonly string[]
}

type World = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** The tarball at an address: what is looked at to be resolved is not fetched twice. */
  readonly bytesAt: (address: string) => Promise<Buffer>
  readonly notices: Set<string>
  readonly isOffline: boolean
}

/** Sources as this project reaches them. */
export function openSources(root: string, registries: Registries, env: NodeJS.ProcessEnv): Sources {
  const bytesAt = askedOnce((address) => read({ root, env, registries }, address))
  const { isOffline } = registries
  const world: World = { root, env, bytesAt, notices: new Set(), isOffline }
  return {
    find: (specifier, from) => find(world, specifier, from),
    tarball: bytesAt,
    notices: () => [...world.notices].toSorted(),
  }
}

async function find(
  world: World,
  specifier: Specifier,
  from: string,
): Promise<{ readonly id: PackageId; readonly release: Release }> {
  switch (specifier.kind) {
    case 'folder':
      return linkTo(world, specifier.path, from)
    case 'tarball':
      return describe(world, addressBelow(specifier.address, from))
    case 'git':
      return describe(world, await gitAddress(world, specifier))
    default:
      throw unusable(specifierText(specifier), 'only packages of this workspace can be named so')
  }
}

function linkTo(
  { root, notices }: World,
  path: string,
  from: string,
): { readonly id: PackageId; readonly release: Release } {
  const folder = folderOf(path, from)
  const found = statSync(resolve(root, folder), { throwIfNoEntry: false })
  if (found?.isDirectory() !== true) throw unusable(path, `there is no folder ${folder}`)
  if (needsInstall(root, folder)) {
    notices.add(`"${folder}" is linked, but not part of this project: run "stele install" there`)
  }
  return { id: `link:${folder}`, release: { name: '', version: '', dist: { tarball: '' } } }
}

/** A folder outside has its own node_modules, from its own installation. */
function needsInstall(root: string, folder: string): boolean {
  const isOutside = folder.startsWith('..') || isAbsolute(folder)
  if (!isOutside || existsSync(join(resolve(root, folder), 'node_modules'))) return false
  const { dependencies = {} } = manifestIn(resolve(root, folder)) ?? {} // What has no package.json needs nothing.
  return isJsonObject(dependencies) && Object.keys(dependencies).length > 0
}

function withHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

/** The folder of this path, from that of a package.json on, below the root. */
export function folderOf(path: string, from: string): string {
  return folderBelow(from, withHome(path))
}

/** An address that means the same from every folder: a path is below the root. */
export function addressBelow(address: string, from: string): string {
  return /^https?:/.test(address) ? address : `file:${folderOf(address, from)}`
}

async function gitAddress(
  { env, isOffline }: World,
  { address, wanted }: Specifier & { readonly kind: 'git' },
): Promise<string> {
  if (isOffline) throw new SteleError('offline_absent', { missing: [`${address}#${wanted}`] })
  const { commitAddress, parseGitAddress } = await import('./git-address.ts')
  const parsed = parseGitAddress(address, wanted)
  const text = wanted === '' ? address : `${address}#${wanted}`
  if (parsed === undefined) throw unusable(text, 'it is no address of a Git repository')
  const { findCommit } = await import('./git.ts')
  try {
    const { commit } = await findCommit(parsed, env)
    return commitAddress(parsed, commit)
  } catch (cause) {
    throw unusable(text, messageOf(cause), cause)
  }
}

/** The package at an address that always means the same bytes. */
async function describe(
  world: World,
  address: string,
): Promise<{ readonly id: PackageId; readonly release: Release }> {
  const bytes = await world.bytesAt(address)
  const manifest = manifestOf(bytes, address)
  const { name, version } = manifest
  if (typeof name !== 'string' || typeof version !== 'string') {
    throw unusable(address, 'its package.json has no name or no version')
  }
  if (!isFolderName(name)) throw unusable(address, `its package.json calls it "${name}"`)
  const isPinned = isGitAddress(address)
  const integrity = `sha512-${hash('sha512', bytes, 'base64')}`
  const dist = isPinned ? { tarball: address } : { tarball: address, integrity }
  const release: Release = { ...resolvable(manifest, isPinned), name, version, dist }
  return { id: idAt(name, address), release }
}

type Reading = Pick<World, 'root' | 'env'> & { readonly registries: Registries }

async function read({ root, env, registries }: Reading, address: string): Promise<Buffer> {
  if (/^https?:/.test(address)) {
    return registries.bytes(address)
  }
  try {
    if (address.startsWith('file:')) {
      const path = address.slice('file:'.length)
      return readRegular(isAbsolute(path) ? path : join(root, path), maxTarballBytes)
    }
    if (registries.isOffline) throw new SteleError('offline_absent', { missing: [address] })
    return await packGit(address, env)
  } catch (cause) {
    if (isSteleError(cause, 'offline_absent')) throw cause
    throw unusable(address, messageOf(cause), cause)
  }
}

async function packGit(address: string, env: NodeJS.ProcessEnv): Promise<Buffer> {
  const { parseGitAddress } = await import('./git-address.ts')
  const { packCommit } = await import('./git.ts')
  const at = address.indexOf('#')
  const parsed = parseGitAddress(address.slice(0, at), address.slice(at + 1))
  if (parsed === undefined) throw new Error('it is no address of a Git repository')
  const problems: string[] = []
  for (const url of parsed.urls) {
    try {
      return await packCommit(parsed, { commit: parsed.committish, url }, env)
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  throw new Error(problems.join('; '))
}

function manifestOf(bytes: Buffer, address: string): JsonObject {
  try {
    const text = Buffer.from(readTarball(bytes).packageJson).toString('utf8')
    return parseManifest(text)
  } catch (cause) {
    if (isSteleError(cause)) throw unusable(address, cause.message, cause)
    throw unusable(address, `its package.json cannot be read: ${messageOf(cause)}`, cause)
  }
}

const counted = [
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bundledDependencies',
  'bin',
  'directories',
  'engines',
  'os',
  'cpu',
  'libc',
]

/** What resolving and installing need of a package.json. */
function resolvable(
  manifest: JsonObject,
  isOfGit: boolean,
): Omit<Partial<Release>, 'name' | 'version' | 'dist'> {
  const { scripts } = manifest
  const names = scripts !== undefined && isJsonObject(scripts) ? Object.keys(scripts) : []
  const hasInstallScript = names.some(
    (name) => /^(?:pre|post)?install$/.test(name) || (isOfGit && name === 'prepare'),
  )
  const found = Object.entries(manifest).filter(([name]) => counted.includes(name))
  return { ...Object.fromEntries(found), ...(hasInstallScript ? { hasInstallScript } : {}) }
}

function specifierText(specifier: Specifier): string {
  return 'catalog' in specifier
    ? `catalog:${specifier.catalog}`
    : 'name' in specifier
      ? `workspace:${specifier.name}`
      : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unusable(
  specifier: string,
  reason: string,
  cause?: unknown,
): SteleError<'source_unusable'> {
  return new SteleError('source_unusable', { specifier, reason, chain: [] }, { cause })
}
