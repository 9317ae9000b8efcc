// One client's place in front of a registry: its homes and folders, its account, its names, and what it published.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { clientsFolder, createNpm } from '../npm-client.ts'
import { setFolder } from '../npm-world.ts'
import { type Finished, runProgram } from '../processes.ts'
import { type Proxy, startProxy } from '../recording-proxy.ts'
import { makeUpload, publish, type RegistryClient, signUp } from '../registry-client.ts'
import type { Client, Command, Registry, Verb } from './client.ts'
import type { Tree } from './tree.ts'

/** A home, each with caches of its own; in `limited` the client's age limit is as it comes. */
export type Home = (typeof homes)[number]

/** Values by the name that stands in braces for them. */
export type Values = { readonly [name: string]: string }

export type Stage = AsyncDisposable & {
  readonly client: Client
  /** The registry, as the client sees it; keeps what was put. */
  readonly proxy: Proxy
  readonly account: RegistryClient
  /** Names that no other client uses: of packages, and of the two accounts. */
  readonly names: Values
  /** What a folder held before a command ran in it, by its name. */
  readonly sources: Map<string, Tree>
  /** The files of what was published, by `name@version`. */
  readonly published: Map<string, Tree>
  readonly path: (...parts: readonly string[]) => string
  readonly run: (command: readonly string[], where: Where) => Promise<Finished>
}
type Where = { readonly cwd: string; readonly home: Home; readonly npm: boolean }

const homes = ['usual', 'fresh', 'warned', 'limited'] as const

/** Makes the accounts `<client>` and `<client>-other`, a package `<client>-taken` of the other one, and homes with the client's settings. */
export async function openStage(
  client: Client,
  { url, folder }: { readonly url: string; readonly folder: string },
): Promise<Stage> {
  const proxy = await startProxy(url, { keepsPut: true })
  const { name } = client
  const account = await signUp(url, name)
  const other = await signUp(url, `${name}-other`)
  await publish(other, makeUpload({ name: `${name}-taken`, version: '1.0.0' }))
  const registry: Registry = { url: proxy.url, token: account.token }
  const environments = new Map<Home, NodeJS.ProcessEnv>()
  for (const home of homes)
    environments.set(home, await makeHome(client, { folder, home, registry }))
  const bin = join(clientsFolder, 'node_modules', name, client.program)
  const npm = join(clientsFolder, 'node_modules', client.npm, 'bin', 'npm-cli.js')
  return {
    client,
    proxy,
    account,
    names: namesOf(name),
    sources: new Map(),
    published: new Map(),
    path: (...parts) => join(folder, 'work', ...parts),
    run: (words, { cwd, home, npm: byNpm }) => {
      const env = environments.get(home) ?? {}
      if (byNpm) return runProgram(process.execPath, [npm, ...words], { cwd, env })
      if (client.isBinary === true) return runProgram(bin, words, { cwd, env })
      return runProgram(process.execPath, [bin, ...words], { cwd, env })
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

/** The command of the client, or of the npm that stands in for it; undefined when neither has it. */
export function commandOf(
  { commands }: Client,
  verb: Verb,
  standIn: Client['commands'],
): { readonly command: Command; readonly npm: boolean } | undefined {
  const own = commands[verb]
  if (own !== undefined) return { command: own, npm: false }
  const npms = standIn[verb]
  return npms === undefined ? undefined : { command: npms, npm: true }
}

/** A text with its `{name}`s replaced, twice, as a value may hold names too. */
export function fill(text: string, values: Values): string {
  const once = (given: string): string =>
    given.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const value = values[name]
      assert.ok(value !== undefined, `Nothing is given for {${name}}`)
      return value
    })
  return once(once(text))
}

function namesOf(client: string): Values {
  return {
    user: client,
    other: `${client}-other`,
    nothing: '',
    left: `${client}-left`,
    right: `@${client}/right`,
    extra: `${client}-extra`,
    alien: `${client}-alien`,
    taken: `${client}-taken`,
  }
}

async function makeHome(
  client: Client,
  place: { readonly folder: string; readonly home: Home; readonly registry: Registry },
): Promise<NodeJS.ProcessEnv> {
  const { folder, home, registry } = place
  const isLimited = home === 'limited' && client.ageLimit !== undefined
  const { settings, env = {} } = isLimited ? client.ageLimit : client
  const npm = await createNpm(client.npm, { folder: join(folder, home), registry: registry.url })
  await setFolder(npm.home, settings(registry))
  return { ...npm.env, ...env }
}
