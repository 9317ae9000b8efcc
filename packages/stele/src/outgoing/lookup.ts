// Where this server may go when a stranger names the address: no address of a private network, unless the operator named that too.
import { type LookupAddress, type LookupAllOptions, lookup as lookUpName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import {
  isInNetworks,
  isLoopback,
  isLoopbackHost,
  type NamedHost,
  parseNetwork,
} from '@stele/formats/networks'

/** Finds the addresses of a name, as `lookup` of node:dns does. */
export type LookUpAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/** `refuse` makes the error for a name that leads to this address of a private network. */
type LookupOptions = {
  readonly refuse: (hostname: string, address: string) => Error
  readonly lookUp?: LookUpAll | undefined
}

/**
 * Looks names up, and gives none of the addresses that only this machine or its network reaches, unless the operator named
 * the address too: whoever owns a name decides where it leads. `localhost` leads to this machine.
 */
export function createLookup(
  allowed: readonly NamedHost[],
  { refuse, lookUp = lookUpName }: LookupOptions,
): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      const usable = found.filter(({ address }) => isUsable(hostname, address, allowed))
      const [first] = usable
      if (first === undefined) {
        return callback(refuse(hostname, found[0]?.address ?? 'nowhere'), '', 0)
      }
      if (options.all === true) callback(null, usable)
      else callback(null, first.address, first.family)
    })
  }
}

function isUsable(hostname: string, address: string, allowed: readonly NamedHost[]): boolean {
  if (isLoopbackHost(hostname)) return isLoopback(address)
  if (!isInNetworks(address, privateNetworks)) return true
  return allowed.some(({ name }) => name.replace(/^\[|\]$/g, '') === address)
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
