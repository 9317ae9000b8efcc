// Registries, as a client asks them: packuments and tarballs.

import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, gunzipSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type { Packument, Release } from '@stele/resolve/graph'
import type { RegistryConfig } from './config.ts'
import type { Kept, KeptPackuments } from './kept-packuments.ts'
import { lazyPackument, lentPackument, readyOf } from './lazy-packument.ts'
import {
  maxDocumentBytes,
  maxReadyVersions,
  maxTarballBytes,
  maxUsualRatio,
  maxVersionBytes,
} from './limits.ts'
import { type Answer, type Connections, closeConnections, get, openConnections } from './request.ts'
import { tidyPackument, usualUrl } from './tidy-packument.ts'
import type { Transport } from './transport.ts'

const unzip = promisify(gunzip)
const full = 'application/json'
const abbreviated = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'

/** What a client asks registries for. */
export type Registries = {
  /** Throws package_absent, registry_denied, registry_unreachable, registry_answer. */
  readonly packument: (name: string) => Promise<Packument>
  /** With times and publishers, which resolving needs only sometimes. Throws as above. */
  readonly fullPackument: (name: string) => Promise<Packument>
  /** The version was chosen: it is kept where it is found fast. */
  readonly noteChosen: (release: Release) => void
  /** Where the tarball is, and what goes into `authorization` for it. */
  readonly tarballAsk: (release: Release) => {
    readonly url: string
    readonly authorization?: string
  }
  /** How servers are reached: for whoever asks them in another way. */
  readonly transport: Transport
  /** The bytes at an address, unchecked. Throws as above. */
  readonly bytes: (url: string) => Promise<Buffer>
  /** What is there, whatever its status, for somebody who wants to know whether it can be reached. Throws registry_unreachable. */
  readonly ask: (url: string) => Promise<Asked>
  /** Nothing is asked for: what is not kept throws offline_absent. */
  readonly isOffline: boolean
  /** Packuments that are kept are not used from now on without asking. Whether any was. */
  readonly distrustKept: () => boolean
  readonly close: () => void
}

/** How an address answered. `sent`: whether a token went with the request. */
type Asked = {
  readonly status: number
  readonly date: string | undefined
  readonly tookMs: number
  readonly sent: boolean
}

/** Registries as .npmrc names them, with the packuments that are kept of them. */
export function openRegistries(config: RegistryConfig, kept?: KeptPackuments): Registries {
  const connections = openConnections(config.transport)
  const chosen = new Map<string, Set<string>>()
  const world = { connections, config, kept, chosen }
  const isOffline = kept?.freshness === 'offline'
  return {
    packument: (name) => findPackument(world, { name, accept: abbreviated }),
    fullPackument: (name) => findPackument(world, { name, accept: full }),
    noteChosen: ({ name, version }) => {
      const known = chosen.get(name)
      if (known === undefined) chosen.set(name, new Set([version]))
      else known.add(version)
    },
    tarballAsk: (release) => askOf(config, release),
    bytes: async (url) => {
      if (isOffline) throw new SteleError('offline_absent', { missing: [url] })
      return fetchBytes(connections, config, url)
    },
    transport: config.transport,
    ask: async (url) => {
      const startMs = performance.now()
      const { authorizationFor } = config
      const answer = await get(connections, { url, authorizationFor, maxBytes: maxDocumentBytes })
      const { status, sent, headers } = answer
      return { status, sent, date: headers.date, tookMs: Math.round(performance.now() - startMs) }
    },
    isOffline,
    distrustKept: () => kept?.distrust() ?? false,
    close: () => {
      closeConnections(connections)
      kept?.close()
    },
  }
}

type World = {
  readonly connections: Connections
  readonly config: RegistryConfig
  readonly kept: KeptPackuments | undefined
  /** Names to versions. */
  readonly chosen: ReadonlyMap<string, ReadonlySet<string>>
}
type Wanted = { readonly name: string; readonly accept: string }
type Body = Pick<Answer, 'url' | 'body'> & { readonly coding: string | undefined }

async function findPackument(world: World, wanted: Wanted): Promise<Packument> {
  const { config, kept } = world
  const place = placeOf(config, wanted)
  const known = kept?.find(place.key)
  const own =
    known?.isFresh === true ? await readKept(world, { ...wanted, ...place }, known) : undefined
  return own ?? (await fetchPackument(world, { ...wanted, ...place }, known))
}

