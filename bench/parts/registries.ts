// Starts the registries that are measured, each on a data folder of its own, and stops them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeTarballOf, publishDocument } from './documents.ts'

/** A registry that runs. `startedMs` is performance.now() when it was spawned. */
export type Registry = {
  readonly name: RegistryName
  readonly url: string
  readonly pid: number
  readonly startedMs: number
  /** Waits until the public folder is where the log is; a peer has none. */
  readonly published: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Ends it as a power cut would, as far as the process sees. */
  readonly kill: () => Promise<void>
}
export type RegistryName = SteleName | 'verdaccio'
/** The sources, what `npm start` serves, and what is published. Each by its launcher, as people start it. */
type SteleName = 'stele' | 'stele (npm start)' | 'stele (built)'

/** How it is started: flags of Node itself come before the program. */
export type StartOptions = {
  readonly dir: string
  readonly nodeFlags?: readonly string[]
  readonly flags?: readonly string[]
  /** The address of a registry that it is to be a proxy of. */
  readonly upstream?: string
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const peers = at('../peers')
const programs = {
  stele: [at('../../packages/stele/bin/stele.cjs'), 'serve'],
  'stele (npm start)': [at('../../scripts/start.cjs')],
  'stele (built)': [at('../../dist/bin/stele.cjs'), 'serve'],
} as const
const account = { name: 'bench', password: 'a password of the benchmark' }

/** Starts it and waits until it listens. */
export function startRegistry(name: RegistryName, options: StartOptions): Promise<Registry> {
  return name === 'verdaccio' ? startVerdaccio(options) : startStele(name, options)
}

/** Makes what is published, so that it can be started. */
export function buildStele(): void {
  const { status } = spawnSync(process.execPath, [at('../../scripts/build.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('Cannot build dist/')
}

/** Signs the benchmark's account up, or in, and gives its token. */
export async function signUp({ url }: Registry): Promise<string> {
  const body = JSON.stringify({
    _id: `org.couchdb.user:${account.name}`,
    ...account,
    type: 'user',
    roles: [],
  })
  const headers = { 'content-type': 'application/json' }
  const path = `${url}/-/user/org.couchdb.user:${account.name}`
  const answer = await fetch(path, { method: 'PUT', headers, body })
  if (!answer.ok) throw new Error(`Cannot sign up: ${answer.status} ${await answer.text()}`)
  const text = await answer.text()
  const { token }: { readonly token: string } = JSON.parse(text)
  return token
}

/** Publishes version 1.0.0 of a small package. */
export async function publishSmall({ url }: Registry, token: string, name: string): Promise<void> {
  const release = { name, version: '1.0.0' }
  const body = publishDocument(release, makeTarballOf(release))
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/${name}`, { method: 'PUT', headers, body })
  if (!answer.ok) throw new Error(`PUT ${name}: ${answer.status} ${await answer.text()}`)
}

/** A Verdaccio that holds one package, "first", ready to be started again on this folder. */
export async function prepareVerdaccio(
  dir: string,
): Promise<{ readonly name: 'verdaccio'; readonly dir: string; readonly token: string }> {
  const registry = await startRegistry('verdaccio', { dir })
  const token = await signUp(registry)
  await publishSmall(registry, token, 'first')
  await registry.stop()
  return { name: 'verdaccio', dir, token }
}

async function startStele(
  name: SteleName,
  { dir, nodeFlags = [], flags = [], upstream }: StartOptions,
): Promise<Registry> {
  const upstreams = JSON.stringify([{ id: 'bench', url: upstream }])
  const args = [
    ...nodeFlags,
    ...programs[name],
    '--dir',
    dir,
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    ...(upstream === undefined ? [] : ['--upstreams', upstreams]),
    ...flags,
  ]
  const startedMs = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const url = await listeningUrl(child, child.stderr)
  return running(child, { name, url, startedMs, published: () => publishedTo(dir, url) })
}

async function publishedTo(dir: string, url: string): Promise<void> {
  const size = treeSize(await (await fetch(`${url}/-/log/checkpoint`)).text())
  const path = join(dir, 'public/-/log/checkpoint')
  const isThere = (): boolean => existsSync(path) && treeSize(readFileSync(path, 'utf8')) >= size
  while (!isThere()) await setTimeout(100)
}

function treeSize(checkpoint: string): number {
  return Number(checkpoint.split('\n')[1])
}

/** The address in the line that tells of it; the lines before are shown when it ends instead. */
async function listeningUrl(child: ChildProcess, stderr: Readable): Promise<string> {
  const lines: string[] = []
  const found = new Promise<string>((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new Error(`Stele ended with ${code}:\n${lines.join('\n')}`)),
    )
    createInterface(stderr).on('line', (line) => {
      lines.push(line)
      if (lines.length > 100) lines.shift()
      const { event, url } = line.startsWith('{') ? JSON.parse(line) : {}
      if (event === 'listening') resolve(url)
    })
  })
  return found
}

/**
 * Verdaccio at its best: no upstream, nothing logged, and signed tokens, since with those it makes by default every
 * request costs a bcrypt of the password (70 ms of CPU).
 */
async function startVerdaccio({ dir, nodeFlags = [], upstream }: StartOptions): Promise<Registry> {
  const program = join(peers, 'node_modules/verdaccio/bin/verdaccio')
  if (!existsSync(program))
    throw new Error('Verdaccio is missing: run `npm ci` in bench/peers first')
  mkdirSync(dir, { recursive: true })
  const config = join(dir, 'config.yaml')
  writeFileSync(config, upstream === undefined ? verdaccioConfig : proxying(upstream))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const startedMs = performance.now()
  const args = [...nodeFlags, program, '--config', config, '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    cwd: dir,
    env: { ...process.env, HOME: dir },
  })
  await answers(child, `${url}/-/ping`)
  return running(child, { name: 'verdaccio', url, startedMs, published: async () => undefined })
}

const verdaccioConfig = `storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
    max_users: 10
uplinks: {}
packages:
  '**':
    access: $all
    publish: $authenticated
    unpublish: $authenticated
max_body_size: 100mb
security:
  api:
    jwt:
      sign: { expiresIn: 1d }
userRateLimit:
  windowMs: 50000
  max: 1000000
web:
  enable: false
log: { type: stdout, level: fatal }
`

/** The same in front of an upstream, which is believed for a minute, as Stele does. */
function proxying(upstream: string): string {
  return verdaccioConfig
    .replace('uplinks: {}', `uplinks:\n  bench: { url: '${upstream}/', maxage: 1m }`)
    .replace('access: $all', 'access: $all\n    proxy: bench')
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Verdaccio ended with ${child.exitCode}`)
    const isUp = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isUp) return
    await setTimeout(10)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was given')
  return address.port
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The process did not start')
  return pid
}

function running(
  child: ChildProcess,
  started: Pick<Registry, 'name' | 'url' | 'startedMs' | 'published'>,
): Registry {
  const [stop, kill] = [() => end(child, 'SIGTERM'), () => end(child, 'SIGKILL')]
  return { ...started, pid: pidOf(child), stop, kill }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
