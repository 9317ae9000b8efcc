// The programs that packages bring, as node_modules/.bin has them.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import type { Release } from '@stele/resolve/graph'

/** The programs of a package: names to files within it. What leads out of the package is left out. */
export function binsOf(release: Release, folder: string): ReadonlyMap<string, string> {
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

/** Links these programs, by name to file, into the folder, and removes the links to others. */
export function linkBins(folder: string, programs: ReadonlyMap<string, string>): void {
  if (programs.size === 0) {
    rmSync(folder, { recursive: true, force: true })
    return
  }
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    if (!programs.has(name)) rmSync(join(folder, name), { recursive: true, force: true })
  }
  for (const [name, file] of programs) {
    if (!isFile(file)) continue
    makeExecutable(file)
    replaceLink(join(folder, name), relative(folder, file))
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

/** Also mends what was published with Windows' line ends after the node line, which Unix systems cannot start. */
function makeExecutable(file: string): void {
  const { mode } = statSync(file)
  const start = readFileSync(file).subarray(0, 256)
  const line = start.indexOf('\n')
  const isBroken = start[0] === 0x23 && start[1] === 0x21 && line > 0 && start[line - 1] === 0x0d
  if (isBroken) {
    const text = readFileSync(file, 'latin1')
    rmSync(file) // It may be the store's as well.
    writeFileSync(file, text.replace('\r\n', '\n'), { encoding: 'latin1', mode: 0o755 })
  } else if ((mode & 0o111) !== 0o111) chmodSync(file, mode | 0o111)
}

/** Makes a link there, in place of whatever stands there; one that is right stays. */
export function replaceLink(place: string, target: string): void {
  const found = lstatSync(place, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() === true && readlinkSync(place) === target) return
  if (found !== undefined) rmSync(place, { recursive: true, force: true })
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(target, place)
}
