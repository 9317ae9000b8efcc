// `stele` as somebody types it in a project: the sources, on this repository's Node, with a store and a home of the test's own.
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { type Finished, runProgram } from './processes.ts'
import { repository } from './server.ts'

/** A project in a folder, and what it asks of its registry. */
export type Project = {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly stele: (
    args: readonly string[],
    env?: { readonly [name: string]: string },
  ) => Promise<Finished>
}

const main = join(repository, 'packages', 'stele', 'src', 'main.ts')

/** Makes a project of these files, whose registry is at this address. */
export async function makeProject(
  folder: string,
  registry: string,
  files: { readonly [path: string]: string },
): Promise<Project> {
  const all = { '.npmrc': `registry=${registry}/\n`, ...files }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const home = join(folder, '..', 'home')
  await mkdir(home, { recursive: true })
  const env: NodeJS.ProcessEnv = {
    PATH: [join(repository, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    npm_config_userconfig: join(home, '.npmrc'),
    npm_config_globalconfig: join(home, 'global-npmrc'),
    npm_config_cache: join(home, 'cache'),
    npm_config_update_notifier: 'false',
  }
  return {
    folder,
    env,
    stele: (args, more = {}) =>
      runProgram(process.execPath, steleArguments(args), { cwd: folder, env: { ...env, ...more } }),
  }
}

/** What Node is given to run it. */
export function steleArguments(args: readonly string[]): readonly string[] {
  return [main, ...args]
}
