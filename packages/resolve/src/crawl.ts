// Follows every dependency to a version. Each choice depends on what is asked and on what the registry shows, never on which answer
// came first, so the outcome is the same however the answers are shuffled.
import { isSteleError, SteleError } from '@stele/errors'
import semver from 'semver'
import {
  absentVersion,
  isOfOnePackage,
  type Place,
  type Places,
  withoutFailures,
} from './failures.ts'
import type { PackageId } from './graph.ts'
import { maxPackages } from './limits.ts'
import type { Packument, Release } from './packument.ts'
import { pickVersion } from './pick-version.ts'
import { parseSpecifier, type Specifier } from './specifier.ts'
import { edgesOf, type WantedEdge } from './wanted.ts'

/** A package.json of this project, to be resolved. */
export type WantedImporter = {
  /** Below the root, with slashes; `.` for the root. */
  readonly folder: string
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly edges: readonly WantedEdge[]
}

/** A package that is no registry's, by the id that it is known by from then on. */
type Other = { readonly id: PackageId; readonly release: Release }

/** What resolving asks of the world, and tells it. */
export type ResolvePorts = {
  /** Throws a SteleError: package_absent where there is none. */
  readonly packument: (name: string) => Promise<Packument>
  /** `from` is the folder of the package.json that asks. */
  readonly other: (specifier: Specifier, from: string) => Promise<Other>
  /** The package belongs to the graph: its tarball may be fetched from now on. */
  readonly chosen?: ((id: PackageId, release: Release) => void) | undefined
}

/** What may be chosen. */
export type ResolveRules = {
  readonly nodeVersion?: string | undefined
  readonly isAllowed?: ((packument: Packument, release: Release) => boolean) | undefined
}

/** What a lock holds, to be kept where it still fits. */
export type Locked = {
  /** The package that a dependency of a package.json was, if the lock has it with the same specifier. */
  readonly direct: (folder: string, edge: WantedEdge) => PackageId | undefined
  readonly node: (id: PackageId) => Omit<Place, 'failures'> | undefined
  readonly versions: (name: string) => readonly string[]
}

type Growing = Place & {
  readonly edges: Map<string, PackageId>
  readonly optional: Set<string>
  readonly failures: Map<string, SteleError>
}

/** A crawl that can be gone on with: missing peers are asked for when all else is known. */
export class Crawl {
  readonly #ports: ResolvePorts
  readonly #rules: ResolveRules
  readonly #locked: Locked | undefined
  readonly #workspace: ReadonlyMap<string, WantedImporter>
  readonly #nodes = new Map<PackageId, Growing>()
  readonly #importers = new Map<string, Growing>()
  readonly #asked = new Map<string, Promise<PackageId>>()
  /** What the project's own dependencies became, by name: others take the same version where it fits. */
  readonly #directs = new Map<string, Promise<PackageId | undefined>[]>()
  #running = 0
  #ended = Promise.withResolvers<void>()

  constructor(
    importers: readonly WantedImporter[],
    ports: ResolvePorts,
    { locked, ...rules }: ResolveRules & { readonly locked?: Locked | undefined },
  ) {
    this.#ports = ports
    this.#rules = rules
    this.#locked = locked
    this.#workspace = new Map(importers.map((importer) => [importer.name ?? '', importer]))
  }

  /** Follows these package.jsons' dependencies to their ends; one that is known gets these dependencies besides. */
  async follow(importers: readonly WantedImporter[]): Promise<void> {
    this.#ended = Promise.withResolvers<void>()
    this.#running = 1
    for (const importer of importers) this.#enter(importer)
    this.#done()
    await this.#ended.promise
  }

  /** What was found so far: what optional dependencies could not have is left out. Throws the failure nearest to a package.json. */
  found(): Places {
    return withoutFailures({ importers: this.#importers, nodes: this.#nodes })
  }

  #enter(importer: WantedImporter): void {
    const { folder, name = '', version = '0.0.0', edges } = importer
    const growing: Growing = this.#importers.get(folder) ?? {
      release: { name, version, dist: { tarball: '' } },
      edges: new Map(),
      optional: new Set(),
      failures: new Map(),
    }
    this.#importers.set(folder, growing)
    for (const each of optionalIn(edges)) growing.optional.add(each)
    for (const edge of edges) {
      const found = this.#direct(edge, folder)
      const others = this.#directs.get(edge.name) ?? []
      this.#directs.set(edge.name, [...others, found.catch(() => undefined)])
      this.#settle(growing, edge, found)
    }
  }

