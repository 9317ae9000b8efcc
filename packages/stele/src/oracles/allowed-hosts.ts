// The hosts that oracles may fetch from: those that the operator names, and no address of a private network besides.
import { type LookupAddress, type LookupAllOptions, lookup as lookUpName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { SteleError } from '@stele/errors'
import { isInNetworks, isLoopback, isLoopbackHost, parseNetwork } from '@stele/formats/networks'
import { refused } from './oracle-failure.ts'

/** A host that the operator named. Without a port those that http and https have by themselves. */
export type AllowedHost = { readonly name: string; readonly port: number | undefined }

/** A host as it is typed: `example.com`, `example.com:8443`, `127.0.0.1:5000`, `[::1]:80`. Throws `setting_invalid`. */
export function parseAllowedHost(text: string): AllowedHost {
  const [, bare = '', port] = /^([^:[\]]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?$/.exec(text) ?? []
  const url = /^[^/?#@\\*\s]+$/.test(bare) ? URL.parse(`http://${bare}/`) : null
  const number = port === undefined ? undefined : Number(port)
  if (url === null || (number !== undefined && (number < 1 || number > 65_535))) {
    const wanted = 'one host, such as example.com or example.com:8443'
    throw new SteleError('setting_invalid', {
      key: 'allow-host',
      source: 'the command line or "allowHosts"',
      found: JSON.stringify(text),
      wanted,
    })
  }
  return { name: url.hostname, port: number }
}

/** Throws an OracleFailure unless the operator named the host of this address. */
export function requireAllowed(url: URL, allowed: readonly AllowedHost[]): void {
  const own = url.protocol === 'https:' ? 443 : 80
  const port = url.port === '' ? own : Number(url.port)
  const isNamed = allowed.some(
    (one) =>
      one.name === url.hostname && (one.port === undefined ? port === own : one.port === port),
  )
  if (isNamed) return
  const host = url.port === '' ? url.hostname : `${url.hostname}:${port}`
  throw refused(
    `Cannot fetch from "${host}": the operator does not allow it; to allow it, start the service with --allow-host ${host}`,
  )
}

/** Finds the addresses of a name, as `lookup` of node:dns does. */
export type LookUpAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/**
 * Looks names up, and gives none of the addresses that only this machine or its network reaches, unless the operator named
 * the address too: whoever owns a name decides where it leads. `localhost` leads to this machine.
 */
export function createLookup(
  allowed: readonly AllowedHost[],
  lookUp: LookUpAll = lookUpName,
): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      const usable = found.filter(({ address }) => isUsable(hostname, address, allowed))
      const [first] = usable
      if (first === undefined) return callback(refusal(hostname, found[0]?.address), '', 0)
      if (options.all === true) callback(null, usable)
      else callback(null, first.address, first.family)
    })
  }
}

function isUsable(hostname: string, address: string, allowed: readonly AllowedHost[]): boolean {
  if (isLoopbackHost(hostname)) return isLoopback(address)
  if (!isInNetworks(address, privateNetworks)) return true
  return allowed.some(({ name }) => name.replace(/^\[|\]$/g, '') === address)
}

function refusal(hostname: string, address = 'nowhere'): Error {
  return refused(
    `Cannot fetch from "${hostname}": it leads to ${address}, within a private network; to allow it, start the service with --allow-host ${address} too`,
  )
}

/** Not on the open internet: this machine, its networks, and what leads to them. */
const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3', // Multicast, and what is reserved.
  '::/96',
  '64:ff9b::/96', // IPv4 addresses in IPv6, as are those of 2002::/16.
  '64:ff9b:1::/48',
  '2002::/16',
  'fc00::/7',
  'fe80::/9', // Link-local, and the site-local ones of old.
  'ff00::/8',
].map((text) => parseNetwork(text) ?? bug(text))

function bug(text: string): never {
  throw new Error(`"${text}" is not a network`)
}
