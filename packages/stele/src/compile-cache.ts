// Where Node keeps the compiled code of Stele: its own choice is below /tmp, where somebody else may have put something.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { userFolders } from './user-folders.ts'

/** Modules that are loaded from now on are compiled once, and kept in the user's cache folder; the launcher does the same. */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const given = env['NODE_COMPILE_CACHE']
  const own = join(userFolders(env).cache, 'compiled')
  enableCompileCache(given === undefined || given === '' ? own : given)
}
