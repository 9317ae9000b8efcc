// Under which address the client reached us, and who the client is. Forwarding headers count only behind trusted proxies (npm-wire U4).
import { SteleError } from '@stele/errors'
import { isInNetworks, isLoopbackHost, type Network } from '@stele/formats/networks'
import type { Incoming } from './exchange.ts'
import { maxListMembers } from './limits.ts'

/** What the operator says about addresses. */
export type AddressSettings = {
  /** What clients type, e.g. `https://host/team`; wins over everything that a request says. No slash at the end. */
  readonly publicUrl?: string
  /** The path that requests carry in front when they arrive here, e.g. `/team`; empty where a proxy takes it off. */
  readonly mountPath: string
  /** Proxies whose forwarding headers are believed. */
  readonly trustedProxies: readonly Network[]
  /** The server listens on loopback addresses alone; absent: it does not. */
  readonly listensOnLoopback?: boolean
  /** What is at the address, as errors call it: a registry when absent. */
  readonly kind?: 'registry' | 'service'
}

/**
 * Refuses a Host that is not this machine's where what is served is for this machine alone: a page on the web can point a name of
 * its own at 127.0.0.1, and would read everything here through the browser of whoever opens it. Throws host_unknown.
 */
export function checkHost(incoming: Incoming, settings: AddressSettings): void {
  const { host } = incoming.headers
  if (settings.listensOnLoopback !== true || settings.publicUrl !== undefined) return
  if (host === undefined || isLoopbackHost(host)) return
  if (isInNetworks(incoming.peer, settings.trustedProxies)) return
  throw new SteleError('host_unknown', {
    host: host.slice(0, 255),
    kind: settings.kind ?? 'registry',
  })
}

type Proxies = Pick<AddressSettings, 'trustedProxies'>

/** What a trusted proxy says of the request in front of it. */
type Forwarded = { readonly proto?: string; readonly host?: string; readonly prefix?: string }

/** The registry's address as the client knows it, without a slash at the end. Throws request_invalid for a bad Host. */
export function baseAddress(incoming: Incoming, settings: AddressSettings): string {
  if (settings.publicUrl !== undefined) return settings.publicUrl
  const said = isInNetworks(incoming.peer, settings.trustedProxies) ? forwardedOf(incoming) : {}
  const host = said.host ?? incoming.headers['host']
  if (host === undefined || !isHost(host)) {
    throw new SteleError('request_invalid', {
      what: 'the Host header',
      reason: 'it is no host name',
    })
  }
  const proto = said.proto ?? (incoming.isTls ? 'https' : 'http')
  return `${proto}://${host.toLowerCase()}${said.prefix ?? ''}${settings.mountPath}`
}

/** The address of a client that nobody knows: in no network, and one for all rate limits. */
const unknownClient = 'unknown'

/**
 * The client's IP address: the last in the chain of a forwarding header that no trusted proxy has. A proxy writes one of
 * the two headers and passes the other on as the client made it up: where they disagree, the client is unknown.
 */
export function clientAddress(incoming: Incoming, settings: Proxies): string {
  if (!isInNetworks(incoming.peer, settings.trustedProxies)) return incoming.peer
  const chains = [standardChain(incoming), usualChain(incoming)].filter((chain) => chain.length > 0)
  const [client = incoming.peer, other = client] = chains.map((chain) => outermost(chain, settings))
  return client === other ? client : unknownClient
}

function outermost(chain: readonly string[], { trustedProxies }: Proxies): string {
  return chain.findLast((address) => !isInNetworks(address, trustedProxies)) ?? chain[0] ?? ''
}

function forwardedOf(incoming: Incoming): Forwarded {
  const { headers } = incoming
  const member = forwardedMembers(headers['forwarded']).at(-1)
  const proto = member?.get('proto') ?? lastOf(headers['x-forwarded-proto'])
  const host = member?.get('host') ?? hostOf(incoming)
  const [, prefix] = prefixForm.exec(lastOf(headers['x-forwarded-prefix']) ?? '') ?? []
  return {
    ...(proto !== undefined && /^https?$/i.test(proto) ? { proto: proto.toLowerCase() } : {}),
    ...(host === undefined ? {} : { host }),
    ...(prefix === undefined ? {} : { prefix }),
  }
}

/** A path, and slashes at its end that are no part of it. */
const prefixForm = /^((?:\/[A-Za-z0-9._~-]+)+)\/*$/

function hostOf(incoming: Incoming): string | undefined {
  const host = lastOf(incoming.headers['x-forwarded-host'])
  const port = lastOf(incoming.headers['x-forwarded-port'])
  if (host === undefined || port === undefined || /:\d+$/.test(host)) return host
  return /^\d{1,5}$/.test(port) && port !== '80' && port !== '443' ? `${host}:${port}` : host
}

/** The addresses of Forwarded, the client's first. */
function standardChain({ headers }: Incoming): string[] {
  return addressesOf(
    forwardedMembers(headers['forwarded']).map((member) => member.get('for') ?? ''),
  )
}

/** The addresses of X-Forwarded-For. */
function usualChain({ headers }: Incoming): string[] {
  return addressesOf((headers['x-forwarded-for'] ?? '').split(',').slice(-maxListMembers))
}

function addressesOf(members: readonly string[]): string[] {
  return members.map(bareAddress).filter((address) => address !== '')
}

/** `for="[2001:db8::1]:4711"`, `192.0.2.1:80`, `2001:db8::1`: the address alone. */
function bareAddress(text: string): string {
  const trimmed = text.trim()
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed) ?? []
  return bracketed ?? trimmed.replace(/^([^:]+):\d+$/, '$1')
}

/** The members of a Forwarded header (RFC 7239), the nearest proxy's last; names in lower case. */
function forwardedMembers(header: string | undefined): Map<string, string>[] {
  if (header === undefined) return []
  return header
    .split(',')
    .slice(-maxListMembers)
    .map((member) => {
      const pairs = member.split(';', maxListMembers).map((pair) => {
        const [name = '', value = ''] = pair.trim().split('=', 2)
        return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const
      })
      return new Map(pairs)
    })
}

function lastOf(header: string | undefined): string | undefined {
  const last = header?.split(',').at(-1)?.trim()
  return last === '' ? undefined : last
}

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port; nothing that could break out of a URL. */
function isHost(text: string): boolean {
  const form =
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?$/
  const match = form.exec(text)
  return match !== null && Number(match[1] ?? '1') >= 1 && Number(match[1] ?? '1') <= 65_535
}
