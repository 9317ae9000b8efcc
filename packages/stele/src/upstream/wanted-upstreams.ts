// Which upstreams the operator means: those of the list, and the one that is said in short.
import { networkInterfaces } from 'node:os'
import { SteleError } from '@stele/errors'
import type { EdgeSettings } from '@stele/http'
import { npm, type UpstreamSettings } from '@stele/upstream'

type Upstreams = UpstreamSettings['upstreams']
/** Where this server itself is. */
type Own = Pick<EdgeSettings, 'host' | 'port' | 'publicUrl'>

/** How the log calls the one that is said in short: npm's own registry or a copy of it, whichever it is asked of today. */
const shortId = 'npm'

/**
 * Throws setting_invalid for what leads to this server itself, as far as addresses tell, and for two that would be asked for
 * the same names.
 */
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
  for (const [at, { id, url, scopes }] of upstreams.entries()) {
    const others = upstreams.slice(0, at)
    if (others.some((one) => one.id === id)) {
      throw invalid(`upstreams[${at}].id`, id, 'an id that no other upstream has')
    }
    if (isOwn(url, own)) throw invalid(`upstreams[${at}].url`, url, another)
    refuseShared(`upstreams[${at}].scopes`, { id, scopes }, others)
  }
  const forAll = upstreams.find(({ scopes }) => scopes.length === 0)
  if (upstream !== null && forAll !== undefined) {
    throw invalid('upstream', upstream, `left out: "${forAll.id}" is asked for everything already`)
  }
  if (upstream !== null && isOwn(upstream, own)) throw invalid('upstream', upstream, another)
}

/** What is said of versions that clients do not get, where no upstream is named whose they could be. */
export function unusedSettings(settings: UpstreamSettings): readonly (keyof UpstreamSettings)[] {
  if (settings.upstream !== null || settings.upstreams.length > 0) return []
  return [
    ...(settings.upstreamBlocked.length > 0 ? (['upstreamBlocked'] as const) : []),
    ...(settings.upstreamMinimumAgeMs > 0 ? (['upstreamMinimumAgeMs'] as const) : []),
  ]
}

/** Of two for the same names the second would never be asked: who wrote that meant something else. */
function refuseShared(
  key: string,
  { id, scopes }: Pick<Upstreams[number], 'id' | 'scopes'>,
  others: Upstreams,
): void {
  for (const other of others) {
    const shared = scopes.find((scope) => other.scopes.includes(scope))
    if (shared !== undefined) {
      throw invalid(key, scopes, `without "${shared}", which "${other.id}" is asked for`)
    }
    if (scopes.length === 0 && other.scopes.length === 0) {
      const wanted = `the scopes that "${id}" is asked for: only one can be asked for everything else, and "${other.id}" is`
      throw invalid(key, scopes, wanted)
    }
  }
}

const another = 'the address of another registry: this one is there itself'

/** All of them; `npm` is looked up in npm's own configuration. Throws setting_invalid. */
export async function findUpstreams(
  { upstream, upstreams }: UpstreamSettings,
  own: Own,
): Promise<Upstreams> {
  const short = { id: shortId, scopes: [], token: '', tarballHosts: [], search: false }
  const all = upstream === null ? upstreams : [...upstreams, { ...short, url: upstream }]
  if (all.every(({ url }) => url !== npm)) return all
  const npmUrl = await readNpmRegistry()
  if (isOwn(npmUrl, own)) {
    const wanted = `an address: npm on this machine is configured with this registry itself, ${npmUrl}`
    throw invalid(upstream === npm ? 'upstream' : 'upstreams', npm, wanted)
  }
  const { username, password } = new URL(npmUrl)
  if (username !== '' || password !== '') {
    // It would be printed, and told to clients in errors.
    const wanted = 'an address: the one that npm on this machine is configured with has credentials'
    throw invalid(upstream === npm ? 'upstream' : 'upstreams', npm, wanted)
  }
  return all.map((one) => (one.url === npm ? { ...one, url: npmUrl } : one))
}

/** Only what npm asks for everything: the tokens in its configuration are of a person, and stay there. */
async function readNpmRegistry(): Promise<string> {
  const { default: registryUrl } = await import('registry-auth-token/registry-url.js')
  return registryUrl('').replace(/\/+$/, '')
}

function isOwn(url: string, { host, port, publicUrl }: Own): boolean {
  if (url === npm) return false
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

function invalid(key: string, found: string | readonly string[], wanted: string): SteleError {
  const told = { key, source: 'the settings', found: JSON.stringify(found), wanted }
  return new SteleError('setting_invalid', told)
}
