// The programs that packages bring, as node_modules/.bin has them.
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import type { Release } from '@stele/resolve/graph'
import { maxFirstLineBytes, maxShimBytes } from './limits.ts'
import { removeLink } from './moves.ts'
import { isShimInto, readInterpreter, shimNames, shimsOf } from './shims.ts'

/** What a release says of its programs. */
export type Bringing = Pick<Release, 'name' | 'version' | 'bin' | 'directories'>

/** The programs of a package: names to files within it. What leads out of the package is left out. */
export function binsOf(release: Bringing, folder: string): ReadonlyMap<string, string> {
  const { bin, directories, name } = release
  const base = name.slice(name.indexOf('/') + 1)
  const listed =
    typeof bin === 'string' ? { [base]: bin } : (bin ?? listFolder(folder, directories?.bin))
  return new Map(
    Object.entries(listed)
      .map(
        ([program, path]) => [program.slice(program.lastIndexOf('/') + 1), within(path)] as const,
      )
      .filter(
        (entry): entry is [string, string] => isProgramName(entry[0]) && entry[1] !== undefined,
      )
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

function listFolder(folder: string, bin: string | undefined): { readonly [name: string]: string } {
  const inside = bin === undefined ? undefined : within(bin)
  if (inside === undefined) return {}
  try {
    const names = readdirSync(join(folder, inside)).filter((name) => !name.startsWith('.'))
    return Object.fromEntries(names.map((name) => [name, `${inside}/${name}`]))
  } catch {
    return {} // It names a folder that the package does not have.
  }
}

function isProgramName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[\\:\0]/.test(name)
}

/** The path within the package, also of one that begins with a slash; undefined of one that leads out. */
function within(path: string): string | undefined {
  if (typeof path !== 'string' || path.includes('\0')) return undefined
  const inside = normalize(`/${path}`).slice(1)
  return normalize(path).startsWith('..') || inside === '' ? undefined : inside
}

/** Links these programs, by name to file, into the folder, and removes the links to others. Those of `unbuilt` need not be there yet. */
export function linkBins(
  folder: string,
  programs: ReadonlyMap<string, string>,
  unbuilt: ReadonlySet<string> = new Set(),
): void {
  removeLink(folder) // What it leads to is somebody else's.
  if (programs.size === 0) {
    rmSync(folder, { recursive: true, force: true })
    return
  }
  mkdirSync(folder, { recursive: true })
  const wanted = new Set([...programs.keys()].flatMap((name) => filesOf(name)))
  for (const name of readdirSync(folder)) {
    if (!wanted.has(name)) rmSync(join(folder, name), { recursive: true, force: true })
  }
  for (const [name, file] of programs) {
    if (isFile(file) || unbuilt.has(name)) linkBin(folder, name, file)
    else rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/**
 * Links programs into a folder that others use too, such as the one of the system, and removes those of `before` that are not wanted any
 * more. Throws bin_taken, before anything is changed, where a name is somebody else's; `owner` is the folder that ours lead into.
 */
export function linkSharedBins(
  folder: string,
  programs: ReadonlyMap<string, string>,
  { owner, before }: { readonly owner: string; readonly before: Iterable<string> },
): void {
  checkSharedBins(folder, programs.keys(), owner)
  mkdirSync(folder, { recursive: true })
  for (const name of before) {
    if (programs.has(name) || isTaken(folder, name, owner)) continue
    for (const file of filesOf(name)) rmSync(join(folder, file), { force: true })
  }
  for (const [name, file] of programs) if (isFile(file)) linkBin(folder, name, file)
}

/** Throws bin_taken where one of these names is somebody else's in a folder that others use too. */
export function checkSharedBins(folder: string, names: Iterable<string>, owner: string): void {
  for (const name of names) {
    if (isTaken(folder, name, owner))
      throw new SteleError('bin_taken', { path: join(folder, name), name })
  }
}

function isTaken(folder: string, name: string, owner: string): boolean {
  return filesOf(name).some((file) => isForeign(join(folder, file), owner))
}

/** Whether something stands there that does not lead into the owner's folder. */
function isForeign(path: string, owner: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.isSymbolicLink()) {
    const target = resolve(dirname(path), readlinkSync(path))
    return !target.startsWith(join(owner, '/'))
  }
  const isSmall = found.isFile() && found.size <= maxShimBytes
  return !isSmall || !isShimInto(readFileSync(path, 'utf8'), dirname(path), owner)
}

function filesOf(name: string): readonly string[] {
  return process.platform === 'win32' ? shimNames(name) : [name]
}

function linkBin(folder: string, name: string, file: string): void {
  if (isFile(file)) makeExecutable(file)
  if (process.platform === 'win32') writeShims(folder, name, file)
  else replaceLink(join(folder, name), relative(folder, file))
}

function writeShims(folder: string, name: string, file: string): void {
  const { interpreter, flags } = readInterpreter(startOf(file))
  for (const [shim, text] of shimsOf(name, { file: relative(folder, file), interpreter, flags }))
    writeShim(join(folder, shim), text)
}

function writeShim(path: string, text: string): void {
  removeLink(path)
  writeFileSync(path, text, { mode: 0o755 })
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

/** The first bytes of a file: enough for the line that names what runs it. */
function startOf(file: string): Buffer {
  if (!isFile(file)) return Buffer.alloc(0)
  const bytes = Buffer.alloc(maxFirstLineBytes)
  const descriptor = openSync(file, 'r')
  try {
    return bytes.subarray(0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

/** Lets the file be started. What was published with Windows' line ends after the node line, Unix systems cannot start: it is mended. */
export function makeExecutable(file: string): void {
  const { mode } = statSync(file)
  if ((mode & 0o111) === 0o111) return // It was mended when it became so.
  const start = startOf(file)
  const line = start.indexOf('\n')
  const isBroken = start[0] === 0x23 && start[1] === 0x21 && line > 0 && start[line - 1] === 0x0d
  if (isBroken) {
    const text = readFileSync(file, 'latin1')
    rmSync(file) // It may be the store's as well.
    writeFileSync(file, text.replace('\r\n', '\n'), { encoding: 'latin1', mode: 0o755 })
  } else chmodSync(file, mode | 0o111)
}

/** Makes a link there, in place of whatever stands there; one that is right stays. */
function replaceLink(place: string, target: string): void {
  const found = lstatSync(place, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() === true && readlinkSync(place) === target) return
  if (found !== undefined) rmSync(place, { recursive: true, force: true })
  symlinkSync(target, place)
}
