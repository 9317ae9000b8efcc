// What keeps packages from their newest versions.
import { fitsWanted } from '@stele/resolve'
import type { Graph, Packument } from '@stele/resolve/graph'
import semver from 'semver'
import { dependentsOf, instancesOf } from '../lock/dependency-paths.ts'

/** A package that is older than its newest version, because something wants it so. */
export type Blocked = {
  readonly name: string
  readonly version: string
  readonly latest: string
  /** A package, or "package.json". */
  readonly by: string
  readonly wanted: string
}

/** Who keeps these packages below what is tagged "latest". The graph must tell what their dependents want. */
export async function blockersOf(
  graph: Graph,
  names: Iterable<string>,
  packumentOf: (name: string) => Promise<Packument>,
): Promise<readonly Blocked[]> {
  const into = dependentsOf(graph)
  const found = [...names].map(async (name): Promise<readonly Blocked[]> => {
    const latest = (await packumentOf(name))['dist-tags']['latest']
    if (latest === undefined) return []
    const blocked = instancesOf(graph, { name }).flatMap((key) => {
      const version = graph.packages.get(graph.instances.get(key)?.id ?? '')?.version ?? ''
      if (semver.valid(version) === null || !semver.lt(version, latest)) return []
      return (into.get(key) ?? []).flatMap(({ from, name: dependency }) => {
        const wanted = wantedBy(graph, from, dependency)
        if (wanted === undefined || fitsWanted(latest, wanted)) return []
        return [{ name, version, latest, by: placeOf(from, graph), wanted }]
      })
    })
    return [...new Map(blocked.map((each) => [`${each.by}\n${each.version}`, each])).values()]
  })
  return (await Promise.all(found)).flat()
}

function wantedBy({ importers, packages }: Graph, from: string, name: string): string | undefined {
  const importer = importers.find(({ folder }) => folder === from)
  if (importer !== undefined) return importer.directs.find((each) => each.name === name)?.specifier
  const release = packages.get(from)
  return release?.optionalDependencies?.[name] ?? release?.dependencies?.[name]
}

function placeOf(from: string, { packages }: Graph): string {
  if (packages.has(from)) return from
  return from === '.' ? 'package.json' : `${from}/package.json`
}
