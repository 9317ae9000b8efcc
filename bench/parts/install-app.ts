// Installs the application of the benchmarks with a real client, each time in a home of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const clientNames = ['npm', 'pnpm'] as const
export type ClientName = (typeof clientNames)[number]

/** Where it is installed: the client's home with its caches, the application's folder, and the registry. */
export type InstallPlace = { readonly home: string; readonly app: string; readonly url: string }

const peers = fileURLToPath(new URL('../peers/node_modules', import.meta.url))
const commands: Readonly<Record<ClientName, readonly [string, ...string[]]>> = {
  npm: [process.execPath, join(peers, 'npm/bin/npm-cli.js'), 'install', '--no-audit', '--no-fund'],
  pnpm: [join(peers, '@pnpm/exe.linux-x64/pnpm'), 'install', '--no-frozen-lockfile'],
}

/** Installs without running scripts, and gives the wall time in ms. Throws where the client fails, or nothing is there afterwards. */
export async function installApp(
  client: ClientName,
  { home, app, url }: InstallPlace,
): Promise<number> {
  const [program, ...args] = commands[client]
  if (!existsSync(program)) throw new Error('The clients are missing: run `npm ci` in bench/peers')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, '.npmrc'), `registry=${url}/\n`)
  // pnpm takes no notice of npm's lock, and its own is made anew: so both resolve, and ask for every packument.
  const startMs = performance.now()
  const child = spawn(program, [...args, '--ignore-scripts'], {
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, XDG_CACHE_HOME: join(home, 'cache'), CI: '1' },
  })
  let shown = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      shown = (shown + chunk.toString('utf8')).slice(-4_000)
    })
  }
  const [code] = await once(child, 'close')
  const wallMs = performance.now() - startMs
  if (code !== 0) throw new Error(`${client} ended with ${code}:\n${shown}`)
  checkInstalled(app)
  return wallMs
}

/** Every direct dependency is there, in the version that is wanted. */
function checkInstalled(app: string): void {
  const read = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8'))
  const { dependencies, devDependencies } = read(join(app, 'package.json'))
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    const found = read(join(app, 'node_modules', name, 'package.json')).version
    if (found !== version) throw new Error(`${name} is ${found}, wanted was ${version}`)
  }
  if (readdirSync(join(app, 'node_modules')).length < 10) throw new Error('Little was installed')
}

type Manifest = {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
