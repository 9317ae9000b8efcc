// Follows every dependency to a version. Each choice depends on what is asked and on what the registry shows, never on which answer
// came first, so the outcome is the same however the answers are shuffled.
import { isSteleError, SteleError } from '@stele/errors'
import { converge } from './converge.ts'
import { mayPin, type Refuse } from './exact-pins.ts'
import {
  absentVersion,
  isOfOnePackage,
  type Place,
  type Places,
  refusedVersion,
  withoutFailures,
} from './failures.ts'
import type { PackageId } from './graph.ts'
import { maxPackages } from './limits.ts'
import type { Override, Overrides, Scope } from './overrides.ts'
import type { Packument, Release } from './packument.ts'
import { pickVersion } from './pick-version.ts'
import { type Pin, takePinned } from './pinned.ts'
import { nodeRanges, type Ranges, testPresent } from './ranges.ts'
import { soundRelease } from './sound-release.ts'
import { parseSpecifier, type Specifier } from './specifier.ts'
import { mergeVariants, variantId } from './variants.ts'
import { edgesOf, type WantedEdge } from './wanted.ts'

/** A package.json of this project, to be resolved. */
export type WantedImporter = {
  /** Below the root, with slashes; `.` for the root. */
  readonly folder: string
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly edges: readonly WantedEdge[]
}

/** What resolving asks of the world, and tells it. */
export type ResolvePorts = {
  /** Throws a SteleError: package_absent where there is none. */
  readonly packument: (name: string) => Promise<Packument>
  /** `from` is the folder of the package.json that asks. */
  readonly other: (specifier: Specifier, from: string) => Promise<Chosen>
  /** The package was chosen anew, in place of none or of what the lock has: its tarball may be fetched from now on. */
  readonly chosen?: ((id: PackageId, release: Release) => void) | undefined
}

/** What may be chosen. */
export type ResolveRules = {
  readonly nodeVersion?: string | undefined
  readonly ranges?: Ranges | undefined
  /** Takes as few versions of each package as all ranges need, instead of the best for each. */
  readonly dedupes?: boolean | undefined
  readonly overrides?: Overrides | undefined
  /** A package as it should have been published: dependencies that it forgot. */
  readonly extend?: ((release: Release) => Release) | undefined
  /** Why a version that fits a range may not be chosen anew; undefined where it may. */
  readonly refuse?: Refuse | undefined
  /** Whether a package that is depended on may depend on what is no registry's. */
  readonly allowsSource?: ((specifier: Specifier, by: Release) => boolean) | undefined
}

/** What a lock holds, to be kept where it still fits. */
export type Locked = {
  /** What a dependency of a package.json (its folder) or of a package (its id) was, where that still fits what is wanted. */
  readonly direct: (from: string, edge: WantedEdge) => PackageId | undefined
  /** The version that it was, where the package itself must be asked for anew: the lock knows too little of it, or not all that it needs. */
  readonly pinned?: ((from: string, edge: WantedEdge) => Pin | undefined) | undefined
  readonly node: (id: PackageId) => Omit<Place, 'failures'> | undefined
  readonly versions: (name: string) => readonly string[]
}

/** A package, by the id that it is known by. */
type Chosen = { readonly id: PackageId; readonly release: Release }
/** Who asks: the package itself, whatever scope it is in, and its place there. */
type Asking = { readonly id: PackageId; readonly place: Growing }
type FromRegistry = Specifier & { readonly kind: 'registry' }

type Growing = Place & {
  readonly edges: Map<string, PackageId>
  readonly optional: Set<string>
  readonly failures: Map<string, SteleError>
  readonly wanted: Map<string, FromRegistry>
}

/** A crawl that can be gone on with: missing peers are asked for when all else is known. */
export class Crawl {
  readonly #ports: ResolvePorts
  readonly #rules: ResolveRules
  readonly #locked: Locked | undefined
  readonly #workspace: ReadonlyMap<string, WantedImporter>
  readonly #nodes = new Map<PackageId, Growing>()
  readonly #importers = new Map<string, Growing>()
  readonly #asked = new Map<string, Promise<Chosen>>()
  readonly #names = new Set<string>()
  /** What the project's own dependencies became, by name: others take the same version where it fits. */
  readonly #directs = new Map<string, Promise<PackageId | undefined>[]>()
  /** Whether packages came from the lock, so that not all was asked for. */
  #tookOver = false
  /** There is too much of it: nothing is followed any more. */
  #isOver = false
  #running = 0
  #ended = Promise.withResolvers<void>()

