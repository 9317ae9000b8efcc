// Versions that a packument names by their addresses, as CommonJS Packages/Registry 1.0 has it: each is asked for and put in its place.
// The addresses may be another registry's; what is said there is a stranger's word as everything is.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { newestOf } from '@stele/formats/ranges'
import { maxSockets, maxVersionAddresses, maxVersionsBytes } from './limits.ts'
import type { Answer } from './request.ts'

/** A packument, where it was found, and who asks for what it names. */
type Expanding = {
  readonly name: string
  readonly url: string
  /** The answer, unless its status is one that ends the installation; 404 is none of those. */
  readonly get: (url: string) => Promise<Pick<Answer, 'url' | 'status' | 'body'>>
}

/**
 * The same packument with its versions written out. A version that is not there, or is another than its address was given for, is left
 * out. Throws registry_answer, and what asking does.
 */
export async function withVersions(packument: JsonObject, asking: Expanding): Promise<JsonObject> {
  const { name, url } = asking
  if (packument['name'] !== name) throw odd(url, `it is not that of "${name}"`)
  const named = Object.entries(isJsonObject(packument['versions']) ? packument['versions'] : {})
  if (named.length > maxVersionAddresses) {
    const reason = `it names ${named.length} versions by their addresses, and the limit is ${maxVersionAddresses}`
    throw odd(url, reason)
  }
  const faults: string[] = []
  const found = new Map<string, JsonObject>()
  let leftBytes = maxVersionsBytes
  await inTurns(named, async ([version, told]) => {
    if (isJsonObject(told)) return void found.set(version, told)
    const asked = typeof told === 'string' ? addressOf(told, url) : undefined
    if (asked === undefined) return void faults.push(`${version} has no address on the web`)
    const answer = await asking.get(asked)
    leftBytes -= answer.body.length
    if (leftBytes < 0) throw odd(url, `its versions have more than ${maxVersionsBytes} bytes`)
    const release = readVersion(answer, name, version)
    if (typeof release === 'string') faults.push(`${version} ${release}`)
    else found.set(version, release)
  })
  if (found.size === 0 && named.length > 0) {
    throw odd(url, `none of its versions can be installed: ${faults[0]}`)
  }
  const versions = named.flatMap(([version]) => {
    const release = found.get(version)
    return release === undefined ? [] : [[version, release] as const]
  })
  const tags = isJsonObject(packument['dist-tags']) ? packument['dist-tags'] : usualTags(found)
  // With times of its own nobody asks for another form of it, which there is not.
  const time = isJsonObject(packument['time']) ? packument['time'] : {}
  return { ...packument, 'dist-tags': tags, time, versions: Object.fromEntries(versions) }
}

/** Where a version is told of. JS Registries tell where its tarball is if they are asked to; nobody else minds. */
function addressOf(told: string, base: string): string | undefined {
  const url = URL.parse(told, base)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  if (url.search === '') url.search = '?dist=true'
  return url.href
}

/** The version, or why it cannot be used. */
function readVersion(
  { url, status, body }: Pick<Answer, 'url' | 'status' | 'body'>,
  name: string,
  version: string,
): JsonObject | string {
  if (status === 404) return `is not at ${url}`
  const release = parseObject(body)
  if (release === undefined) return `is no JSON object at ${url}`
  if (release['name'] !== name || release['version'] !== version) {
    return `is another package, or another version, at ${url}`
  }
  const dist = isJsonObject(release['dist']) ? release['dist'] : {}
  const { tarball } = dist
  const place = typeof tarball === 'string' ? URL.parse(tarball, url)?.href : undefined
  if (place === undefined) return `has no "dist" with a "tarball" at ${url}`
  const shasum = dist['shasum'] ?? dist['sha1']
  return {
    ...release,
    dist: { ...dist, tarball: place, ...(shasum === undefined ? {} : { shasum }) },
  }
}

function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Where a registry has no tags, the newest version is the latest: one that is no prerelease, if there is such. */
function usualTags(versions: ReadonlyMap<string, unknown>): JsonObject {
  const latest = newestOf([...versions.keys()])
  return latest === undefined ? {} : { latest }
}

/** As many at a time as there are sockets to one host; the first failure ends it. */
async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all]
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one)
  }
  try {
    await Promise.all(Array.from({ length: maxSockets }, worker))
  } finally {
    waiting.length = 0
  }
}

function odd(url: string, reason: string): SteleError {
  return new SteleError('registry_answer', { url, reason })
}