  async #direct(edge: WantedEdge, folder: string): Promise<PackageId> {
    const kept = this.#locked?.direct(folder, edge)
    if (kept !== undefined && this.#take(kept)) return kept
    const specifier = parseSpecifier(edge.name, edge.specifier)
    const neighbour = this.#neighbour(specifier)
    if (neighbour !== undefined) return `link:${neighbour.folder}`
    if (specifier.kind !== 'registry') return this.#other(specifier, folder)
    return this.#pick(specifier, this.#locked?.versions(specifier.name) ?? [])
  }

  /** The workspace's package of that name, where its version fits. */
  #neighbour(specifier: Specifier): WantedImporter | undefined {
    if (specifier.kind !== 'registry' && specifier.kind !== 'workspace') return undefined
    const { name, wanted } = specifier
    const found = this.#workspace.get(name)
    if (found === undefined) return undefined
    if (specifier.kind === 'workspace' && /^[\^~*]?$/.test(wanted)) return found
    const { version = '0.0.0' } = found
    const fits = semver.satisfies(version, wanted, { includePrerelease: true, loose: true })
    return fits ? found : undefined
  }

  async #other(specifier: Specifier, folder: string): Promise<PackageId> {
    const { id, release } = await this.#ports.other(specifier, folder)
    this.#visit(id, release)
    return id
  }

  async #transitive(edge: WantedEdge, folder: string): Promise<PackageId> {
    const specifier = parseSpecifier(edge.name, edge.specifier)
    if (specifier.kind !== 'registry') return this.#other(specifier, folder)
    const { name, wanted } = specifier
    const key = `${name}\0${wanted}`
    const asked = this.#asked.get(key) ?? this.#pickAlike(specifier)
    this.#asked.set(key, asked)
    return asked
  }

  /** As the project itself has it, where that fits. */
  async #pickAlike(specifier: Specifier & { readonly kind: 'registry' }): Promise<PackageId> {
    const locked = this.#locked?.versions(specifier.name) ?? []
    const directs = await Promise.all(this.#directs.get(specifier.name) ?? [])
    const own = directs.flatMap((id) => this.#nodes.get(id ?? '')?.release ?? [])
    const versions = own.filter(({ name }) => name === specifier.name)
    return this.#pick(specifier, [...locked, ...versions.map(({ version }) => version)])
  }

  async #pick(
    { name, wanted }: Specifier & { readonly kind: 'registry' },
    preferred: readonly string[],
  ): Promise<PackageId> {
    const packument = await this.#ports.packument(name)
    const { nodeVersion, isAllowed } = this.#rules
    const release = pickVersion(packument, wanted, {
      preferred,
      nodeVersion,
      isAllowed: isAllowed && ((each) => isAllowed(packument, each)),
    })
    if (release === undefined) throw absentVersion(packument, wanted)
    const id = `${name}@${release.version}`
    this.#visit(id, release)
    return id
  }

  #visit(id: PackageId, release: Release): void {
    if (this.#nodes.has(id) || this.#take(id)) return
    const edges = edgesOf(release)
    const growing = this.#grow(id, { release, optional: optionalIn(edges) })
    for (const edge of edges) this.#settle(growing, edge, this.#transitive(edge, id))
  }

  /** Takes a package over from the lock, with all that it depends on. */
  #take(id: PackageId): boolean {
    if (this.#nodes.has(id) || id.startsWith('link:')) return true
    const node = this.#locked?.node(id)
    if (node === undefined) return false
    const growing = this.#grow(id, node)
    for (const [name, target] of node.edges) {
      if (this.#take(target)) growing.edges.set(name, target)
      else throw new Error(`The lock has no "${target}", which "${id}" depends on`)
    }
    return true
  }

  #grow(id: PackageId, { release, optional }: Pick<Place, 'release' | 'optional'>): Growing {
    if (this.#nodes.size >= maxPackages)
      throw new SteleError('graph_too_large', { limit: maxPackages })
    const growing: Growing = {
      release,
      edges: new Map(),
      optional: new Set(optional),
      failures: new Map(),
    }
    this.#nodes.set(id, growing)
    this.#ports.chosen?.(id, release)
    return growing
  }

  /** Notes what the edge became, now or later. What is wrong with one package is told when all is known; all else ends the crawl. */
  #settle(growing: Growing, edge: WantedEdge, found: Promise<PackageId>): void {
    this.#running += 1
    found
      .then((id) => growing.edges.set(edge.name, id))
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