type Asking = Wanted & ReturnType<typeof placeOf>

/** What is kept, as far as it is at hand. What lies on a disk may be damaged: then it is asked for again. */
async function readKept(world: World, asking: Asking, known: Kept): Promise<Packument | undefined> {
  const { ready } = known
  if (ready !== undefined && asking.accept !== full) {
    const packument = lazyPackument(ready, () => {
      prepare(world, asking, { packument, known })
      return readWhole(world, asking, known.body())
    })
    return packument
  }
  const { config } = world
  const body = known.body()
  if (body === undefined) return undefined
  try {
    const text = await decoded({ ...asking, ...body })
    const packument = tidyPackument(config, asking.name, parsePackument(text, asking))
    prepare(world, asking, { packument, known })
    return packument
  } catch (error) {
    if (error instanceof SteleError) return undefined
    throw error
  }
}

/** At once, since somebody looks at a version that is not at hand. */
function readWhole(
  { config }: World,
  asking: Asking,
  found: Omit<Body, 'url'> | undefined,
): Packument {
  const { url } = asking
  try {
    if (found === undefined) throw new Error('it is gone')
    const text =
      found.coding === 'gzip'
        ? gunzipSync(found.body, { maxOutputLength: maxDocumentBytes })
        : found.body
    return tidyPackument(config, asking.name, parsePackument(text, asking))
  } catch (cause) {
    const reason = 'what is kept of it is damaged; "stele store prune" removes it'
    throw new SteleError('registry_answer', { url, reason }, { cause })
  }
}

function usedBefore(known: Kept | undefined): readonly string[] {
  return Object.keys(known?.ready?.rows ?? {})
}

type Preparing = { readonly packument: Packument; readonly known: Kept | undefined }

/** What is chosen now is at hand the next time, and what was before, for other projects. */
function prepare(
  { kept, chosen }: World,
  { key, name, accept }: Asking,
  { packument, known }: Preparing,
): void {
  if (accept === full) return
  const before = usedBefore(known)
  kept?.prepare(key, () => {
    const versions = new Set([...(chosen.get(name) ?? []), ...before])
    return readyOf(packument, [...versions].slice(0, maxReadyVersions))
  })
}

function placeOf(
  config: RegistryConfig,
  { name, accept }: Wanted,
): { readonly url: string; readonly key: string } {
  const url = `${config.registryOf(name)}${name.replace('/', '%2f')}`
  const way = wayOf(config.transport)
  return { url, key: `${accept === full ? `${url} full` : url}${way}` }
}

/** What came by a proxy, or from a server that other authorities vouch for, is kept apart: a project names these, and all share what is kept. */
function wayOf(transport: Transport): string {
  const known = ways.get(transport)
  if (known !== undefined) return known
  const { proxies, tls, certificates } = transport
  const isDirect = [proxies, tls, certificates].every((each) => Object.keys(each).length === 0)
  const digest = (): string => hash('sha256', JSON.stringify([proxies, tls, certificates]), 'hex')
  const way = isDirect ? '' : ` by ${digest()}`
  ways.set(transport, way)
  return way
}

/** Told once: all authorities of a machine are some 200 KB, and every packument asks. */
const ways = new WeakMap<Transport, string>()

/** Asks the registry, whether what is kept still holds where something is. */
async function fetchPackument(
  world: World,
  asking: Asking,
  known: Kept | undefined,
): Promise<Packument> {
  const { connections, config, kept } = world
  const { name, accept, url, key } = asking
  if (kept?.freshness === 'offline') throw new SteleError('offline_absent', { missing: [name] })
  const headers = { accept, 'accept-encoding': 'gzip' }
  const { authorizationFor } = config
  const ask = { url, authorizationFor, maxBytes: maxDocumentBytes }
  const answer = await get(connections, { ...ask, headers: { ...headers, ...known?.conditions } })
  const hasConditions = Object.keys(known?.conditions ?? {}).length > 0
  if (answer.status === 304 && known !== undefined && hasConditions) {
    const same = await readKept(world, asking, known)
    if (same === undefined) return fetchPackument(world, asking, undefined) // Once: nothing is known then.
    known.renew(answer.headers)
    return same
  }
  const registry = config.registryOf(name)
  if (answer.status === 404) throw new SteleError('package_absent', { name, registry, chain: [] })
  checkStatus(config, answer)
  const came = { ...answer, coding: answer.headers['content-encoding'] }
  const found = parseDocument(await decoded(came), came)
  const expanded = await expand(world, { name, url: came.url }, found)
  const body = expanded ?? came
  const whole = tidyPackument(config, name, asPackument(expanded?.packument ?? found, body))
  kept?.keep(key, expanded === undefined ? answer.headers : unconditional(answer), body.body)
  const packument =
    accept === full
      ? whole
      : lentPackument(whole, {
          used: usedBefore(known),
          readWhole: () => readWhole(world, asking, body),
        })
  prepare(world, asking, { packument, known })
  return packument
}

