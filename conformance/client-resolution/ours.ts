// What Stele makes of a package.json, as a graph with the ranges that its edges were asked for with.
import { openRegistries, readConfig } from '../../packages/fetch/src/index.ts'
import { resolve } from '../../packages/resolve/src/index.ts'
import type { Graph, Packument, WantedEdge } from '../../packages/resolve/src/public/graph.ts'

/** An edge of the graph: who wants a name how, and which package that became. */
export type Edge = {
  readonly from: string
  readonly name: string
  readonly specifier: string
  readonly to: string | undefined
  readonly kind: 'dependencies' | 'optionalDependencies' | 'peer' | 'optional peer'
}

/** A resolved project. */
export type Ours = {
  readonly graph: Graph
  readonly edges: readonly Edge[]
}

/** Resolves these dependencies with the packuments of the registry at this address. */
export async function resolveOurs(wanted: readonly WantedEdge[], folder: string): Promise<Ours> {
  const registries = openRegistries(readConfig(folder))
  const known = new Map<string, Promise<Packument>>()
  try {
    const { graph } = await resolve(
      [{ folder: '.', edges: wanted }],
      {
        packument: (name) => {
          const found = known.get(name) ?? registries.packument(name)
          known.set(name, found)
          return found
        },
        other: () => Promise.reject(new Error('Only registries are compared')),
      },
      { nodeVersion: process.versions.node },
    )
    const shown = new Map<string, Packument>()
    for (const [name, packument] of known) shown.set(name, await packument)
    return { graph, edges: edgesOf(graph, shown, wanted) }
  } finally {
    registries.close()
  }
}

function edgesOf(
  graph: Graph,
  shown: ReadonlyMap<string, Packument>,
  wanted: readonly WantedEdge[],
): readonly Edge[] {
  const idOf = (key: string | undefined): string | undefined => graph.instances.get(key ?? '')?.id
  const own = wanted.map(({ name, specifier }): Edge => {
    const direct = graph.importers[0]?.directs.find((each) => each.name === name)
    return { from: '.', name, specifier, to: idOf(direct?.instance), kind: 'dependencies' }
  })
  const others = [...graph.instances.values()].flatMap(({ id, dependencies }) => {
    const release = graph.packages.get(id)
    const published = shown.get(release?.name ?? '')?.versions[release?.version ?? '']
    const edge = (kind: Edge['kind'], name: string, specifier: string): Edge => ({
      from: id,
      name,
      specifier,
      to: idOf(dependencies.get(name)),
      kind,
    })
    const {
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta,
    } = published ?? {}
    const plain = { ...published?.dependencies, ...optionalDependencies }
    return [
      ...Object.entries(plain).map(([name, specifier]) =>
        edge(
          name in optionalDependencies ? 'optionalDependencies' : 'dependencies',
          name,
          specifier,
        ),
      ),
      ...Object.entries(peerDependencies).map(([name, specifier]) =>
        edge(
          peerDependenciesMeta?.[name]?.optional === true ? 'optional peer' : 'peer',
          name,
          specifier,
        ),
      ),
    ]
  })
  return [...own, ...others]
}
