// What a lock tells of a package: what installing needs, and what resolving it again does.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import {
  hasInstallScript,
  idAt,
  integrityOf,
  isFolderName,
  isIntegrity,
  type PackageId,
  peersOf,
  type Release,
  wantedNode,
} from '@stele/resolve/graph'

/** The facts, those that say nothing left out. */
export function factsOf(id: PackageId, release: Release): JsonObject {
  const { name, version, dist, bin, directories, engines, os, cpu, libc, deprecated } = release
  const peers = peersOf(release)
  const optionalPeers = peers.filter(({ isOptional }) => isOptional)
  const node = wantedNode(engines)
  const facts = {
    version: id === `${name}@${version}` ? undefined : version,
    integrity: integrityOf(dist),
    files: dist.files,
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
    scripts: hasInstallScript(release) ? true : undefined,
    deprecated: deprecated === '' || deprecated === false ? undefined : deprecated,
  }
  return JSON.parse(JSON.stringify(facts))
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

type Invalid = (reason: string) => Error
type Read = {
  readonly value: JsonValue
  /** What the value is, in a complaint about it. */
  readonly what: string
  readonly invalid: Invalid
}

/** What each fact says of a release. Those that are not known are nobody's business here. */
const readers: { readonly [fact: string]: (read: Read) => Partial<Release> } = {
  version: (read) => ({ version: textIn(read) }),
  peers: (read) => ({ peerDependencies: textsIn(read) }),
  optionalPeers: (read) => ({
    peerDependenciesMeta: Object.fromEntries(
      listIn(read).map((name) => [name, { optional: true }]),
    ),
  }),
  bin: (read) => ({ bin: typeof read.value === 'string' ? read.value : textsIn(read) }),
  binFolder: (read) => ({ directories: { bin: textIn(read) } }),
  node: (read) => ({ engines: { node: textIn(read) } }),
  os: (read) => ({ os: textOrList(read) }),
  cpu: (read) => ({ cpu: textOrList(read) }),
  libc: (read) => ({ libc: textOrList(read) }),
  scripts: ({ value }) => (value === true ? { hasInstallScript: true } : {}),
  deprecated: (read) => ({ deprecated: read.value === true ? true : textIn(read) }),
}

/** The package of these facts. Throws what `invalid` makes where one is not as it must be. */
export function releaseOf(id: PackageId, facts: JsonObject, invalid: Invalid): Release {
  const at = id.indexOf('@', 1)
  const name = id.slice(0, at)
  if (at === -1 || !isFolderName(name)) throw invalid(`"${id}" is no package`)
  const dist: { -readonly [Member in keyof Release['dist']]: Release['dist'][Member] } = {
    tarball: '',
  }
  const release: Release = { name, version: id.slice(at + 1), dist }
  for (const fact of Object.keys(facts)) {
    const value = facts[fact]
    const isOfDist = fact === 'integrity' || fact === 'tarball' || fact === 'files'
    if (value === undefined || !(isOfDist || Object.hasOwn(readers, fact))) continue
    const read = { value, what: `"${fact}" of "${id}"`, invalid }
    if (isOfDist) dist[fact] = textIn(read)
    else Object.assign(release, readers[fact]?.(read))
  }
  const { integrity } = dist
  if (integrity !== undefined && !isIntegrity(integrity)) {
    throw invalid(`"integrity" of "${id}" must be hashes, such as sha512-<base64>`)
  }
  const isOfRegistry = id === `${name}@${release.version}`
  if (isVersion(id.slice(at + 1)) !== isOfRegistry) throw invalid(`"${id}" is no package`)
  if (!isOfRegistry && dist.tarball !== '' && id !== idAt(name, dist.tarball)) {
    throw invalid(`"tarball" of "${id}" is another address`)
  }
  if (isOfRegistry && dist.tarball !== '' && !isWebAddress(dist.tarball)) {
    throw invalid(`"tarball" of "${id}" must be an address that begins with https: or http:`)
  }
  return release
}

/** It stands in addresses and names of folders. */
function isVersion(text: string): boolean {
  return /^[\w.+-]+$/.test(text)
}

function isWebAddress(address: string): boolean {
  return /^https?:/i.test(address) && URL.canParse(address)
}

function textIn({ value, what, invalid }: Read): string {
  if (typeof value === 'string') return value
  throw invalid(`${what} must be a text`)
}

/** The list of texts. */
export function listIn({ value, what, invalid }: Read): readonly string[] {
  if (!Array.isArray(value)) throw invalid(`${what} must be a list`)
  return value.map((each) => textIn({ value: each, what: `each of ${what}`, invalid }))
}

function textOrList(read: Read): string | readonly string[] {
  return typeof read.value === 'string' ? read.value : listIn(read)
}

/** Names to texts. */
export function textsIn({ value, what, invalid }: Read): { readonly [name: string]: string } {
  if (!isJsonObject(value)) throw invalid(`${what} must be an object`)
  for (const name of Object.keys(value)) {
    if (typeof value[name] !== 'string') throw invalid(`"${name}" of ${what} must be a text`)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Each value was looked at.
  return value as { readonly [name: string]: string }
}
