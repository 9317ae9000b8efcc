// The settings of npm that say where packages come from: .npmrc files, npm_config_* variables.
import npmConf from '@pnpm/npm-conf'
import registryAuthToken from 'registry-auth-token'

/** Where packages come from, as .npmrc says. Addresses end with a slash. */
export type RegistryConfig = {
  readonly registryOf: (name: string) => string
  /** What goes into `authorization` for this address; undefined where .npmrc has nothing for it. */
  readonly authorizationFor: (url: string) => string | undefined
  /** Another setting of npm; undefined where nobody set it. */
  readonly setting: (name: string) => string | undefined
}

/** Settings that hold credentials for an address. */
const credential = /:(?:_authToken|_auth|_password|username)$/

/** Reads the settings that hold in this folder. */
export function readConfig(folder: string): RegistryConfig {
  const { config } = npmConf({ prefix: folder }, undefined, {})
  const registry = withSlash(String(config.get('registry')))
  // Credentials that name no host would go to every host.
  const npmrc = { ...config.snapshot, _auth: undefined }
  const hasCredentials = Object.keys(npmrc).some((key) => credential.test(key))
  return {
    registryOf: (name) => {
      const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
      const own: unknown = scope === undefined ? undefined : config.get(`${scope}:registry`)
      return typeof own === 'string' ? withSlash(own) : registry
    },
    setting: (name) => {
      const found: unknown = config.get(name)
      return typeof found === 'string' || typeof found === 'number' ? `${found}` : undefined
    },
    authorizationFor: (url) => {
      if (!hasCredentials) return undefined // To look for some of every tarball takes a tenth of a second.
      const found = registryAuthToken(url, { recursive: true, npmrc })
      return found === undefined ? undefined : `${found.type} ${found.token}`
    },
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
