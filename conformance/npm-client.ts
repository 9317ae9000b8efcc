// npm in its pinned versions, as a user runs it: a home of its own, nothing inherited from this machine's settings.
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Answer, type Finished, runProgram } from './processes.ts'
import { repository } from './server.ts'

/** The versions that every suite drives, by their name in conformance/clients/package.json. */
export const npmVersions = ['npm11', 'npm12'] as const
/** Those, and npm 10, which the matrix of all clients drives. */
export type NpmVersion = (typeof npmVersions)[number] | 'npm10'

/** A user's npm: one home, one registry. */
export type Npm = {
  readonly version: NpmVersion
  readonly home: string
  /** The environment its programs run in; `npm` and `npx` in it are this version. */
  readonly env: NodeJS.ProcessEnv
  readonly run: (args: readonly string[], options: NpmRun) => Promise<Finished>
}
type NpmRun = {
  readonly cwd: string
  readonly answers?: readonly Answer[]
  readonly timeoutMs?: number
}

export const clientsFolder: string = fileURLToPath(new URL('clients', import.meta.url))
const installTimeoutMs = 5 * 60 * 1000

/** The answers to npm's prompts when signing up or logging in; npm asks for an address in `adduser` alone. */
export function credentials(name: string, password: string): readonly Answer[] {
  return [
    [/Username:/i, name],
    [/Password:/i, password],
    [/Email .*:/i, `${name}@mail.example`],
  ]
}

/** An npm with an empty home inside `folder`. `registry` may be absent: then commands must name theirs. */
export async function createNpm(
  version: NpmVersion,
  { folder, registry }: { readonly folder: string; readonly registry?: string },
): Promise<Npm> {
  await installClients()
  const home = join(folder, 'home')
  const bin = join(folder, 'bin')
  await mkdir(home, { recursive: true })
  await mkdir(bin, { recursive: true })
  const program = (name: string): string =>
    join(clientsFolder, 'node_modules', version, 'bin', `${name}-cli.js`)
  for (const name of ['npm', 'npx']) {
    await writeFile(
      join(bin, name),
      `#!/bin/sh\nexec "${process.execPath}" "${program(name)}" "$@"\n`,
    )
    await chmod(join(bin, name), 0o755)
  }
  const env: NodeJS.ProcessEnv = {
    PATH: [bin, pathWithNode()].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    npm_config_userconfig: join(home, '.npmrc'),
    npm_config_globalconfig: join(home, 'global-npmrc'),
    npm_config_cache: join(home, 'cache'),
    npm_config_prefix: join(home, 'prefix'),
    npm_config_progress: 'false',
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    ...(registry === undefined ? {} : { npm_config_registry: `${registry}/` }),
  }
  return {
    version,
    home,
    env,
    run: (args, options) =>
      runProgram(process.execPath, [program('npm'), ...args], { ...options, env }),
  }
}

/** The token that npm holds for a registry. */
export function tokenOf(npm: Npm): string | undefined {
  const file = join(npm.home, '.npmrc')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return /:_authToken=(\S+)/.exec(text)?.[1]
}

/** `npm ci` in conformance/clients, when what is there is not what package.json pins. */
export async function installClients(): Promise<void> {
  await installPinned(clientsFolder)
}

/** `npm ci` in a folder, when what is there is not what its package.json pins. */
export async function installPinned(folder: string): Promise<void> {
  if (isInstalled(folder)) return
  const { PATH: _path, ...kept } = process.env
  const env = Object.entries(kept).filter(([name]) => !name.toLowerCase().startsWith('npm_'))
  const { code, shown } = await runProgram(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: folder,
      env: { ...Object.fromEntries(env), PATH: pathWithNode() },
      timeoutMs: installTimeoutMs,
    },
  )
  if (code !== 0) throw new Error(`"npm ci" in ${folder} failed:\n${shown}`)
}

/** Programs of further Nodes that the platform has: one that is newer than ours. */
export async function furtherNodes(): Promise<readonly string[]> {
  await installClients()
  return [join(clientsFolder, 'node_modules', 'node26', 'bin', 'node')].filter((path) =>
    existsSync(path),
  )
}

function isInstalled(folder: string): boolean {
  const { dependencies, optionalDependencies } = readManifest(join(folder, 'package.json'))
  const wanted = {
    ...dependencies,
    ...(process.platform === 'linux' && process.arch === 'x64' ? optionalDependencies : {}),
  }
  return Object.entries(wanted).every(([alias, pinned]) => {
    const file = join(folder, 'node_modules', alias, 'package.json')
    return existsSync(file) && pinned.endsWith(readManifest(file).version ?? '-')
  })
}

type Manifest = {
  readonly version?: string
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** The node of this repository first: the machine's own may be an older one. */
function pathWithNode(): string {
  return [join(repository, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
}
