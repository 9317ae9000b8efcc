// Folders of the benchmarks: temporary ones, and those under bench/kept/ that are made once.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where made data is kept between runs; not under version control. */
export const workFolder: string = fileURLToPath(new URL('../kept', import.meta.url))

/** A new folder, and what removes it. It lies beside the kept ones: on a disk, as a server's data does. */
export function makeFolder(): { readonly path: string; readonly remove: () => void } {
  mkdirSync(workFolder, { recursive: true })
  const path = mkdtempSync(join(workFolder, 'run-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
