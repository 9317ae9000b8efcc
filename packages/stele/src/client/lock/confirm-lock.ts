// Whether what a lock tells of packages is what they tell themselves: where their tarballs are, what they depend on, which programs they
// bring. Their package.jsons are asked, which came from the registry; where these tell something else, the registry is.
import { SteleError } from '@stele/errors'
import type { Registries, RegistryConfig } from '@stele/fetch'
import { binsOf } from '@stele/install'
import {
  fitsWanted,
  nodeRanges,
  parseSpecifier,
  type Ranges,
  type ResolveRules,
} from '@stele/resolve'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  linkedFolder,
  peersOf,
  type Release,
  releaseOf,
  soundRelease,
} from '@stele/resolve/graph'
import { manifestIn } from '../project/manifest-in.ts'

/** Whom to ask, and by which rules the lock was made. `path` is the lock's. */
export type Confirming = {
  readonly path: string
  readonly rules: Pick<ResolveRules, 'overrides' | 'extend' | 'ranges'>
  readonly registries: Pick<Registries, 'packument'>
  readonly config: Pick<RegistryConfig, 'registryOf'>
}

/** Throws lock_refused where the tarball of a registry's package is not where that registry has it. Asks only where the address does not tell. */
export async function confirmTarballs({ packages }: Graph, confirming: Confirming): Promise<void> {
  const { path, config } = confirming
  for (const [id, release] of packages) {
    const { tarball } = release.dist
    if (tarball === '' || !isOfRegistry(id, release)) continue
    if (isOwnAddress(tarball, config.registryOf(release.name), release)) continue
    const told = await toldOf(release, confirming)
    if (told?.dist.tarball === tarball) continue
    const reason = `the registry has its tarball elsewhere than at "${tarball}"`
    throw new SteleError('lock_refused', { path, line: id, reason })
  }
}

/** Throws lock_refused for the first of these packages that tells another story than the lock. `folderOf` says where its files are. */
export async function confirmPackages(
  graph: Graph,
  { keys, folderOf }: Placed,
  confirming: Confirming,
): Promise<void> {
  for (const key of keys) {
    const instance = graph.instances.get(key)
    const release = releaseOf(graph, key)
    const { id = '', dependencies = new Map<string, InstanceKey>() } = instance ?? {}
    const { bin, directories, dist } = release
    const isPlain = dist.tarball === '' && bin === undefined && directories === undefined
    if (isPlain && dependencies.size === 0) continue // The registry's own bytes, and nothing is said of them.
    const claim = { graph, release, dependencies, folder: folderOf(key) }
    const reason = faultIn(claim, releaseIn(claim.folder), confirming)
    if (reason === undefined) continue
    const told = isOfRegistry(id, release) ? await toldOf(release, confirming) : undefined
    if (told !== undefined && isOfSameBytes(release, told)) {
      if (faultIn(claim, told, confirming) === undefined) continue
    }
    throw new SteleError('lock_refused', { path: confirming.path, line: id, reason })
  }
}

type Placed = {
  readonly keys: Iterable<InstanceKey>
  readonly folderOf: (key: InstanceKey) => string
}

function isOfRegistry(id: string, { name, version }: Release): boolean {
  return id === `${name}@${version}`
}

/** What the registry says of the version. */
async function toldOf(
  { name, version }: Release,
  { registries }: Confirming,
): Promise<Release | undefined> {
  const { versions } = await registries.packument(name)
  return Object.hasOwn(versions, version) ? versions[version] : undefined
}

function isOfSameBytes(release: Release, told: Release): boolean {
  const [own, other] = [integrityOf(release.dist), integrityOf(told.dist)]
  return own === undefined || other === undefined || own === other
}

/** Whether the address is the registry's own, and names the package and its version. */
function isOwnAddress(tarball: string, registry: string, { name, version }: Release): boolean {
  const url = URL.parse(tarball)
  const base = URL.parse(registry)
  if (url === null || base === null || url.origin !== base.origin) return false
  if (!url.pathname.startsWith(base.pathname)) return false
  const path = `/${decoded(url.pathname.slice(base.pathname.length))}`
  const at = path.indexOf(`/${name}/`)
  const isScoped = /\/@[^/]+$/.test(path.slice(0, at))
  return at >= 0 && !isScoped && !path.includes('/..') && path.slice(at).includes(version)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** What the package says itself. */
function releaseIn(folder: string): Release | undefined {
  const manifest = manifestIn(folder)
  if (manifest === undefined) return undefined
  const { name = '', version = '' } = manifest
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  return soundRelease({ ...manifest, name, version, dist: { tarball: '' } })
}

/** What the lock says of a package. */
type Claim = {
  readonly graph: Graph
  readonly release: Release
  readonly dependencies: ReadonlyMap<string, InstanceKey>
  readonly folder: string
}

/** What of it the package itself does not say. */
function faultIn(
  { graph, release, dependencies, folder }: Claim,
  told: Release | undefined,
  { rules }: Confirming,
): string | undefined {
  if (told === undefined) return 'its package.json cannot be read'
  const { name, version } = release
  if (told.name !== name || !isSameVersion(told.version, version)) {
    return `its package.json calls it "${told.name}@${told.version}"`
  }
  const extended = rules.extend?.(told) ?? told
  for (const [each, key] of dependencies) {
    if (isWanted({ graph, name: each, key }, extended, rules)) continue
    const id = graph.instances.get(key)?.id ?? key
    return `its package.json does not want "${id}" as its "${each}"`
  }
  const programs = binsOf(told, folder)
  for (const [program, path] of binsOf(release, folder)) {
    if (programs.get(program) !== path) return `its package.json has no program "${program}"`
  }
  return undefined
}

/** Registries write versions in one way, package.jsons in several. */
function isSameVersion(one: string, other: string): boolean {
  return one === other || nodeRanges.version(one) === nodeRanges.version(other)
}

type Edge = { readonly graph: Graph; readonly name: string; readonly key: InstanceKey }

/** Whether the package asks for it, or the project does in its place. Peers are what they find. */
function isWanted(
  { graph, name, key }: Edge,
  told: Release,
  { overrides, ranges = nodeRanges }: Confirming['rules'],
): boolean {
  const { dependencies = {}, optionalDependencies = {} } = told
  const written = Object.hasOwn(optionalDependencies, name)
    ? optionalDependencies[name]
    : Object.hasOwn(dependencies, name)
      ? dependencies[name]
      : undefined
  if (written === undefined) return peersOf(told).some((peer) => peer.name === name)
  const id = graph.instances.get(key)?.id
  const release = graph.packages.get(id ?? '')
  if (linkedFolder(key) !== undefined || release === undefined) return true
  if (!isOfRegistry(id ?? '', release)) return true // checkLock() said who may have it.
  const text = typeof written === 'string' ? written : '*'
  return [text, ...(overrides?.valuesFor(name) ?? [])].some((each) => {
    if (release.name === name && isRange(each, ranges))
      return fitsWanted(release.version, each, ranges)
    const specifier = parsed(name, each)
    if (specifier?.kind !== 'registry' || specifier.name !== release.name) return false
    return fitsWanted(release.version, specifier.wanted, ranges)
  })
}

/** As nearly all specifiers are: then nothing has to be taken apart. */
function isRange(text: string, ranges: Ranges): boolean {
  return !/[:/]/.test(text) && ranges.test(text) !== undefined
}

function parsed(name: string, text: string): ReturnType<typeof parseSpecifier> | undefined {
  try {
    return parseSpecifier(name, text)
  } catch {
    return undefined
  }
}
