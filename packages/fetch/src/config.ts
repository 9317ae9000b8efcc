// The settings of npm that say where packages come from: .npmrc files, npm_config_* variables.
import { SteleError } from '@stele/errors'
import registryAuthToken from 'registry-auth-token'
import { type Layers, readLayers } from './project-layer.ts'
import { readTransport, type Transport } from './transport.ts'

/** `plain`: it is http, to another machine. `steered`: the project says by which way it is reached, and the credentials are the user's. */
type Withheld = 'plain' | 'steered'

/** Where packages come from, as .npmrc says. Addresses end with a slash. */
export type RegistryConfig = {
  /** Throws npm_setting_invalid. */
  readonly registryOf: (name: string) => string
  /** What goes into `authorization` for this address; undefined where .npmrc has nothing for it. */
  readonly authorizationFor: (url: string) => string | undefined
  /** Why credentials that .npmrc has for this address do not go there; undefined where they do, or where there are none. */
  readonly withheldFor: (url: string) => Withheld | undefined
  /** What of the project's .npmrc does not count, a line each. */
  readonly notices: readonly string[]
  /** Settings of the project's .npmrc by which servers are reached in another way than the user's own say. */
  readonly steering: readonly string[]
  /** Another setting of npm, a list with commas; undefined where nobody set it. */
  readonly setting: (name: string) => string | undefined
  /** The same, else what npm has where nobody sets it. */
  readonly usual: (name: string) => string | undefined
  /** What .npmrc files set, as npm tells it to scripts: `npm_config_*` to texts. Nothing that belongs to one address or is secret. */
  readonly exported: () => { readonly [variable: string]: string }
  /** Where npm installs for the whole machine, where somebody set that. */
  readonly globalPrefix?: string | undefined
  /** How servers are reached. */
  readonly transport: Transport
}

/** Settings that hold credentials for an address. */
const credential = /:(?:_authToken|_auth|_password|username)$/

/** Reads the settings that hold in this folder, and the proxies of the environment. Throws npm_setting_invalid. */
export function readConfig(folder: string, env: NodeJS.ProcessEnv = process.env): RegistryConfig {
  const { config, project, steering, notices } = readLayers(folder, env)
  let registry: string | undefined // Read when it is needed first: a wrong one must not be in the way of "stele config".
  const credentials = credentialsIn({ config, project, steering })
  const { root } = config
  const chosen = Object.fromEntries(
    Object.entries(config.snapshot).filter(([key, value]) => value !== root[key]),
  )
  return {
    globalPrefix: prefixIn(config),
    transport: readTransport(chosen, env),
    registryOf: (name) => {
      const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
      const own: unknown = scope === undefined ? undefined : config.get(`${scope}:registry`)
      if (typeof own === 'string') return addressIn(`${scope}:registry`, own)
      registry ??= addressIn('registry', String(config.get('registry')))
      return registry
    },
    setting: (name) => {
      return settingText(Object.hasOwn(chosen, name) ? chosen[name] : undefined)
    },
    usual: (name) => settingText(config.get(name)),
    exported: () => exportedOf(chosen),
    authorizationFor: credentials.find,
    withheldFor: credentials.withheldFor,
    notices: [...notices, ...credentials.notices],
    steering,
  }
}

function settingText(found: unknown): string | undefined {
  if (Array.isArray(found)) return found.join(',')
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : undefined
}

type Npmrc = Readonly<Record<string, string>>

/** Credentials for addresses, and those that are there and stay here. */
function credentialsIn({ config, project, steering }: Omit<Layers, 'notices'>): {
  readonly find: RegistryConfig['authorizationFor']
  readonly withheldFor: RegistryConfig['withheldFor']
  readonly notices: readonly string[]
} {
  const all = textsIn(config.snapshot)
  // Over a way that the project chose go only those that stand in the same file.
  const sent = steering.length === 0 ? all : textsIn(project)
  const plain = Object.entries(config.snapshot).flatMap(([key, value]) =>
    key.endsWith(':allow-http') && String(value) === 'true' && !Object.hasOwn(project, key)
      ? [key.slice(2).replace(/\/.*$/, '')]
      : [],
  )
  const isPlain = (url: string): boolean => {
    if (!/^http:/i.test(url)) return false
    const { hostname, host } = new URL(url)
    return !isLoopback(hostname) && !plain.includes(host)
  }
  const isHeldBack = hasCredentials(all) && !hasCredentials(sent)
  const line = `Your tokens are not sent, since the project's .npmrc says how servers are reached (${steering.join(', ')}): write that into your own ~/.npmrc`
  return {
    find: (url) => {
      const found = tokenIn(sent, url)
      return found === undefined || isPlain(url) ? undefined : found
    },
    withheldFor: (url) => {
      if (tokenIn(all, url) === undefined) return undefined
      if (isPlain(url)) return 'plain'
      return tokenIn(sent, url) === undefined ? 'steered' : undefined
    },
    notices: isHeldBack ? [line] : [],
  }
}

function textsIn(settings: { readonly [key: string]: unknown }): Npmrc {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) =>
      // Credentials that name no host would go to every host.
      typeof value === 'string' && key !== '_auth' && !isUnset(value) ? [[key, value]] : [],
    ),
  )
}

function hasCredentials(npmrc: Npmrc): boolean {
  return Object.keys(npmrc).some((key) => credential.test(key))
}

function tokenIn(npmrc: Npmrc, url: string): string | undefined {
  if (!hasCredentials(npmrc)) return undefined // To look for some of every tarball takes a tenth of a second.
  const found = registryAuthToken(url, { recursive: true, npmrc })
  return found === undefined ? undefined : `${found.type} ${found.token}`
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

/** Only a variable that is not set: no credentials, and registry-auth-token would make the word "undefined" of it. */
function isUnset(value: string): boolean {
  return /^\$\{[^${}]+\}$/.test(value)
}

/** Of scopes and addresses, and what only npm itself may read; the prefix is the folder that was asked for. */
const kept = /^[/@_]|:|^(?:otp|key|cert|ca|password|username|email|prefix)$/

function exportedOf(settings: {
  readonly [key: string]: unknown
}): ReturnType<RegistryConfig['exported']> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => {
      const text = textOf(value)
      const name = `npm_config_${key.replaceAll('-', '_').toLowerCase()}`
      return kept.test(key) || text === undefined ? [] : [[name, text] as const]
    }),
  )
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map((each) => textOf(each) ?? '').join('\n\n')
  const isPlain = typeof value === 'string' || typeof value === 'number' || value === true
  return isPlain ? `${value}` : undefined
}

/** What this process was told of the project's folder is not meant. */
function prefixIn(config: Layers['config']): string | undefined {
  const found = ['env', 'user', 'global'].map((source): unknown => config.get('prefix', source))
  return found.find((prefix): prefix is string => typeof prefix === 'string' && prefix !== '')
}

/** The address of a registry, with a slash at its end. Throws npm_setting_invalid. */
function addressIn(name: string, value: string): string {
  const isAddress = /^https?:$/.test(URL.parse(value)?.protocol ?? '')
  if (isAddress) return value.endsWith('/') ? value : `${value}/`
  const reason = 'it must be an address that begins with https:// or http://'
  throw new SteleError('npm_setting_invalid', { name, value, reason })
}
