// A lock as resolving takes it over: what still fits stays as it was.
import { fitsWanted, type Locked } from '@stele/resolve'
import {
  type Graph,
  type InstanceKey,
  linkedFolder,
  type PackageId,
  peersOf,
  type WantedEdge,
} from '@stele/resolve/graph'
import { rangeIn } from './range-in.ts'

/** What is not to stay. */
export type Forgotten = {
  /** Packages by their names in the registry: whoever depends on them gets what is newest. */
  readonly names?: ReadonlySet<string>
}

type Edges = ReadonlyMap<string, PackageId>

/**
 * What the graph holds, by package: peers are found anew, so they are no dependencies here. A package that leads to one that is
 * forgotten, or that the graph lacks, keeps its version and is followed anew.
 */
export function lockedOf(
  { importers, packages, instances }: Graph,
  { names: forgotten = new Set() }: Forgotten = {},
): Locked {
  const idOf = (key: InstanceKey): PackageId =>
    linkedFolder(key) === undefined ? (instances.get(key)?.id ?? key) : key
  const nodes = nodesOf({ packages, instances }, idOf)
  const isGone = (id: PackageId): boolean =>
    linkedFolder(id) === undefined &&
    (!nodes.has(id) || forgotten.has(packages.get(id)?.name ?? ''))
  const incomplete = incompleteIn(nodes, isGone)
  const optionals = new Map([...instances.values()].map(({ id, optional }) => [id, optional]))
  const versions = Map.groupBy(packages.values(), ({ name }) => name)
  const directs = new Map(
    importers.map(({ folder, directs: own }) => [
      folder,
      new Map(own.map((direct) => [direct.name, direct])),
    ]),
  )
  /** What the edge was, complete or not. */
  const edgeOf = (from: string, edge: WantedEdge): PackageId | undefined => {
    const direct = directs.get(from)?.get(edge.name)
    const key = direct?.instance
    const id = key === undefined ? nodes.get(from)?.get(edge.name) : idOf(key)
    if (id === undefined || isGone(id)) return undefined
    if (direct?.specifier === edge.specifier) return id
    return fits(id, packages.get(id)?.version, edge) ? id : undefined
  }
  return {
    direct: (from, edge) => {
      const id = edgeOf(from, edge)
      return id === undefined || incomplete.has(id) ? undefined : id
    },
    pinned: (from, edge) => {
      const id = edgeOf(from, edge)
      const release = packages.get(id ?? '')
      if (release === undefined || id !== `${release.name}@${release.version}`) return undefined
      if (rangeIn(edge)?.name !== release.name) return undefined // Somebody else's hash.
      return { version: release.version, integrity: release.dist.integrity }
    },
    node: (id) => {
      const release = packages.get(id)
      const edges = nodes.get(id)
      if (release === undefined || edges === undefined || incomplete.has(id) || isGone(id)) {
        return undefined
      }
      return { release, edges, optional: optionals.get(id) ?? new Set() }
    },
    versions: (name) =>
      forgotten.has(name) ? [] : (versions.get(name)?.map(({ version }) => version) ?? []),
  }
}

/** Whether it is what the edge asks of a registry, by that name; of what is no registry's nobody can tell. */
function fits(id: PackageId, version: string | undefined, edge: WantedEdge): boolean {
  const range = rangeIn(edge)
  if (range === undefined || version === undefined || id !== `${range.name}@${version}`)
    return false
  return fitsWanted(version, range.wanted) && range.isRange
}

/** The dependencies of each package, without its peers; what two surroundings disagree on is as in the one that comes first. */
function nodesOf(
  { packages, instances }: Pick<Graph, 'packages' | 'instances'>,
  idOf: (key: InstanceKey) => PackageId,
): ReadonlyMap<PackageId, Edges> {
  const nodes = new Map<PackageId, Map<string, PackageId>>()
  for (const { id, dependencies } of instances.values()) {
    const release = packages.get(id)
    if (release === undefined) continue
    const edges = nodes.get(id) ?? new Map<string, PackageId>()
    nodes.set(id, edges)
    const peers = new Set(peersOf(release).map(({ name }) => name))
    for (const [name, key] of dependencies) {
      if (!peers.has(name) && !edges.has(name)) edges.set(name, idOf(key))
    }
  }
  return nodes
}

/** Packages that lead to one that is gone. */
function incompleteIn(
  nodes: ReadonlyMap<PackageId, Edges>,
  isGone: (id: PackageId) => boolean,
): ReadonlySet<PackageId> {
  const dependents = new Map<PackageId, PackageId[]>()
  for (const [id, edges] of nodes) {
    for (const target of edges.values()) {
      const others = dependents.get(target)
      if (others === undefined) dependents.set(target, [id])
      else others.push(id)
    }
  }
  const found = new Set([...dependents.keys()].filter(isGone))
  for (const id of found) for (const dependent of dependents.get(id) ?? []) found.add(dependent)
  return found
}
