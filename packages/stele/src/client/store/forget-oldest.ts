// Notes beside the store that can be made again: of many, the older half goes.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Removes files of the folder where there are more than so many: all but the newest half of that. */
export function forgetOldest(folder: string, most: number): void {
  const names = readdirSync(folder)
  if (names.length <= most) return
  const files = names
    .map((name) => join(folder, name))
    .map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((one, other) => other.atMs - one.atMs)
  for (const { path } of files.slice(most / 2)) rmSync(path, { force: true })
}
