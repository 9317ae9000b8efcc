// Archives that accounts want published from an address: fetched from hosts that the operator named, within limits of bytes, time and pace.
import { SteleError } from '@stele/errors'
import type { FetchFrom } from '@stele/faces/jsregistry'
import { isNamedHost, type NamedHost } from '@stele/formats/networks'
import type { Answer } from '@stele/upstream'
import { createGet } from '../upstream/http-get.ts'
import { archiveSilenceMs, maxArchiveMs, maxArchiveRedirects } from './limits.ts'
import { createLookup, type LookUpAll } from './lookup.ts'

/** Fetches archives; `close` ends what is being fetched. */
export function createArchives(lookUp?: LookUpAll): {
  readonly fetchFrom: FetchFrom
  readonly close: () => void
} {
  const networks: ReturnType<typeof createGet>[] = []
  return {
    fetchFrom: (hosts) => {
      const refuse = (name: string, address: string): Error => {
        const reason = `it leads to ${address}, within a private network, and ${only} "${address}" too`
        return new SteleError('address_refused', { url: name, reason })
      }
      const lookup = createLookup(hosts, { refuse, lookUp })
      const network = createGet({ timeoutMs: archiveSilenceMs, lookup })
      networks.push(network)
      return (url, maxBytes) => fetchArchive(url, { hosts, maxBytes, get: network.get })
    },
    close: () => {
      for (const network of networks) network.close()
    },
  }
}

type Fetching = {
  readonly hosts: readonly NamedHost[]
  readonly maxBytes: number
  readonly get: ReturnType<typeof createGet>['get']
}

async function fetchArchive(first: URL, { hosts, maxBytes, get }: Fetching): Promise<Uint8Array> {
  const endMs = performance.now() + maxArchiveMs
  let url = first
  try {
    for (let redirects = 0; redirects <= maxArchiveRedirects; redirects++) {
      requireNamed(url, hosts)
      const answer = await get({ url: url.href, headers })
      const location = redirectOf(answer)
      if (location === undefined) {
        const late = unreachable(url, `it took more than ${maxArchiveMs / 1000} seconds`)
        answer.endWithin(Math.max(endMs - performance.now(), 1), late)
        return await readAll(url, answer, maxBytes)
      }
      answer.cancel()
      url = nextOf(url, location)
    }
  } catch (error) {
    if (error instanceof SteleError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw unreachable(url, reason || 'it failed', error)
  }
  throw unreachable(first, `it redirects more than ${maxArchiveRedirects} times`)
}

const headers = {
  accept: 'application/zip, application/java-archive, application/octet-stream, */*;q=0.1',
  'accept-encoding': 'identity',
}

const only = 'its operator allows that with "jsregistry.upload.hosts":'

function requireNamed(url: URL, hosts: readonly NamedHost[]): void {
  if (isNamedHost(url, hosts)) return
  const reason = `this registry fetches nothing from there; ${only} "${url.host}"`
  throw new SteleError('address_refused', { url: shown(url), reason })
}

function redirectOf({ status, headers: told }: Answer): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? told['location'] : undefined
}

/** Where it sends us on to, which is asked for only if it is a named host too. */
function nextOf(url: URL, location: string): URL {
  const next = URL.parse(location, url.href)
  const isSound =
    next !== null &&
    /^https?:$/.test(next.protocol) &&
    next.username === '' &&
    !(url.protocol === 'https:' && next.protocol === 'http:')
  if (isSound) return next
  throw unreachable(url, `it redirects to "${location.slice(0, 200)}", which is not followed`)
}

async function readAll(url: URL, answer: Answer, maxBytes: number): Promise<Uint8Array> {
  const { status, headers: told, body } = answer
  const coding = told['content-encoding'] ?? 'identity'
  const fault =
    status !== 200
      ? `the status is ${status}, wanted 200`
      : coding !== 'identity'
        ? `it comes as "${coding}", which was not asked for`
        : Number(told['content-length'] ?? 0) > maxBytes
          ? tooLarge(maxBytes)
          : undefined
  if (fault !== undefined) {
    answer.cancel()
    throw unreachable(url, fault)
  }
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of body) {
    sizeBytes += piece.length
    if (sizeBytes > maxBytes) throw unreachable(url, tooLarge(maxBytes))
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function tooLarge(maxBytes: number): string {
  return `it has more than ${maxBytes} bytes`
}

function unreachable(url: URL, reason: string, cause?: unknown): SteleError {
  return new SteleError('address_unreachable', { url: shown(url), reason }, { cause })
}

/** Without the query, which may hold a secret. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.slice(0, 300)
}
