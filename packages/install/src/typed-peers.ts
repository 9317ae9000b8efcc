// Types for peers: a package that takes react from its surroundings takes @types/react from there too, though no package.json says so.
import { type Graph, type Instance, type InstanceKey, peersOf } from '@stele/resolve/graph'

/**
 * The graph, in which packages also depend on the types of their peers where the project has these, in one version. Compilers look
 * for them above the real place of a file, which need not be below the project.
 */
export function withTypedPeers(graph: Graph): Graph {
  const types = typesOf(graph)
  if (types.size === 0) return graph
  const instances = new Map<InstanceKey, Instance>()
  for (const [key, instance] of graph.instances) {
    instances.set(key, withTypes(graph, types, instance))
  }
  return { ...graph, instances }
}

/** `@types/…` of the package.jsons that mean one instance everywhere. */
function typesOf({ importers }: Graph): ReadonlyMap<string, InstanceKey> {
  const found = new Map<string, InstanceKey | undefined>()
  for (const { name, instance } of importers.flatMap(({ directs }) => directs)) {
    if (!name.startsWith('@types/') || instance === undefined) continue
    found.set(name, found.has(name) && found.get(name) !== instance ? undefined : instance)
  }
  return new Map([...found].filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function withTypes(
  { packages }: Graph,
  types: ReadonlyMap<string, InstanceKey>,
  instance: Instance,
): Instance {
  const release = packages.get(instance.id)
  const added = (release === undefined ? [] : peersOf(release)).flatMap(({ name }) => {
    const typesName = `@types/${name.replace(/^@/, '').replace('/', '__')}`
    const key = types.get(typesName)
    const isNew = key !== undefined && instance.dependencies.has(name)
    return isNew && !instance.dependencies.has(typesName) && release?.name !== typesName
      ? [[typesName, key] as const]
      : []
  })
  if (added.length === 0) return instance
  const dependencies = [...instance.dependencies, ...added]
  return { ...instance, dependencies: new Map(dependencies.toSorted(byName)) }
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1
}
