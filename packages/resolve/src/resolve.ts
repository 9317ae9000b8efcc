// Wishes to a graph: every dependency followed, missing peers added, each package placed in its surroundings.
import {
  Crawl,
  type Locked,
  type ResolvePorts,
  type ResolveRules,
  type WantedImporter,
} from './crawl.ts'
import type { Places } from './failures.ts'
import type { Direct, Graph, Importer, PackageId } from './graph.ts'
import { type Placed, placeInstances } from './instances.ts'
import { maxPeerRounds } from './limits.ts'
import { findOutsideNames, type OutsideNames } from './outside-names.ts'
import type { Release } from './packument.ts'
import {
  commonRange,
  findMismatches,
  findMissingPeers,
  type MissingPeer,
  type PeerMismatch,
} from './peers.ts'
import { packageOf } from './variants.ts'

/** The graph, and what a person should know of it. */
export type Resolved = {
  readonly graph: Graph
  readonly mismatches: readonly PeerMismatch[]
  /** Overrides that met nothing; empty where a lock was taken over, since not all was asked for then. */
  readonly unusedOverrides: readonly string[]
}

/**
 * The graph of these package.jsons. What the lock holds stays where it fits. Throws specifier_invalid, package_absent,
 * version_absent with the shortest way to who asked, graph_too_large, and what the ports throw.
 */
export async function resolve(
  importers: readonly WantedImporter[],
  ports: ResolvePorts,
  rules: ResolveRules & { readonly locked?: Locked | undefined } = {},
): Promise<Resolved> {
  const crawl = new Crawl(importers, ports, rules)
  await crawl.follow(importers)
  const tried = new Set<string>()
  let places = crawl.found()
  let outside = findOutsideNames(places.nodes)
  for (let round = 0; round < maxPeerRounds; round++) {
    const missing = findMissingPeers(places, outside).filter((peer) => !tried.has(placeOf(peer)))
    if (missing.length === 0) break
    for (const peer of missing) tried.add(placeOf(peer))
    await crawl.follow(addedEdges(missing))
    places = crawl.found()
    outside = findOutsideNames(places.nodes)
  }
  return { ...describe(importers, places, outside), unusedOverrides: crawl.unusedOverrides() }
}

function placeOf({ folder, name }: MissingPeer): string {
  return `${folder}\0${name}`
}

/** Each missing peer becomes a dependency that the package.json did not write down; one that cannot be had is left out. */
function addedEdges(missing: readonly MissingPeer[]): readonly WantedImporter[] {
  return [...Map.groupBy(missing, ({ folder }) => folder)].map(([folder, peers]) => ({
    folder,
    edges: peers.map(({ name, wanted }) => ({
      name,
      specifier: commonRange([...wanted.keys()]),
      kind: 'optionalDependencies',
      isPeer: true,
    })),
  }))
}

function describe(
  wanted: readonly WantedImporter[],
  places: Places,
  outside: OutsideNames,
): Omit<Resolved, 'unusedOverrides'> {
  const placed = placeInstances(places, outside)
  const versions = new Map(wanted.map(({ folder, version }) => [folder, version]))
  const ids = [...places.nodes.keys()].filter((id) => id === packageOf(id)).toSorted()
  const graph: Graph = {
    importers: wanted
      .map((importer) => describeImporter(importer, placed))
      .toSorted((one, other) => (one.folder < other.folder ? -1 : 1)),
    packages: new Map(ids.map((id) => [id, releaseAt(places, id)])),
    instances: placed.instances,
  }
  return { graph, mismatches: findMismatches(places, placed, (folder) => versions.get(folder)) }
}

function releaseAt({ nodes }: Places, id: PackageId): Release {
  const place = nodes.get(id)
  if (place === undefined) throw new Error(`The graph has no "${id}"`)
  return place.release
}

function describeImporter({ folder, edges }: WantedImporter, placed: Placed): Importer {
  const keys = placed.importers.get(folder)
  const directs = edges
    .map(
      ({ name, specifier, kind }): Direct => ({ name, specifier, kind, instance: keys?.get(name) }),
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return { folder, directs }
}