/** With the versions that it names by their addresses written out; undefined where it names none. */
async function expand(
  { connections, config }: World,
  { name, url }: { readonly name: string; readonly url: string },
  found: JsonValue,
): Promise<(Body & { readonly packument: JsonObject }) | undefined> {
  if (!isJsonObject(found) || !isJsonObject(found['versions'])) return undefined
  if (!Object.values(found['versions']).some((one) => typeof one === 'string')) return undefined
  const { withVersions } = await import('./version-addresses.ts')
  const { authorizationFor } = config
  const headers = { accept: full }
  const packument = await withVersions(found, {
    name,
    url,
    get: async (address) => {
      const ask = { url: address, authorizationFor, headers, maxBytes: maxVersionBytes }
      const answer = await get(connections, ask)
      if (answer.status !== 404) checkStatus(config, answer)
      return answer
    },
  })
  return { packument, url, body: Buffer.from(JSON.stringify(packument)), coding: undefined }
}

/** What is said of one address does not hold for those that it names: without network it is all there is, else they are asked again. */
function unconditional({ headers }: Answer): IncomingHttpHeaders {
  const { 'cache-control': control } = headers
  return /\bno-store\b/i.test(control ?? '') ? { 'cache-control': 'no-store' } : {}
}

async function fetchBytes(
  connections: Connections,
  config: RegistryConfig,
  url: string,
): Promise<Buffer> {
  const { authorizationFor } = config
  const answer = await get(connections, { url, authorizationFor, maxBytes: maxTarballBytes })
  checkStatus(config, answer)
  return answer.body
}

function checkStatus({ withheldFor }: RegistryConfig, { url, status, sent }: Answer): void {
  if (status === 200) return
  if (status === 401 || status === 403) {
    const withheld = sent ? undefined : withheldFor(url)
    const why = withheld === undefined ? {} : { withheld }
    throw new SteleError('registry_denied', { url, status, sent, ...why })
  }
  throw new SteleError('registry_answer', { url, reason: `the status is ${status}` })
}

async function decoded({ url, coding, body }: Body): Promise<Buffer> {
  if (coding !== 'gzip') return body
  try {
    return await unzip(body, { maxOutputLength: maxDocumentBytes, chunkSize: claimedSize(body) })
  } catch (cause) {
    throw new SteleError(
      'registry_answer',
      { url, reason: 'its gzip is damaged or too large' },
      { cause },
    )
  }
}

/** One piece where its end tells the truth: a way to another thread and back for each 16 KB costs more than the work. */
function claimedSize(body: Buffer): number {
  const claimed = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4) + 1
  return Math.min(Math.max(claimed, 16 * 1024), body.length * maxUsualRatio + 16 * 1024)
}

function parsePackument(text: Buffer, body: Pick<Body, 'url'>): Packument {
  return asPackument(parseDocument(text, body), body)
}

function parseDocument(text: Buffer, { url }: Pick<Body, 'url'>): JsonValue {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch (cause) {
    throw new SteleError('registry_answer', { url, reason: 'it is no JSON' }, { cause })
  }
}

function asPackument(found: JsonValue, { url }: Pick<Body, 'url'>): Packument {
  if (isPackument(found)) return found
  throw new SteleError('registry_answer', { url, reason: 'it is no packument' })
}

function isPackument(found: unknown): found is Packument {
  const { versions, 'dist-tags': tags } = isJsonObject(found) ? found : {}
  return isJsonObject(versions) && isJsonObject(tags)
}

function askOf(config: RegistryConfig, release: Release): ReturnType<Registries['tarballAsk']> {
  const url = release.dist.tarball === '' ? usualUrl(config, release) : release.dist.tarball
  const authorization = config.authorizationFor(url)
  return authorization === undefined ? { url } : { url, authorization }
}
