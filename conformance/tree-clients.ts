// The clients that install from the tree of the JS Registry, each with a home of its own.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { bun } from './client-matrix/bun.ts'
import type { Client } from './client-matrix/client.ts'
import { npms } from './client-matrix/npm.ts'
import { pnpms } from './client-matrix/pnpm.ts'
import { yarn1, yarn4 } from './client-matrix/yarn.ts'
import { clientsFolder, createNpm } from './npm-client.ts'
import { setFolder } from './npm-world.ts'
import { type Finished, runProgram } from './processes.ts'
import { mainFile } from './server.ts'

/** Stele's own client, run as npm 12 would be. */
export const stele: Client = { ...npmOf('npm12'), name: 'stele' }
/** All of them. */
export const clients: readonly Client[] = [
  ...npms,
  ...pnpms.filter(({ name }) => name === 'pnpm11' || name === 'pnpm12'),
  yarn1,
  yarn4,
  bun,
  stele,
]

/** What `stele install` is told for a tree as npm makes it, and npm for versions of today. */
export const hoisted: readonly string[] = ['--layout', 'hoisted']
export const ageless = { npm_config_min_release_age: '0' }
const hasty = { npm_config_fetch_retries: '0', pnpm_config_fetch_retries: '0' }

function npmOf(name: string): Client {
  const found = npms.find((one) => one.name === name)
  assert.ok(found !== undefined, name)
  return found
}

/** How a client is started. */
export function programOf(client: Client): readonly string[] {
  if (client === stele) return [process.execPath, mainFile]
  const own = join(clientsFolder, 'node_modules', client.name, client.program)
  return client.isBinary === true ? [own] : [process.execPath, own]
}

/** Has a client install map 3.1.0 from this address in a project of its own. */
export async function install(client: Client, project: string, url: string): Promise<Finished> {
  const folder = join(project, '..', `of-${hash('sha1', url, 'hex').slice(0, 8)}`)
  const npm = await createNpm(client.npm, { folder, registry: url })
  await setFolder(npm.home, client.settings({ url, token: 'none' }))
  const manifest = { name: 'app', version: '1.0.0', license: 'MIT', dependencies: { map: '3.1.0' } }
  await setFolder(project, { ...client.projectFiles, 'package.json': manifest })
  const [command = '', ...args] = [
    ...programOf(client),
    'install',
    ...(client === stele ? hoisted : []),
  ]
  const caches = { XDG_DATA_HOME: join(folder, 'data'), YARN_CACHE_FOLDER: join(folder, 'yarn') }
  const env = { ...npm.env, ...client.env, ...ageless, ...hasty, ...caches }
  return runProgram(command, args, { cwd: project, env })
}
