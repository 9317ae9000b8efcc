// The lock of another client, where a project comes to Stele with one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { foreignNames, readForeignLock } from '@stele/locks/foreign'
import type { Locked } from '@stele/resolve'
import { manifestIn } from '../project/manifest-in.ts'
import { readProjectFile } from '../project/project-file.ts'

/** What the lock holds, and what to tell of it. */
type ForeignLock = { readonly locked: Locked; readonly notice: string }

/** The lock of another client in this folder, that of `packageManager` first; undefined where there is none. Throws lock_invalid. */
export function findForeignLock(root: string): ForeignLock | undefined {
  const found = [...foreignNames].filter(([file]) => existsSync(join(root, file)))
  if (found.length === 0) return undefined
  const own = found.find(([, client]) => client === clientOf(root)) ?? found[0]
  const [file] = own ?? ['']
  const others = found.filter(([name]) => name !== file).map(([name]) => name)
  const rest = others.length === 0 ? '' : `, and ${others.join(', ')} left aside`
  const locked = readForeignLock(file, readText(root, file))
  return { locked, notice: `Versions taken over from ${file}${rest}` }
}

function readText(root: string, file: string): string {
  try {
    return readProjectFile(join(root, file))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('lock_invalid', { path: join(root, file), reason }, { cause })
  }
}

/** The client that package.json names, as corepack reads it. */
function clientOf(root: string): string | undefined {
  const packageManager = manifestIn(root)?.['packageManager']
  return typeof packageManager === 'string' ? packageManager.split('@')[0] : undefined
}
