// Files that belong to a person, changed so that they are there whole or as they were.
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'

/**
 * Writes the file, never half of it, whenever the process ends. Whoever could read it can afterwards, and nobody else; `mode` is for a new
 * one. A link stays one: what it leads to is written.
 */
export function writeWhole(path: string, text: string, mode = 0o666): void {
  const found = statSync(path, { throwIfNoEntry: false })
  const place = found === undefined ? path : realpathSync(path)
  const own = `${place}.${process.pid}`
  rmSync(own, { force: true })
  writeFileSync(own, text, { mode: (found?.mode ?? mode) & 0o777, flag: 'wx' })
  renameSync(own, place)
}
