// Which upstreams the operator means: those of the list, and the one that is said in short.
import { networkInterfaces } from 'node:os'
import { SteleError } from '@stele/errors'
import type { EdgeSettings } from '@stele/http'
import type { UpstreamSettings } from '@stele/upstream'

type Upstreams = UpstreamSettings['upstreams']
/** Where this server itself is. */
type Own = Pick<EdgeSettings, 'host' | 'port' | 'publicUrl'>

/** How the log calls the one that is said in short: npm's own registry or a copy of it, whichever it is asked of today. */
const shortId = 'npm'

/** Throws setting_invalid for what leads to this server itself, as far as addresses tell. */
export function checkUpstreams(settings: UpstreamSettings, own: Own): void {
  const { upstream, upstreams } = settings
  const isTwice = upstream !== null && upstreams.some(({ id }) => id === shortId)
  if (isTwice) {
    throw invalid(
      'upstream',
      upstream,
      `left out where "upstreams" has one that is called "${shortId}"`,
    )
  }
  for (const [at, { id, url }] of upstreams.entries()) {
    if (upstreams.findIndex((one) => one.id === id) !== at) {
      throw invalid(`upstreams[${at}].id`, id, 'an id that no other upstream has')
    }
    if (isOwn(url, own)) throw invalid(`upstreams[${at}].url`, url, another)
  }
  if (upstream !== null && upstream !== 'npm' && isOwn(upstream, own)) {
    throw invalid('upstream', upstream, another)
  }
}

const another = 'the address of another registry: this one is there itself'

/** All of them; `npm` is looked up in npm's own configuration. Throws setting_invalid. */
export async function findUpstreams(
  { upstream, upstreams }: UpstreamSettings,
  own: Own,
): Promise<Upstreams> {
  if (upstream === null) return upstreams
  const url = upstream === 'npm' ? await readNpmRegistry() : upstream
  if (isOwn(url, own)) {
    const wanted = `an address: npm on this machine is configured with this registry itself, ${url}`
    throw invalid('upstream', upstream, wanted)
  }
  return [
    ...upstreams,
    { id: shortId, url, scopes: [], token: '', tarballHosts: [], search: false },
  ]
}

/** Only what npm asks for everything: the tokens in its configuration are of a person, and stay there. */
async function readNpmRegistry(): Promise<string> {
  const { default: registryUrl } = await import('registry-auth-token/registry-url.js')
  return registryUrl('').replace(/\/+$/, '')
}

function isOwn(url: string, { host, port, publicUrl }: Own): boolean {
  if (url === publicUrl) return true
  const there = new URL(url)
  const portThere =
    there.port === '' ? (there.protocol === 'https:' ? 443 : 80) : Number(there.port)
  return portThere === port && isThisMachine(there.hostname.replace(/^\[|\]$/g, ''), host)
}

function isThisMachine(name: string, host: string): boolean {
  if (name === host || name === 'localhost' || /^127\.|^::1$/.test(name)) return true
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return addresses.some(({ address }) => address === name)
}

function invalid(key: string, found: string, wanted: string): SteleError {
  const told = { key, source: 'the settings', found: JSON.stringify(found), wanted }
  return new SteleError('setting_invalid', told)
}
