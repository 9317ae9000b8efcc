// Where Node keeps the compiled code of Stele: its own choice is below /tmp, where somebody else may have put something.
import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { userFolders } from './user-folders.ts'

/**
 * Modules that are loaded from now on are compiled once, and kept in the user's cache folder; the launcher does the same. Nothing is kept where
 * that folder cannot be made: Node itself would try for ever below /proc.
 */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const given = env['NODE_COMPILE_CACHE']
  const { cache } = userFolders(env)
  if (given !== undefined && given !== '') enableCompileCache(given)
  else if (isThere(dirname(cache))) enableCompileCache(join(cache, 'compiled'))
}

/** Whether this folder is there, or could be made. */
function isThere(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST'
  }
}
