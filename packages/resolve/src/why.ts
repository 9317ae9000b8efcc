// Why a package is there: the ways from the project's package.jsons to it.
import { type Graph, type InstanceKey, linkedFolder, type PackageId } from './graph.ts'
import { maxWays } from './limits.ts'

/** A way to a package: the folder of a package.json, and then each package on it. */
export type Way = { readonly folder: string; readonly keys: readonly InstanceKey[] }

/** For each version of the package that is there, the shortest ways to it: one from each package.json and dependent, shortest first. */
export function waysTo(graph: Graph, name: string): ReadonlyMap<PackageId, readonly Way[]> {
  const before = shortestWays(graph)
  const found = new Map<PackageId, Way[]>()
  const add = (key: InstanceKey, way: Way): void => {
    const id = graph.instances.get(key)?.id ?? key
    if (graph.packages.get(id)?.name !== name) return
    const ways = found.get(id) ?? []
    found.set(id, ways)
    if (ways.length < maxWays) ways.push(way)
  }
  for (const { folder, directs } of graph.importers) {
    for (const { instance } of directs) {
      if (instance !== undefined) add(instance, { folder, keys: [instance] })
    }
  }
  for (const [key, way] of before) {
    for (const target of graph.instances.get(key)?.dependencies.values() ?? []) {
      add(target, { folder: way.folder, keys: [...way.keys, target] })
    }
  }
  for (const ways of found.values()) {
    ways.sort((one, other) => one.keys.length - other.keys.length)
  }
  return new Map([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** One shortest way to each instance, nearest first. */
function shortestWays({ importers, instances }: Graph): ReadonlyMap<InstanceKey, Way> {
  const ways = new Map<InstanceKey, Way>()
  const reach = (key: InstanceKey | undefined, folder: string, keys: readonly string[]): void => {
    if (key === undefined || linkedFolder(key) !== undefined || ways.has(key)) return
    ways.set(key, { folder, keys: [...keys, key] })
  }
  for (const { folder, directs } of importers) {
    for (const { instance } of directs) reach(instance, folder, [])
  }
  for (const [key, { folder, keys }] of ways) {
    for (const target of instances.get(key)?.dependencies.values() ?? [])
      reach(target, folder, keys)
  }
  return ways
}
