// Whether an installation has anything to do, told from one small file: node_modules/.stele/state.json. This module is all that is loaded
// for it, before anything else, so it imports next to nothing. It may say "no" too often, and never "yes" once too often.
import { hash } from 'node:crypto'
import { lstatSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { readRegular } from '@stele/install/files'
import { maxProjectFileBytes, maxTarballBytes, racyMs } from '../limits.ts'
import { bootOf } from '../store/boot.ts'

/** A file as it was: nothing but a size of -1 where there was none. */
export type FileState = {
  readonly path: string
  readonly size: number
  readonly changed: readonly number[]
  /** Of its contents; empty where these may have changed since they were read. */
  readonly digest: string
}

/** What an installation ended with. */
export type InstallState = {
  readonly version: 1
  /** What was typed behind `install`. */
  readonly arguments: readonly string[]
  /** Where it was typed, below the root. */
  readonly folder: string
  readonly environment: string
  readonly boot: string
  /** Folders of the package.jsons, below the root. */
  readonly importers: readonly string[]
  readonly files: readonly FileState[]
  /** Folders in which nothing may have been added or removed; `-1` where there was none. */
  readonly folders: { readonly [path: string]: number }
  /** Folders that must be the same ones, whatever is in them, by their numbers. */
  readonly same: { readonly [path: string]: number }
  readonly packages: number
  /** Packages were built for the Node that PATH names. */
  readonly isBuilt?: boolean
  /** The project has scripts of its own that are run every time. */
  readonly runsScripts?: boolean
}

/** Where the state lies below the root. */
const place = join('node_modules', '.stele', 'state.json')
const ownFolders = ['node_modules', dirname(place)]

/** What was typed, where, with which environment. */
export type Asked = {
  readonly cwd: string
  readonly arguments: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Whoever asks runs the project's own scripts. */
  readonly withScripts?: boolean
}

/** How many packages are installed, where there is nothing to do; undefined where it must be looked into. */
export function findUpToDate(asked: Asked): number | undefined {
  const root = findRoot(asked.cwd)
  if (root === undefined) return undefined
  if (ownFolders.some((path) => isLink(join(root, path)))) return undefined // They lead to another project.
  const state = readState(root)
  if (state === undefined || !isSameQuestion(state, asked, root)) return undefined
  if (state.runsScripts === true && asked.withScripts !== true) return undefined
  for (const [path, at] of Object.entries(state.folders)) {
    if (changedAt(resolve(root, path)) !== at) return undefined
  }
  for (const [path, number] of Object.entries(state.same)) {
    if (numberOf(resolve(root, path)) !== number) return undefined
  }
  const fresh: FileState[] = []
  for (const file of state.files) {
    const same = unchanged(root, file)
    if (same === undefined) return undefined
    fresh.push(same)
  }
  if (fresh.some((file, at) => file !== state.files[at]))
    writeState(root, { ...state, files: fresh })
  return state.packages
}

/** The nearest folder above that was installed. */
function findRoot(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (statSync(join(folder, place), { throwIfNoEntry: false }) !== undefined) return folder
    if (folder === dirname(folder)) return undefined
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function readState(root: string): InstallState | undefined {
  try {
    const state = JSON.parse(readRegular(join(root, place), maxProjectFileBytes).toString())
    return state.version === 1 ? state : undefined
  } catch {
    return undefined // Not there, or cut off.
  }
}

function isSameQuestion(state: InstallState, { cwd, env, ...asked }: Asked, root: string): boolean {
  if (state.arguments.join('\0') !== asked.arguments.join('\0')) return false
  // "--filter .", "-w ./x" and "-C x" mean something else in another folder.
  if (asked.arguments.length > 0 && state.folder !== relativeFolder(root, cwd)) return false
  if (state.environment !== environmentOf(env, state.isBuilt === true) || state.boot !== bootOf())
    return false
  return state.importers.includes(nearestImporter(root, cwd))
}

/** The folder of the nearest package.json above: a project inside of another one is not that one. */
export function nearestImporter(root: string, cwd: string): string {
  for (let folder = cwd; folder !== root; folder = dirname(folder)) {
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false }) === undefined) continue
    return relativeFolder(root, folder)
  }
  return '.'
}

/** The folder below the root, `.` for the root itself. */
export function relativeFolder(root: string, folder: string): string {
  return relative(root, folder).replaceAll('\\', '/') || '.'
}

/** The file's state, where it holds what it held: with what the system says of it now. */
function unchanged(root: string, file: FileState): FileState | undefined {
  const path = resolve(root, file.path)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return file.size === -1 ? file : undefined
  const changed = [found.mtimeMs, found.ctimeMs, found.ino]
  if (found.size !== file.size) return undefined
  if (changed.every((value, at) => value === file.changed[at])) return file
  const now = stateOf(root, file.path)
  return file.digest !== '' && now.digest === file.digest ? now : undefined
}

/** A file as it is. One that changed just now may change again without its times telling: these are left out then. */
export function stateOf(root: string, path: string): FileState {
  const place = resolve(root, path)
  const found = statSync(place, { throwIfNoEntry: false })
  if (found === undefined) return { path, size: -1, changed: [], digest: '' }
  const { size } = found
  // What is no file, or larger than any that is read, is never what it was.
  if (!found.isFile() || size > maxTarballBytes) return { path, size, changed: [], digest: '' }
  const bytes = readRegular(place, maxTarballBytes)
  const digest = hash('sha256', bytes, 'hex').slice(0, 32)
  const isRacy = Date.now() - found.ctimeMs < racyMs
  const changed = isRacy ? [] : [found.mtimeMs, found.ctimeMs, found.ino]
  return { path, size, changed, digest }
}

/** When something was last added to the folder, or removed from it. */
export function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1
}

/** The file system's number of a folder. */
export function numberOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? -1
}

/** The next installation looks at everything. */
export function forgetState(root: string): void {
  rmSync(join(root, place), { force: true })
}

/** Writes the state of the project in this folder. */
export function writeState(root: string, state: InstallState): void {
  const path = join(root, place)
  const own = `${path}.${process.pid}`
  try {
    rmSync(own, { force: true })
    writeFileSync(own, JSON.stringify(state), { flag: 'wx' }) // Never through a link that stands there.
    renameSync(own, path)
  } catch {
    // Then the next installation looks again.
  }
}

/** What an installation takes from the environment. There may be secrets in it, so it is a digest. */
export function environmentOf(env: NodeJS.ProcessEnv, withPath: boolean): string {
  const names = Object.keys(env).filter(
    (name) => /^npm_config_/i.test(name) || others.has(name) || (withPath && /^path$/i.test(name)),
  )
  const lines = names.toSorted().map((name) => `${name}=${env[name]}`)
  return hash('sha256', lines.join('\n'), 'hex').slice(0, 32)
}

const others = new Set(['HOME', 'USERPROFILE', 'XDG_DATA_HOME', 'NODE_ENV', 'CI'])
