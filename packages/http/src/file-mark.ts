// Whether a file is still the one that it was.
import { statSync } from 'node:fs'

/** Differs once the file was written to, replaced, or is gone; undefined where there is none. */
export function markFile(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.ino} ${found.size} ${found.ctimeMs}`
}
