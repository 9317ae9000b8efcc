// What npm and pnpm make of a package.json: the names and versions of their lock files.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clientsFolder } from '../npm-client.ts'
import { runProgram } from '../processes.ts'

/** A client, and how it writes its lock without installing. */
type Other = {
  readonly command: readonly string[]
  readonly lock: string
  readonly versions: (text: string) => readonly string[]
}

const modules = join(clientsFolder, 'node_modules')
const npm: Other = {
  command: [
    process.execPath,
    join(modules, 'npm12', 'bin', 'npm-cli.js'),
    'install',
    '--package-lock-only',
    '--ignore-scripts',
    '--no-audit',
  ],
  lock: 'package-lock.json',
  versions: npmVersions,
}
const pnpm: Other = {
  command: [join(modules, 'pnpm12', 'pnpm'), 'install', '--lockfile-only', '--ignore-scripts'],
  lock: 'pnpm-lock.yaml',
  versions: pnpmVersions,
}
export const others: { readonly npm: Other; readonly pnpm: Other } = Object.freeze({ npm, pnpm })

/** The `name@version` of everything in the lock that the client writes for the package.json. */
export async function resolveTheirs(
  { command, lock, versions }: Other,
  {
    manifest,
    folder,
    registry,
  }: { readonly manifest: object; readonly folder: string; readonly registry: string },
): Promise<ReadonlySet<string>> {
  await mkdir(join(folder, 'home'), { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, '.npmrc'), `registry=${registry}/\n`)
  const [program = '', ...args] = command
  const { code, shown } = await runProgram(program, args, {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: join(folder, 'home'),
      npm_config_cache: join(folder, 'cache'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      pnpm_config_minimum_release_age: '0',
    },
    timeoutMs: 5 * 60 * 1000,
  })
  if (code !== 0) throw new Error(shown)
  return new Set(versions(await readFile(join(folder, lock), 'utf8')))
}

function npmVersions(text: string): readonly string[] {
  const lock: { readonly packages: Readonly<Record<string, { name?: string; version?: string }>> } =
    JSON.parse(text)
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`)
}

/** The keys below "packages": of its YAML no more needs to be understood. */
function pnpmVersions(text: string): readonly string[] {
  const [, packages = ''] = /^packages:\n((?:(?: .*)?\n)*)/m.exec(text) ?? []
  return [...packages.matchAll(/^ {2}'?([^\s'].*?)'?:(?: .*)?$/gm)].map(([, key = '']) => key)
}
