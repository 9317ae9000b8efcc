// The clients that install, each as its users run it, with all its state below a home of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a client installs. */
export type InstallClient = {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** The lock that it writes. */
  readonly lock: string
  /** Files that it wants in its home or beside package.json. */
  readonly settings: (url: string) => { readonly [file: string]: string }
  /** What is not for any layout is left out there. */
  readonly flags?: readonly string[]
}

/** What one run took. CPU counts what it started and waited for. */
export type RunCost = { readonly wallMs: number; readonly cpuMs: number }

const root = fileURLToPath(new URL('../..', import.meta.url))
const clients = join(root, 'conformance/clients/node_modules')
const node = process.execPath
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
    '',
  ].join('\n'),
})
const pnpm = join(clients, 'pnpm12/pnpm')
const pnpmFlags = [
  'install',
  '--ignore-scripts',
  '--no-frozen-lockfile',
  '--config.minimumReleaseAge=0',
]

/** Stele's layouts and its peers' better ones. */
export const installClients: readonly InstallClient[] = [
  ...['project'].map((layout) => ({
    name: `stele ${layout}`,
    command: [node, join(root, 'dist/bin/stele.cjs'), 'install'] as const,
    lock: 'stele.lock',
    settings: npmrc,
  })),
  {
    name: 'bun hoisted',
    command: [join(clients, 'bun/bin/bun'), 'install', '--ignore-scripts'],
    lock: 'bun.lock',
    settings: (url) => bunfig(url, 'hoisted', false),
  },
  {
    name: 'bun global',
    command: [join(clients, 'bun/bin/bun'), 'install', '--ignore-scripts'],
    lock: 'bun.lock',
    settings: (url) => bunfig(url, 'isolated', true),
  },
  { name: 'pnpm', command: [pnpm, ...pnpmFlags], lock: 'pnpm-lock.yaml', settings: npmrc },
  {
    name: 'pnpm global',
    command: [pnpm, ...pnpmFlags, '--config.enableGlobalVirtualStore=true'],
    lock: 'pnpm-lock.yaml',
    settings: npmrc,
  },
  {
    name: 'npm',
    command: [
      node,
      join(clients, 'npm12/bin/npm-cli.js'),
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ],
    lock: 'package-lock.json',
    settings: npmrc,
  },
  {
    name: 'yarn',
    command: [node, join(clients, 'yarn4/bin/yarn.js'), 'install'],
    lock: 'yarn.lock',
    settings: (url) => yarnrc(url, 'node-modules'),
  },
]

/** A place of one client: `home` with its caches and stores, `app` with the project. */
export function writeSettings(client: InstallClient, place: string, url: string): void {
  for (const folder of ['home', 'app']) mkdirSync(join(place, folder), { recursive: true })
  for (const [file, text] of Object.entries(client.settings(url)))
    writeFileSync(join(place, file), text)
}

/** Installs once. Throws where the client fails. */
export async function runInstall(client: InstallClient, place: string): Promise<RunCost> {
  const [program] = client.command
  if (!existsSync(program))
    throw new Error('The clients are missing: run `npm ci` in conformance/clients')
  const home = join(place, 'home')
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >"$LOG" 2>&1 </dev/null'
  const log = join(place, 'log')
  const child = spawn('bash', ['-c', script, 'bash', ...client.command], {
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
  if (code !== 0) throw new Error(`${client.name} ended with ${String(code)}, see ${log}`)
  const [wall = 0, user = 0, system = 0] = told.trim().split(' ').map(Number)
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 }
}
