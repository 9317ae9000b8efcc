// What a package's scripts left behind, as a slot holds it: files alone, read-only, and none that leads out of the package.
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { remove } from './moves.ts'
import { fileLine } from './slot-files.ts'

/**
 * Makes the folder of a built package one of a slot, and gives the lines of its list. Links to files of the package become these files;
 * all other links go, such as those that compiling makes to programs of this machine.
 */
export function settleBuilt(folder: string): string {
  return settleBelow(realpathSync(folder), '').join('')
}

function settleBelow(root: string, path: string): readonly string[] {
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    const own = path === '' ? entry.name : `${path}/${entry.name}`
    const place = join(root, own)
    if (entry.isDirectory()) return settleBelow(root, own)
    if (entry.isSymbolicLink()) resolveLink(root, place)
    if (lstatSync(place, { throwIfNoEntry: false })?.isFile() !== true) {
      remove(place) // A pipe, a socket, or a link that was none of ours.
      return []
    }
    if (own.includes('\n')) {
      remove(place) // The list has a line for each file.
      return []
    }
    const isProgram = (statSync(place).mode & 0o111) !== 0
    chmodSync(place, isProgram ? 0o555 : 0o444)
    return [fileLine(own, readFileSync(place))]
  })
}

function resolveLink(root: string, place: string): void {
  const target = statSync(place, { throwIfNoEntry: false })?.isFile()
    ? realpathSync(place)
    : undefined
  rmSync(place)
  if (target?.startsWith(root + sep)) copyFileSync(target, place)
}
