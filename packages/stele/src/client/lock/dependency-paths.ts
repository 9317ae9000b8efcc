// Who depends on whom in a graph: the ways from a package.json to a package.
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import type { Way } from '@stele/resolve/queries'

/** Who depends on an instance. */
type Edge = {
  /** The folder of a package.json, or a package. */
  readonly from: string
  /** What it calls it. */
  readonly name: string
  /** The instance that depends; empty for a package.json. */
  readonly key: InstanceKey
}

/** The edges into each instance: those of package.jsons first, then by name. */
export function dependentsOf({
  importers,
  instances,
}: Graph): ReadonlyMap<string, readonly Edge[]> {
  const into = new Map<InstanceKey, Edge[]>()
  const add = (target: InstanceKey, edge: Edge): void => {
    const known = into.get(target)
    if (known === undefined) into.set(target, [edge])
    else known.push(edge)
  }
  for (const { folder, directs } of importers) {
    for (const { name, instance } of directs) {
      if (instance !== undefined) add(instance, { from: folder, name, key: '' })
    }
  }
  for (const [key, { id, dependencies }] of instances) {
    for (const [name, target] of dependencies) {
      add(target, { from: id, name, key })
    }
  }
  return into
}

/** Every way to these instances without going in a circle, the short ones first, at most so many. */
export function allWays(
  graph: Graph,
  targets: readonly InstanceKey[],
  limit: number,
): { readonly ways: readonly Way[]; readonly isCut: boolean } {
  const into = dependentsOf(graph)
  const ways: Way[] = []
  const queue: (readonly InstanceKey[])[] = targets.map((to) => [to])
  for (const keys of queue) {
    if (ways.length >= limit || queue.length > limit * maxSteps) return { ways, isCut: true }
    for (const { from, key } of into.get(keys[0] ?? '') ?? []) {
      if (key === '') ways.push({ folder: from, keys })
      else if (!keys.includes(key)) queue.push([key, ...keys])
    }
  }
  return { ways, isCut: false }
}

/** Steps that are tried for each way that is wanted: most lead somewhere. */
const maxSteps = 100

/** The instances of packages of this name, or of `name@version`. */
export function instancesOf(
  { packages, instances }: Graph,
  { name, version }: { readonly name: string; readonly version?: string | undefined },
): readonly InstanceKey[] {
  return [...instances].flatMap(([key, { id }]) => {
    const release = packages.get(id)
    const isIt = release?.name === name && (version === undefined || release.version === version)
    return isIt ? [key] : []
  })
}
