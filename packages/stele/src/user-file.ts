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

/** What the system said of a file; undefined where the error is of something else. */
export function fileErrorOf(error: unknown): SteleError<'data_invalid'> | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined
  const [from, to] = [Reflect.get(error, 'path'), Reflect.get(error, 'dest')]
  // Of what is copied or linked, the new name is refused, unless there is nothing to copy.
  const path: unknown = error.code !== 'ENOENT' && typeof to === 'string' ? to : from
  if (typeof path !== 'string') return undefined
  const details = { path, reason: fileFault(error), ...fixOf(error.code) }
  return new SteleError('data_invalid', details, { cause: error })
}

function fixOf(code: unknown): { readonly fix?: string } {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { fix: 'Make room on that disk, then run the command again' }
  }
  const isDenied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return isDenied ? { fix: 'Let this user write there, or work in another folder' } : {}
}

/** Why the system refused, as a person would say it. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file or folder'
  if (code === 'EISDIR') return 'it is a folder, not a file'
  if (code === 'ENOTDIR') return 'a part of the path is a file, not a folder'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'there is no room left on the disk'
  if (code === 'EROFS') return 'the disk can only be read'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return reasonOf(error)
}
