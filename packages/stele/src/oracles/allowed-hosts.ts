// The hosts that oracles may fetch from: those that the operator names, and no address of a private network besides.
import type { LookupFunction } from 'node:net'
import { SteleError } from '@stele/errors'
import { isNamedHost, type NamedHost, parseHost } from '@stele/formats/networks'
import { createLookup as createGuardedLookup, type LookUpAll } from '../outgoing/lookup.ts'
import { refused } from './oracle-failure.ts'

/** A host as it is typed: `example.com`, `example.com:8443`. Throws `setting_invalid`. */
export function parseAllowedHost(text: string): NamedHost {
  const host = parseHost(text)
  if (host !== undefined) return host
  const wanted = 'one host, such as example.com or example.com:8443'
  throw new SteleError('setting_invalid', {
    key: 'allow-host',
    source: 'the command line or "allowHosts"',
    found: JSON.stringify(text),
    wanted,
  })
}

/** Throws an OracleFailure unless the operator named the host of this address. */
export function requireAllowed(url: URL, allowed: readonly NamedHost[]): void {
  if (isNamedHost(url, allowed)) return
  throw refused(
    `Cannot fetch from "${url.host}": the operator does not allow it; to allow it, start the service with --allow-host ${url.host}`,
  )
}

/** Looks names up for oracles. A name that leads to a private address gives an OracleFailure. */
export function createLookup(allowed: readonly NamedHost[], lookUp?: LookUpAll): LookupFunction {
  return createGuardedLookup(allowed, { refuse: refusal, lookUp })
}

function refusal(hostname: string, address: string): Error {
  return refused(
    `Cannot fetch from "${hostname}": it leads to ${address}, within a private network; to allow it, start the service with --allow-host ${address} too`,
  )
}
