// Files that somebody else made, in a repository or in what it left in node_modules: what stands there by a name may be a pipe, a device
// without end, or larger than memory.
import { readFileSync, statSync } from 'node:fs'

/** The bytes of a regular file of at most so many. Throws an Error with what is wrong with it. */
export function readRegular(path: string, maxBytes: number): Buffer {
  const found = statSync(path)
  if (!found.isFile()) throw new Error('it is no regular file')
  if (found.size > maxBytes) throw new Error(`it has ${found.size} bytes, more than ${maxBytes}`)
  // What says that it is empty and is not, as in /proc, would be read without a bound.
  return found.size === 0 ? Buffer.alloc(0) : readFileSync(path)
}
