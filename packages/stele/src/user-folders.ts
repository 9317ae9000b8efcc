// Where a user's programs keep configuration and caches: the XDG base directories.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Stele's own folder in each. */
export type UserFolders = { readonly config: string; readonly cache: string }

/** The folders that this environment means. */
export function userFolders(env: { readonly [name: string]: string | undefined }): UserFolders {
  const home = env['HOME'] ?? homedir()
  const folder = (name: string, fallback: string): string => {
    const given = env[name]
    return join(given === undefined || given === '' ? join(home, fallback) : given, 'stele')
  }
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  }
}
