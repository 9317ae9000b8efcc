// How servers are reached, as .npmrc and the environment say: proxies, whose certificates are believed, how patient we are.
import { readFileSync } from 'node:fs'
import { SteleError } from '@stele/errors'
import { idleTimeoutMs, maxSockets, maxTries } from './limits.ts'

/** Plain data: it goes to threads as it is. Times in milliseconds. */
export type Transport = {
  /** As node:http's `proxyEnv` has it. */
  readonly proxies: {
    readonly HTTP_PROXY?: string
    readonly HTTPS_PROXY?: string
    readonly NO_PROXY?: string
  }
  /** For every server. `ca` in PEM, instead of the authorities that Node believes. */
  readonly tls: Tls & { readonly ca?: readonly string[]; readonly rejectUnauthorized?: boolean }
  /** Client certificates for addresses that begin so, without the protocol: `//host/path/`. The longest counts. */
  readonly certificates: readonly { readonly prefix: string; readonly tls: Tls }[]
  readonly maxSockets: number
  readonly maxTries: number
  readonly idleTimeoutMs: number
}

/** A client's certificate and key, in PEM. */
type Tls = { readonly cert?: string; readonly key?: string }

/** Direct connections, with Node's own authorities. */
export const directTransport: Transport = {
  proxies: {},
  tls: {},
  certificates: [],
  maxSockets,
  maxTries,
  idleTimeoutMs,
}

type Settings = { readonly [key: string]: unknown }

/** The transport that these settings of npm and these variables ask for. Throws setting_invalid. */
export function readTransport(settings: Settings, env: NodeJS.ProcessEnv): Transport {
  return {
    proxies: readProxies(settings, env),
    tls: readTls(settings),
    certificates: readCertificates(settings),
    maxSockets: countIn(settings, 'maxsockets', 1) ?? maxSockets,
    maxTries: (countIn(settings, 'fetch-retries', 0) ?? maxTries - 1) + 1,
    idleTimeoutMs: countIn(settings, 'fetch-timeout', 1) ?? idleTimeoutMs,
  }
}

/** What goes to node:https for this address. */
export function tlsFor({ tls, certificates }: Transport, url: string): Transport['tls'] {
  const plain = url.slice(url.indexOf(':') + 1)
  const [nearest] = certificates
    .filter(({ prefix }) => plain.startsWith(prefix))
    .toSorted((one, other) => other.prefix.length - one.prefix.length)
  return nearest === undefined ? tls : { ...tls, ...nearest.tls }
}

/** npm's settings before the variables; `false` and `null` mean none. */
function readProxies(settings: Settings, env: NodeJS.ProcessEnv): Transport['proxies'] {
  const variable = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name]
  const forHttp = proxyIn(settings, 'proxy', variable('HTTP_PROXY'))
  const forHttps = proxyIn(settings, 'https-proxy', variable('HTTPS_PROXY') ?? forHttp)
  const except = textIn(settings, 'noproxy') ?? textIn(settings, 'no-proxy') ?? variable('NO_PROXY')
  return {
    ...(forHttp === undefined ? {} : { HTTP_PROXY: forHttp }),
    ...(forHttps === undefined ? {} : { HTTPS_PROXY: forHttps }),
    ...(except === undefined ? {} : { NO_PROXY: except }),
  }
}

function proxyIn(
  settings: Settings,
  name: string,
  fallback: string | undefined,
): string | undefined {
  const set = settings[name]
  if (set === false || set === 'false') return undefined
  const found = textIn(settings, name) ?? fallback
  if (found === undefined || found === '') return undefined
  if (URL.parse(found)?.protocol.match(/^https?:$/) != null) return found
  throw invalid(
    name,
    withoutPassword(found),
    'it must be an address, such as http://proxy.example:8080',
  )
}

/** What may be shown of an address that cannot be read. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/, '//***@')
}

function readTls(settings: Settings): Transport['tls'] {
  const { ca, 'strict-ssl': isStrict } = settings
  const given = (Array.isArray(ca) ? ca : [ca]).filter((each) => typeof each === 'string')
  const file = textIn(settings, 'cafile')
  const believed =
    given.length > 0 ? given.map(pem) : file === undefined ? [] : [read('cafile', file)]
  return {
    ...certificateOf(textIn(settings, 'cert'), textIn(settings, 'key')),
    ...(believed.length === 0 ? {} : { ca: believed }),
    ...(isStrict === false || isStrict === 'false' ? { rejectUnauthorized: false } : {}),
  }
}

function readCertificates(settings: Settings): Transport['certificates'] {
  return Object.keys(settings)
    .filter((key) => key.startsWith('//') && key.endsWith(':certfile'))
    .map((key) => {
      const prefix = key.slice(0, -':certfile'.length)
      const keyFile = textIn(settings, `${prefix}:keyfile`)
      const cert = read(key, String(settings[key]))
      const own = keyFile === undefined ? undefined : read(`${prefix}:keyfile`, keyFile)
      return { prefix: prefix.endsWith('/') ? prefix : `${prefix}/`, tls: certificateOf(cert, own) }
    })
}

function certificateOf(cert: string | undefined, key: string | undefined): Tls {
  return {
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
  }
}

/** In an .npmrc a line break is written as `\n`. */
function pem(text: string): string {
  return text.replaceAll('\\n', '\n')
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalid(name, file, reason)
  }
}

function textIn(settings: Settings, name: string): string | undefined {
  const found = settings[name]
  return typeof found === 'string' && found !== '' && found !== 'null' ? found : undefined
}

function countIn(settings: Settings, name: string, least: number): number | undefined {
  const set = settings[name]
  const found = typeof set === 'number' ? `${set}` : textIn(settings, name)
  if (found === undefined) return undefined
  const count = Number(found)
  if (Number.isInteger(count) && count >= least) return count
  throw invalid(name, found, `it must be a whole number, ${least} or more`)
}

function invalid(name: string, value: string, reason: string): SteleError<'npm_setting_invalid'> {
  return new SteleError('npm_setting_invalid', { name, value, reason })
}
