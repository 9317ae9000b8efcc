// Each host's addresses are asked for once: with a socket for every tarball, name servers would be asked as often, and one lost
// datagram costs five seconds.
import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** A lookup for sockets that remembers what it was told, for as long as a command runs. Failures are not remembered. */
export function createLookup(ask: typeof lookup = lookup): LookupFunction {
  const known = new Map<string, Promise<readonly LookupAddress[]>>()
  const addressesOf = (host: string): Promise<readonly LookupAddress[]> => {
    const found = known.get(host)
    if (found !== undefined) return found
    const asked = new Promise<readonly LookupAddress[]>((resolve, reject) => {
      ask(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
    })
    known.set(host, asked)
    asked.catch(() => known.delete(host))
    return asked
  }
  return (host, options, callback) => {
    const family = familyOf(options.family)
    addressesOf(host).then(
      (all) => {
        const addresses = all.filter((each) => family === 0 || each.family === family)
        const [first] = addresses
        if (first === undefined) callback(absent(host), '')
        else if (options.all === true) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): number {
  return typeof family === 'number' ? family : Number(family?.slice('IPv'.length) ?? 0)
}

function absent(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no such address`), { code: 'ENOTFOUND' })
}
