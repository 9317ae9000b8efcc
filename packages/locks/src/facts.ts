// What a lock tells of a package: what installing needs, and what resolving it again does.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { type PackageId, peersOf, type Release, wantedNode } from '@stele/resolve/graph'

/** The facts, those that say nothing left out. */
export function factsOf(id: PackageId, release: Release): JsonObject {
  const { name, version, dist, bin, directories, engines, os, cpu, libc, deprecated } = release
  const peers = peersOf(release)
  const optionalPeers = peers.filter(({ isOptional }) => isOptional)
  const node = wantedNode(engines)
  const facts = {
    version: id === `${name}@${version}` ? undefined : version,
    integrity: dist.integrity ?? (dist.shasum === undefined ? undefined : sha1Of(dist.shasum)),
    tarball: dist.tarball === '' ? undefined : dist.tarball,
    peers: isEmpty(peers)
      ? undefined
      : Object.fromEntries(peers.map((peer) => [peer.name, peer.range])),
    optionalPeers: isEmpty(optionalPeers) ? undefined : optionalPeers.map((peer) => peer.name),
    bin: isEmpty(bin) ? undefined : bin,
    binFolder: directories?.bin,
    node: node === '*' ? undefined : node,
    os,
    cpu,
    libc,
    scripts: release.hasInstallScript === true ? true : undefined,
    deprecated: deprecated === '' || deprecated === false ? undefined : deprecated,
  }
  return JSON.parse(JSON.stringify(facts))
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function sha1Of(hex: string): string {
  return `sha1-${Buffer.from(hex, 'hex').toString('base64')}`
}

/** The package of these facts. Throws what `invalid` makes where one is not as it must be. */
export function releaseOf(
  id: PackageId,
  facts: JsonObject,
  invalid: (reason: string) => Error,
): Release {
  const of = (name: string): string => `"${name}" of "${id}"`
  const text = (name: string): string | undefined => textIn(facts[name], of(name), invalid)
  const list = (name: string): readonly string[] | undefined =>
    listIn(facts[name], of(name), invalid)
  const texts = (name: string): { readonly [key: string]: string } | undefined =>
    textsIn(facts[name], of(name), invalid)
  const at = id.indexOf('@', 1)
  const peersMeta = list('optionalPeers')?.map((name) => [name, { optional: true }] as const)
  const found = {
    dist: { tarball: text('tarball') ?? '', ...defined({ integrity: text('integrity') }) },
    peerDependencies: texts('peers'),
    peerDependenciesMeta: peersMeta && Object.fromEntries(peersMeta),
    bin: typeof facts['bin'] === 'string' ? facts['bin'] : texts('bin'),
    directories: facts['binFolder'] === undefined ? undefined : defined({ bin: text('binFolder') }),
    engines: facts['node'] === undefined ? undefined : defined({ node: text('node') }),
    os: textOrList(facts['os'], of('os'), invalid),
    cpu: textOrList(facts['cpu'], of('cpu'), invalid),
    libc: textOrList(facts['libc'], of('libc'), invalid),
    hasInstallScript: facts['scripts'] === true ? true : undefined,
    deprecated: facts['deprecated'] === true ? true : text('deprecated'),
  }
  return { name: id.slice(0, at), version: text('version') ?? id.slice(at + 1), ...defined(found) }
}

/** The members that are there. */
function defined<Members extends object>(
  members: Members,
): { [Name in keyof Members]: Exclude<Members[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Of optional members, those that are absent are absent.
  return Object.fromEntries(entries) as {
    [Name in keyof Members]: Exclude<Members[Name], undefined>
  }
}

type Invalid = (reason: string) => Error

function textIn(value: JsonValue | undefined, what: string, invalid: Invalid): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${what} must be a text`)
}

/** The list of texts; undefined where there is none. */
export function listIn(
  value: JsonValue | undefined,
  what: string,
  invalid: Invalid,
): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw invalid(`${what} must be a list`)
  return value.map((each) => textIn(each, `each of ${what}`, invalid) ?? '')
}

function textOrList(
  value: JsonValue | undefined,
  what: string,
  invalid: Invalid,
): string | readonly string[] | undefined {
  return typeof value === 'string' ? value : listIn(value, what, invalid)
}

/** Names to texts; undefined where there is nothing. */
export function textsIn(
  value: JsonValue | undefined,
  what: string,
  invalid: Invalid,
): { readonly [name: string]: string } | undefined {
  if (value === undefined) return undefined
  if (!isJsonObject(value)) throw invalid(`${what} must be an object`)
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [
      name,
      textIn(text, `"${name}" of ${what}`, invalid) ?? '',
    ]),
  )
}
