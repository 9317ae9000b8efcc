// The settings of npm that say where packages come from: .npmrc files, npm_config_* variables.
import npmConf from '@pnpm/npm-conf'
import registryAuthToken from 'registry-auth-token'
import { settingsFiles } from './settings-files.ts'
import { readTransport, type Transport } from './transport.ts'

/** Where packages come from, as .npmrc says. Addresses end with a slash. */
export type RegistryConfig = {
  readonly registryOf: (name: string) => string
  /** What goes into `authorization` for this address; undefined where .npmrc has nothing for it. */
  readonly authorizationFor: (url: string) => string | undefined
  /** Another setting of npm; undefined where nobody set it. */
  readonly setting: (name: string) => string | undefined
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
  const config = readFiles(folder, env)
  const registry = withSlash(String(config.get('registry')))
  // Credentials that name no host would go to every host.
  const npmrc: Record<string, string> = {}
  for (const [key, value] of Object.entries(config.snapshot)) {
    if (typeof value === 'string' && key !== '_auth' && !isUnset(value)) npmrc[key] = value
  }
  const { root } = config
  const chosen = Object.fromEntries(
    Object.entries(config.snapshot).filter(([key, value]) => value !== root[key]),
  )
  const hasCredentials = Object.keys(npmrc).some((key) => credential.test(key))
  return {
    globalPrefix: prefixIn(config),
    transport: readTransport(chosen, env),
    registryOf: (name) => {
      const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
      const own: unknown = scope === undefined ? undefined : config.get(`${scope}:registry`)
      return typeof own === 'string' ? withSlash(own) : registry
    },
    setting: (name) => {
      const found: unknown = config.get(name)
      return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : undefined
    },
    exported: () => exportedOf(chosen),
    authorizationFor: (url) => {
      if (!hasCredentials) return undefined // To look for some of every tarball takes a tenth of a second.
      const found = registryAuthToken(url, { recursive: true, npmrc })
      return found === undefined ? undefined : `${found.type} ${found.token}`
    },
  }
}

/** Only a variable that is not set: no credentials, and registry-auth-token would make the word "undefined" of it. */
function isUnset(value: string): boolean {
  return /^\$\{[^${}]+\}$/.test(value)
}

/**
 * The settings of all files. A file that names a variable which is not set would count for nothing, with all that it says of registries;
 * npm leaves `${NAME}` as it stands, and so does this.
 */
function readFiles(folder: string, env: NodeJS.ProcessEnv): ReturnType<typeof npmConf>['config'] {
  const { global } = settingsFiles(folder, env) // Else it would be looked for below this folder.
  const unset: string[] = []
  try {
    for (;;) {
      const { config, warnings } = npmConf({ prefix: folder, globalconfig: global }, undefined, {})
      const names = warnings.flatMap((each) => /\$\{([^${}]+)\}$/.exec(each)?.[1] ?? [])
      const added = names.filter((name) => !unset.includes(name))
      if (added.length === 0) return config
      for (const name of added) process.env[name] = `\${${name}}`
      unset.push(...added)
    }
  } finally {
    for (const name of unset) Reflect.deleteProperty(process.env, name)
  }
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
function prefixIn(config: ReturnType<typeof npmConf>['config']): string | undefined {
  const found = ['env', 'user', 'global'].map((source): unknown => config.get('prefix', source))
  return found.find((prefix): prefix is string => typeof prefix === 'string' && prefix !== '')
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
