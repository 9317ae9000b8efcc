// Files and folders that change places, on systems that have their own mind about it.
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { maxMoveTries, moveWaitMs } from './limits.ts'

/** The code of a failed system call. */
export function faultOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

const busy = new Set(['EPERM', 'EBUSY', 'EACCES'])

/** Renames; on Windows as often as it takes, since whoever looks at a file there holds it for a moment. */
export function move(from: string, to: string): void {
  for (let tries = 1; ; tries++) {
    try {
      renameSync(from, to)
      return
    } catch (error) {
      const isBusy = process.platform === 'win32' && busy.has(faultOf(error) ?? '')
      if (!isBusy || tries >= maxMoveTries) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, moveWaitMs * tries)
    }
  }
}

/** Removes whatever stands there, and what is in it. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: process.platform === 'win32' ? 10 : 0 })
}

/** Removes a link; anything else stays. */
export function removeLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) remove(path)
}

/** Whether a path is in a folder when all links on the way are followed. What is not there is. */
export function isReallyIn(folder: string, path: string): boolean {
  try {
    const inside = relative(realpathSync(folder), realpathSync(path))
    return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)
  } catch (error) {
    return faultOf(error) === 'ENOENT'
  }
}

/** Writes a file beside its place and renames it there. Whatever has either name, a link above all, is not written to. */
export function writeAnew(path: string, text: string): void {
  const own = `${path}.${process.pid}`
  rmSync(own, { force: true })
  writeFileSync(own, text, { flag: 'wx' })
  renameSync(own, path)
}

/** Makes a link to a folder, in place of whatever stands there; one that is right stays. `target` is absolute. */
export function linkFolder(place: string, target: string, isRelative: boolean): void {
  const text = linkText(place, target, isRelative)
  if (isLinkTo(place, text)) return
  if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) remove(place)
  try {
    makeLink(text, place)
  } catch (error) {
    if (faultOf(error) !== 'ENOENT') throw error
    mkdirSync(dirname(place), { recursive: true })
    makeLink(text, place)
  }
}

/** What a link there says. Windows lets anybody make links to folders only where they are absolute. */
export function linkText(place: string, target: string, isRelative: boolean): string {
  return isRelative && process.platform !== 'win32' ? relative(dirname(place), target) : target
}

/** A link to a folder. */
export function makeLink(text: string, place: string): void {
  if (process.platform === 'win32') symlinkSync(resolve(dirname(place), text), place, 'junction')
  else symlinkSync(text, place)
}

/** Whether a link stands there that says this. */
export function isLinkTo(place: string, text: string): boolean {
  try {
    const found = readlinkSync(place)
    return found === text || (process.platform === 'win32' && resolve(found) === resolve(text))
  } catch {
    return false // No link, or nothing at all.
  }
}

/** Files as further names of the same bytes, or as copies of their own. */
export type Copying = { isCopy: boolean }

/** Gives the files of one folder a second place. Where the disk has no links, `how` turns to copies. */
export function copyFolder(from: string, to: string, how: Copying): void {
  mkdirSync(to, { recursive: true })
  copyInto(from, to, how)
}

function copyInto(from: string, to: string, how: Copying): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, place] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      mkdirSync(place)
      copyInto(source, place, how)
    } else copyFile(source, place, how)
  }
}

/** Other disks, too many names of one file, file systems without links. */
const unlinkable = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS'])

/** Gives one file a second place. */
export function copyFile(source: string, place: string, how: Copying): void {
  if (!how.isCopy) {
    try {
      linkSync(source, place)
      return
    } catch (error) {
      const code = faultOf(error) ?? ''
      if (!unlinkable.has(code)) throw error
      if (code !== 'EMLINK') how.isCopy = true
    }
  }
  copyFileSync(source, place, constants.COPYFILE_FICLONE)
  chmodSync(place, lstatSync(source).mode | 0o200)
}
