// Folders of this disk: made where they are missing, or a plain word on why that cannot be.
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SteleError } from '@stele/errors'

/**
 * Makes the folder, and those above it, where they are missing. Step by step: Node's own recursive way never ends below
 * a file system that takes no folders, such as /proc. Throws `data_invalid`.
 */
export function makeFolder(path: string, { mode = 0o777 }: { readonly mode?: number } = {}): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return
    throw new SteleError('data_invalid', { path, reason: 'it is a file, not a folder' })
  }
  if (dirname(path) !== path) makeFolder(dirname(path), { mode })
  try {
    mkdirSync(path, { mode })
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return makeFolder(path, { mode }) // Somebody else was faster.
    const reason = `the folder cannot be made: ${reasonOf(cause)}`
    throw new SteleError('data_invalid', { path, reason }, { cause })
  }
}

/**
 * Throws `data_invalid` where this user may not write the file, or make it. Asks without opening it: closing a file
 * would take the locks away that this process holds on it through SQLite.
 */
export function refuseForbidden(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw new SteleError('data_invalid', { path, reason: reasonOf(cause) }, { cause })
  }
}

/** Why the operating system refused, as a person would say it. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') {
    return 'permission denied; run this as the user that the data folder belongs to'
  }
  if (code === 'ENOENT') return 'this file system takes no new folders'
  if (code === 'EROFS') return 'the file system can only be read'
  return error instanceof Error ? error.message : String(error)
}

/** The operating system's word for the error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