  constructor(
    importers: readonly WantedImporter[],
    ports: ResolvePorts,
    { locked, ...rules }: ResolveRules & { readonly locked?: Locked | undefined },
  ) {
    this.#ports = ports
    this.#rules = rules
    const isAnew = rules.overrides?.isNested === true || rules.dedupes === true
    this.#locked = isAnew ? versionsOf(locked) : locked
    this.#workspace = new Map(importers.map((importer) => [importer.name ?? '', importer]))
  }

  /** Follows these package.jsons' dependencies to their ends; one that is known gets these dependencies besides. */
  async follow(importers: readonly WantedImporter[]): Promise<void> {
    this.#ended = Promise.withResolvers<void>()
    this.#running = 1
    for (const importer of importers) this.#enter(importer, false)
    for (const importer of importers) this.#enter(importer, true)
    this.#done()
    await this.#ended.promise
  }

  /** Overrides that met nothing; empty where packages came from a lock, since not all was asked for then. */
  unusedOverrides(): readonly string[] {
    return this.#tookOver ? [] : (this.#rules.overrides?.unused() ?? [])
  }

  /** What was found so far: what optional dependencies could not have is left out. Throws the failure nearest to a package.json. */
  found(): Places {
    const places = withoutFailures({ importers: this.#importers, nodes: this.#nodes })
    const { overrides, ranges, dedupes } = this.#rules
    const merged = overrides?.isNested === true ? mergeVariants(places) : places
    return dedupes === true ? converge(merged, ranges) : merged
  }

  /** Its peers come after all else that package.jsons want: they take what is there. */
  #enter(importer: WantedImporter, isPeers: boolean): void {
    const { folder, name = '', version = '0.0.0', edges } = importer
    const growing: Growing = this.#importers.get(folder) ?? {
      release: { name, version, dist: { tarball: '' } },
      edges: new Map(),
      optional: new Set(),
      failures: new Map(),
      wanted: new Map(),
    }
    this.#importers.set(folder, growing)
    for (const each of optionalIn(edges)) growing.optional.add(each)
    const others = isPeers ? new Map(this.#directs) : this.#directs
    for (const edge of edges) {
      if ((edge.isPeer === true) !== isPeers) continue
      const found = this.#direct(edge, growing, { folder, others: others.get(edge.name) ?? [] })
      const known = this.#directs.get(edge.name) ?? []
      this.#directs.set(edge.name, [...known, found.catch(() => undefined)])
      this.#settle(growing, edge, found)
    }
  }

  async #direct(
    written: WantedEdge,
    growing: Growing,
    { folder, others }: { readonly folder: string; readonly others: Directs },
  ): Promise<PackageId | undefined> {
    const { edge, rule } = this.#override(written, growing.release, undefined)
    if (edge === undefined) return undefined
    const kept = this.#locked?.direct(folder, written)
    if (kept !== undefined && this.#take(kept)) return kept
    const specifier = parseSpecifier(edge.name, edge.specifier)
    const neighbour = this.#neighbour(specifier)
    if (neighbour !== undefined) return `link:${neighbour.folder}`
    if (specifier.kind === 'registry') growing.wanted.set(edge.name, specifier)
    const known = { others: edge.isPeer === true ? others : [], pin: this.#pin(folder, edge) }
    const chosen =
      specifier.kind === 'registry'
        ? await this.#pickAlike(specifier, known)
        : await this.#ports.other(specifier, folder)
    return this.#visit(chosen, undefined, rule)
  }

  /** The workspace's package of that name, where its version fits. Throws workspace_absent where no other is meant. */
  #neighbour(specifier: Specifier): WantedImporter | undefined {
    if (specifier.kind !== 'registry' && specifier.kind !== 'workspace') return undefined
    const { name, wanted } = specifier
    const found = this.#workspace.get(name)
    const { version = '0.0.0' } = found ?? {}
    const isAny = specifier.kind === 'workspace' && /^[\^~*]?$/.test(wanted)
    if (found !== undefined && (isAny || isWithin(version, wanted))) return found
    if (specifier.kind === 'registry') return undefined
    const known = found === undefined ? {} : { found: version }
    throw new SteleError('workspace_absent', { name, wanted, ...known, chain: [] })
  }

  async #transitive(
    written: WantedEdge,
    { id: from, place: { release: by, wanted: asked } }: Asking,
    scope: Scope | undefined,
  ): Promise<PackageId | undefined> {
    const { edge, rule } = this.#override(written, by, scope)
    if (edge === undefined) return undefined
    const kept = this.#locked?.direct(from, edge)
    if (kept !== undefined && this.#take(kept)) return kept
    const specifier = parseSpecifier(edge.name, edge.specifier)
    if (specifier.kind !== 'registry') {
      // What the project itself wrote, in its overrides, needs nobody's leave.
      const isOwn = rule?.value !== undefined
      const neighbour = isOwn ? this.#neighbour(specifier) : undefined
      if (neighbour !== undefined) return `link:${neighbour.folder}`
      if (!isOwn && this.#rules.allowsSource?.(specifier, by) !== true) throw refusedSource(edge)
      return this.#visit(await this.#ports.other(specifier, '.'), scope, rule)
    }
    const { name, wanted } = specifier
    this.#bound(name)
    asked.set(edge.name, specifier)
    const pin = this.#pin(from, edge)
    const isExact = (this.#rules.ranges ?? nodeRanges).version(wanted) !== undefined
    // What the project's overrides say needs nobody's leave.
    const pinner = isExact && rule?.value === undefined ? { id: from, release: by } : undefined
    const key = `${name}\0${wanted}\0${pin?.version ?? ''}\0${isExact ? from : ''}`
    const others = this.#directs.get(specifier.name) ?? []
    const known = { others, pin, pinner }
    const chosen = this.#asked.get(key) ?? this.#pickAlike(specifier, known)
    this.#asked.set(key, chosen)
    return this.#visit(await chosen, scope, rule)
  }

  /** As many names as there can be packages: somebody may invent dependencies faster than they are followed. */
  #bound(name: string): void {
    if (this.#names.add(name).size <= maxPackages) return
    this.#isOver = true
    throw new SteleError('graph_too_large', { limit: maxPackages, of: 'packages' })
  }

  #override(
    edge: WantedEdge,
    by: Release,
    scope: Scope | undefined,
  ): ReturnType<Overrides['edge']> {
    const { overrides } = this.#rules
    return overrides?.edge(scope ?? overrides.root, by, edge) ?? { edge, rule: undefined }
  }

  #pin(from: string, edge: WantedEdge): Pin | undefined {
    return this.#locked?.pinned?.(from, edge)
  }

  /** As it is pinned, or as other dependencies of the project have it, where that fits. */
  async #pickAlike(specifier: FromRegistry, { others, pin, pinner }: Known): Promise<Chosen> {
    const locked = this.#locked?.versions(specifier.name) ?? []
    const ids = others.length === 0 ? [] : await Promise.all(others)
    const own = ids.flatMap((id) => this.#nodes.get(id ?? '')?.release ?? [])
    const versions = own.filter(({ name }) => name === specifier.name)
    const preferred = [...locked, ...versions.map(({ version }) => version)]
    return this.#pick(specifier, preferred, { pin, pinner })
  }

  async #pick(
    { name, wanted }: FromRegistry,
    preferred: readonly string[],
    { pin, pinner }: Pick<Known, 'pin' | 'pinner'>,
  ): Promise<Chosen> {
    const packument = await this.#ports.packument(name)
    const { nodeVersion, refuse, ranges = nodeRanges } = this.#rules
    const pinned = takePinned(packument, { wanted, ranges }, pin)
    if (pinned !== undefined) return { id: `${name}@${pinned.version}`, release: pinned }
    const refused = new Map<string, string>()
    const isExact = ranges.version(wanted) !== undefined
    const isFree = refuse === undefined || (isExact && (await mayPin(pinner, this.#ports, refuse)))
    for (;;) {
      const release = pickVersion(packument, wanted, {
        preferred,
        nodeVersion,
        ranges,
        isAllowed: ({ version }) => !refused.has(version),
      })
      if (release === undefined) {
        throw refused.size === 0
          ? absentVersion(packument, wanted)
          : refusedVersion(packument, wanted, refused)
      }
      const isKept = isFree || preferred.includes(release.version)
      const reason = isKept ? undefined : await refuse(packument, release, isExact)
      if (reason === undefined) return { id: `${name}@${release.version}`, release }
      refused.set(release.version, reason)
      if (isExact) throw refusedVersion(packument, wanted, refused)
    }
  }

  /** Follows a package that was chosen in this scope, by this rule where there was one; gives the id that it has there. */
  #visit(
    { id: plain, release: published }: Chosen,
    outer: Scope | undefined,
    rule: Override | undefined,
  ): PackageId {
    const { overrides, extend = same } = this.#rules
    const scope = overrides?.scopeOf(outer ?? overrides.root, published, rule)
    const id = variantId(plain, scope?.key ?? '')
    if (this.#nodes.has(id) || this.#take(id)) return id
    const release = this.#withPeers(extend(soundRelease(published)), scope)
    const edges = edgesOf(release)
    const growing = this.#grow(id, { release, optional: optionalIn(edges) })
    this.#ports.chosen?.(plain, release)
    const asking = { id: plain, place: growing }
    for (const edge of this.#isOver ? [] : edges)
      this.#settle(growing, edge, this.#transitive(edge, asking, scope))
    return id
  }

  /** The package with its peers overridden. */
  #withPeers(release: Release, scope: Scope | undefined): Release {
    const { peerDependencies } = release
    if (this.#rules.overrides === undefined || peerDependencies === undefined) return release
    const peers = Object.entries(peerDependencies).flatMap(([name, specifier]) => {
      const { edge } = this.#override({ name, specifier, kind: 'dependencies' }, release, scope)
      return edge === undefined ? [] : [[name, edge.specifier] as const]
    })
    return { ...release, peerDependencies: Object.fromEntries(peers) }
  }

  /** Takes a package over from the lock, with all that it depends on. */
  #take(id: PackageId): boolean {
    if (this.#nodes.has(id) || id.startsWith('link:')) return true
    const node = this.#locked?.node(id)
    if (node === undefined) return false
    this.#tookOver = true
    const growing = this.#grow(id, node)
    for (const [name, target] of node.edges) {
      if (this.#take(target)) growing.edges.set(name, target)
      else throw new Error(`The lock has no "${target}", which "${id}" depends on`)
    }
    return true
  }

  #grow(id: PackageId, { release, optional }: Pick<Place, 'release' | 'optional'>): Growing {
    if (this.#nodes.size >= maxPackages)
      throw new SteleError('graph_too_large', { limit: maxPackages, of: 'packages' })
    const growing: Growing = {
      release,
      edges: new Map(),
      optional: new Set(optional),
      failures: new Map(),
      wanted: new Map(),
    }
    this.#nodes.set(id, growing)
    return growing
  }

  /** Notes what the edge became, now or later. What is wrong with one package is told when all is known; all else ends the crawl. */
  #settle(growing: Growing, edge: WantedEdge, found: Promise<PackageId | undefined>): void {
    this.#running += 1
    found
      .then((id) => {
        if (id !== undefined) growing.edges.set(edge.name, id)
      })
      .catch((error: unknown) => {
        if (!isSteleError(error) || !isOfOnePackage(error)) throw error
        growing.failures.set(edge.name, error)
      })
      .then(() => this.#done(), this.#ended.reject)
  }

  #done(): void {
    this.#running -= 1
    if (this.#running === 0) this.#ended.resolve()
  }
}

function optionalIn(edges: readonly WantedEdge[]): ReadonlySet<string> {
  const optional = edges.filter(({ kind }) => kind === 'optionalDependencies')
  return new Set(optional.map(({ name }) => name))
}

type Directs = readonly Promise<PackageId | undefined>[]
/** Versions that are taken where they fit. */
type Known = {
  readonly others: Directs
  readonly pin: Pin | undefined
  /** The package that asks for a version by its number. */
  readonly pinner?: Chosen | undefined
}

/** A lock of which only the versions count: it holds neither ranges, nor several of one package as nested overrides make them. */
function versionsOf(locked: Locked | undefined): Locked | undefined {
  return locked && { ...locked, direct: () => undefined, node: () => undefined }
}

function isWithin(version: string, wanted: string): boolean {
  return testPresent(wanted)?.(version) === true
}

function refusedSource({ name, specifier }: WantedEdge): SteleError<'source_refused'> {
  return new SteleError('source_refused', { name, specifier, chain: [] })
}

function same(release: Release): Release {
  return release
}
