// The clients that install, each as its users run it, with all its state below a home of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a client installs. */
export type InstallClient = {
  readonly name: string
  readonly program: readonly [string, ...string[]]
  /** Its arguments to install, and to add a package. */
  readonly installs: readonly string[]
  readonly adds: readonly string[]
  /** The lock that it writes, and what stands in its place where there is none. */
  readonly lock: string
  readonly emptyLock?: string
  /** It takes ten times as long as others: the last round measures it, and no other. */
  readonly isSlow?: boolean
  /** What package.json says beside the fixture's own members. */
  readonly manifest?: object
  /** Files that it wants in its home or beside package.json. */
  readonly settings: (url: string) => { readonly [file: string]: string }
  /** What is not for any layout is left out there. */
  readonly flags?: readonly string[]
}

/** What one run took. CPU counts what it started and waited for; memory is what its largest process held at most. */
export type RunCost = {
  readonly wallMs: number
  readonly cpuMs: number
  readonly memoryMiB: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const clients = join(root, 'conformance/clients/node_modules')
const node = process.execPath
const time = '/usr/bin/time'
const npmrc = (url: string): { readonly [file: string]: string } => ({
  'home/.npmrc': `registry=${url}/\n`,
})
const bunfig = (
  url: string,
  linker: string,
  isGlobal: boolean,
): { readonly [file: string]: string } => ({
  'app/bunfig.toml': `[install]\nregistry = "${url}/"\nlinker = "${linker}"\nglobalStore = ${isGlobal}\n`,
})
const yarnrc = (url: string, linker: string): { readonly [file: string]: string } => ({
  'app/.yarnrc.yml': [
    `npmRegistryServer: ${url}`,
    'unsafeHttpWhitelist: [127.0.0.1]',
    `nodeLinker: ${linker}`,
    'enableTelemetry: false',
    'enableScripts: false',
    'enableGlobalCache: true',
    'npmMinimalAgeGate: 0',
    'enableImmutableInstalls: false',
    '',
  ].join('\n'),
})
const pnpm = join(clients, 'pnpm12/pnpm')
const pnpmFlags = ['--ignore-scripts', '--config.minimumReleaseAge=0']
const added = 'left-pad@1.3.0'

/** Stele's layouts and its peers' better ones. */
export const installClients: readonly InstallClient[] = [
  ...['auto', 'hoisted', 'global'].map((layout) => ({
    name: `stele ${layout}`,
    program: [node, join(root, 'dist/bin/stele.cjs')] as const,
    installs: ['install', '--layout', layout],
    adds: ['add', added],
    lock: 'stele.lock',
    settings: npmrc,
  })),
  ...[false, true].map((isGlobal) => ({
    name: isGlobal ? 'bun global' : 'bun hoisted',
    program: [join(clients, 'bun/bin/bun')] as const,
    installs: ['install', '--ignore-scripts'],
    adds: ['add', '--ignore-scripts', added],
    lock: 'bun.lock',
    settings: (url: string) => bunfig(url, isGlobal ? 'isolated' : 'hoisted', isGlobal),
  })),
  ...[false, true].map((isGlobal) => {
    const flags = isGlobal ? [...pnpmFlags, '--config.enableGlobalVirtualStore=true'] : pnpmFlags
    return {
      name: isGlobal ? 'pnpm global' : 'pnpm',
      program: [pnpm] as const,
      installs: ['install', '--no-frozen-lockfile', ...flags],
      adds: ['add', added, ...flags],
      lock: 'pnpm-lock.yaml',
      settings: npmrc,
    }
  }),
  {
    name: 'npm',
    program: [node, join(clients, 'npm12/bin/npm-cli.js')],
    installs: ['install', '--ignore-scripts', '--no-audit', '--no-fund'],
    adds: ['install', added, '--ignore-scripts', '--no-audit', '--no-fund'],
    lock: 'package-lock.json',
    isSlow: true,
    settings: npmrc,
  },
  {
    name: 'yarn',
    program: [node, join(clients, 'yarn4/bin/yarn.js')],
    installs: ['install'],
    adds: ['add', added],
    lock: 'yarn.lock',
    isSlow: true,
    emptyLock: '', // It says that the folder is a project of its own.
    // It fails where an optional package lacks the version, as those of the newest rollup may in a registry that was filled bit by bit.
    manifest: { resolutions: { rollup: '4.67.4' } },
    settings: (url) => yarnrc(url, 'node-modules'),
  },
]

/** A place of one client: `home` with its caches and stores, `app` with the project. */
export function writeSettings(client: InstallClient, place: string, url: string): void {
  for (const folder of ['home', 'app']) mkdirSync(join(place, folder), { recursive: true })
  for (const [file, text] of Object.entries(client.settings(url)))
    writeFileSync(join(place, file), text)
}

/** Installs once, or adds the package. Throws where the client fails. */
export async function runInstall(
  { name, program, ...client }: InstallClient,
  place: string,
  what: 'installs' | 'adds',
): Promise<RunCost> {
  if (!existsSync(program[0]))
    throw new Error('The clients are missing: run `npm ci` in conformance/clients')
  if (!existsSync(time)) throw new Error(`${time} is missing: install the package "time"`)
  const home = join(place, 'home')
  const log = join(place, 'log')
  const peak = join(place, 'peak')
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >"$LOG" 2>&1 </dev/null'
  const measured = ['-f', '%M', '-o', peak, ...program, ...client[what]]
  const child = spawn('bash', ['-c', script, 'bash', time, ...measured], {
    cwd: join(place, 'app'),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: `${join(node, '..')}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      LOG: log,
      CI: '1',
      BUN_INSTALL: join(home, '.bun'),
      XDG_CACHE_HOME: join(home, '.cache'),
      XDG_DATA_HOME: join(home, '.local/share'),
    },
  })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')))
  const [code] = await once(child, 'close')
  if (code !== 0) {
    const end = readFileSync(log, 'utf8').slice(-2000)
    throw new Error(`${name} ended with ${String(code)}:\n${end}`)
  }
  const [wall = 0, user = 0, system = 0] = told.trim().split(' ').map(Number)
  const memoryMiB = Number(readFileSync(peak, 'utf8')) / 1024
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000, memoryMiB }
}
