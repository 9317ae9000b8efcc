// What the commands that verify have in common: their exit statuses, and where they keep things.
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Verdict } from '@stele/audit/report'
import type { Input } from '../commands/command.ts'
import type { VerifyData } from './messages.ts'

/** The exit status of a verdict. */
export const exitCodes: { readonly [V in Verdict]: number } = {
  verified: 0,
  failed: 1,
  verified_except: 3,
}

/** Where users keep configuration and caches (the XDG base directories). */
export function foldersOf(environment: Input['environment']): VerifyData['folders'] {
  const home = environment['HOME'] ?? homedir()
  const folder = (name: string, fallback: string): string => {
    const given = environment[name]
    return join(given === undefined || given === '' ? join(home, fallback) : given, 'stele')
  }
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  }
}
