// Files that were named by whoever typed the command: what is wrong with them, in words and with their name.
import { readFileSync } from 'node:fs'
import { reasonOf, SteleError } from '@stele/errors'

/** The text of a file. Throws `data_invalid`. */
export function readUserFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SteleError('data_invalid', { path, reason: fileFault(cause) }, { cause })
  }
}

/** Why the system refused, as a person would say it. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file or folder'
  if (code === 'EISDIR') return 'it is a folder, not a file'
  if (code === 'ENOTDIR') return 'a part of the path is a file, not a folder'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'there is no room left on the disk'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return reasonOf(error)
}
