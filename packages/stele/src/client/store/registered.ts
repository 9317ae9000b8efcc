// Where the store of this user is, and the projects that it has packages for: so that clearing it leaves them what they need.
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { removalsOf } from '@stele/install/kept'
import { bootOf } from './boot.ts'

/** The folder of the store. */
export function storeFolder(env: NodeJS.ProcessEnv): string {
  const data = env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share')
  return join(data, 'stele', 'store', 'v1')
}

/** Changes when files of the store may have been lost: with a start of the machine, or something that was removed. */
export function lossesOf(store: string): string {
  return `${bootOf()} ${removalsOf(store)}`
}

/** Notes that the project in this folder has links into the store, before it has any. */
export function registerProject(store: string, root: string): void {
  const path = noteOf(store, root)
  if (existsSync(path)) return
  mkdirSync(join(store, 'projects'), { recursive: true })
  writeFileSync(path, root)
}

/** The projects that are still there. Those that are gone are forgotten. */
export function registeredProjects(store: string): readonly string[] {
  const folder = join(store, 'projects')
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const root = readFileSync(join(folder, name), 'utf8')
    if (existsSync(join(root, 'node_modules', '.stele'))) return [root]
    rmSync(join(folder, name), { force: true })
    return []
  })
}

function noteOf(store: string, root: string): string {
  return join(store, 'projects', hash('sha256', root, 'hex').slice(0, 32))
}
