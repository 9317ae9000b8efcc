// Every setting of the server, once: its name in the file, the environment and the flags, its form, its default.
import { resolve } from 'node:path'
import { isSteleError } from '@stele/errors'
import { parseAccountName } from '@stele/formats'
import { type Network, parseNetwork } from '@stele/formats/networks'

/** What the server holds of bodies at once is twice that: see `maxBufferedBytes` of @stele/http. */
const largestUploadBytes = 256 * 1024 * 1024

/** What the server is told. */
export type Settings = {
  readonly port: number
  readonly host: string
  readonly dir: string
  readonly publicUrl: string | null
  readonly mountPath: string
  readonly trustedProxies: readonly Network[]
  readonly signUp: 'auto' | 'open' | 'closed'
  /** Null: as the log says, and `operator` for a new one. */
  readonly operator: string | null
  readonly origin: string | null
  readonly maxUploadBytes: number
  readonly callTimeoutMs: number
  readonly publicFolder: boolean
  readonly logLevel: 'debug' | 'info' | 'error'
  readonly logFormat: 'auto' | 'text' | 'json'
}

/** One setting. `parse` gives undefined for what it cannot use; `wanted` then says what it takes. */
export type Setting<T> = {
  readonly summary: string
  readonly wanted: string
  readonly fallback: T
  readonly parse: (found: unknown) => T | undefined
}

/** The schema. Key `publicUrl` is `STELE_PUBLIC_URL` in the environment and `--public-url` on the command line. */
export const schema: { readonly [K in keyof Settings]: Setting<Settings[K]> } = {
  port: {
    summary: 'the port to listen on; 0 takes a free one',
    fallback: 4873,
    ...integer(0, 65_535),
  },
  host: {
    summary: 'the address to listen on',
    wanted: 'a host name or an IP address',
    fallback: 'localhost',
    parse: (found) => (typeof found === 'string' && /^[\w.:-]+$/.test(found) ? found : undefined),
  },
  dir: {
    summary: 'the data folder',
    wanted: 'a path',
    fallback: resolve('data'),
    parse: (found) => (typeof found === 'string' && found !== '' ? resolve(found) : undefined),
  },
  publicUrl: {
    summary: 'the address that clients use, where a proxy stands in front',
    wanted: 'an http or https address without query',
    fallback: null,
    parse: parseUrl,
  },
  mountPath: {
    summary: 'the path that requests arrive with in front, where the registry is not at the root',
    wanted: 'a path such as /npm/team, without a slash at its end',
    fallback: '',
    parse: (found) =>
      typeof found === 'string' && /^(\/[\w.~-]+)*$/.test(found) ? found : undefined,
  },
  trustedProxies: {
    summary: 'addresses of proxies whose forwarding headers count',
    wanted: 'a list of IP addresses or CIDR ranges',
    fallback: [],
    parse: parseNetworks,
  },
  signUp: {
    summary:
      'who may sign up: auto (anyone while it listens on loopback without a proxy), open or closed',
    fallback: 'auto',
    ...oneOf(['auto', 'open', 'closed']),
  },
  operator: {
    summary: "the operator's account, fixed when the log is created (default operator)",
    wanted: 'an account name: lower-case letters, digits, dot, dash or underscore',
    fallback: null,
    parse: parseOperator,
  },
  origin: {
    summary:
      "the log's name, fixed when it is created; made from the public address or the key by default",
    wanted: 'a name such as registry.example/npm, without scheme',
    fallback: null,
    parse: (found) =>
      typeof found === 'string' && /^[\w.-]+(:\d+)?(\/[\w./-]*\w)?$/.test(found)
        ? found
        : undefined,
  },
  maxUploadBytes: {
    summary: 'the largest request body, decoded',
    fallback: 128 * 1024 * 1024,
    ...integer(1024, largestUploadBytes),
  },
  callTimeoutMs: {
    summary:
      'how long the script may hold the log, in milliseconds, before the engine is started anew',
    fallback: 10_000,
    ...integer(100, 3_600_000),
  },
  publicFolder: {
    summary: 'whether the log is written to <dir>/public for other servers to serve',
    wanted: 'true or false',
    fallback: true,
    parse: (found) =>
      found === true || found === 'true'
        ? true
        : found === false || found === 'false'
          ? false
          : undefined,
  },
  logLevel: {
    summary: 'how much is logged: debug, info or error',
    fallback: 'info',
    ...oneOf(['debug', 'info', 'error']),
  },
  logFormat: {
    summary: 'how the log reads: text, json, or auto (text on a terminal, JSON lines elsewhere)',
    fallback: 'auto',
    ...oneOf(['auto', 'text', 'json']),
  },
}

function parseOperator(found: unknown): string | undefined {
  try {
    return parseAccountName(String(found))
  } catch (error) {
    if (isSteleError(error, 'account_invalid')) return undefined
    throw error
  }
}

function integer(least: number, most: number): Pick<Setting<number>, 'wanted' | 'parse'> {
  return {
    wanted: `an integer from ${least} to ${most}`,
    parse: (found) => {
      const value = typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined
      return value >= least && value <= most ? value : undefined
    },
  }
}

function oneOf<T extends string>(words: readonly T[]): Pick<Setting<T>, 'wanted' | 'parse'> {
  const wanted = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return { wanted, parse: (found) => words.find((word) => word === found) }
}

function parseUrl(found: unknown): string | undefined {
  if (typeof found !== 'string' || !URL.canParse(found)) return undefined
  const url = new URL(found)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    return undefined
  }
  return url.href.replace(/\/+$/, '')
}

function parseNetworks(found: unknown): readonly Network[] | undefined {
  const list =
    typeof found === 'string' ? found.split(/[\s,]+/).filter((item) => item !== '') : found
  if (!Array.isArray(list)) return undefined
  const networks = list.map((item) => (typeof item === 'string' ? parseNetwork(item) : undefined))
  return networks.every((network) => network !== undefined) ? networks : undefined
}
