// What somebody means who types the name of a package that is in the lock.
import { type Graph, type InstanceKey, linkedFolder } from '@stele/resolve/graph'
import { dependentsOf, instancesOf } from '../lock/dependency-paths.ts'
import { absentDependency } from './absent-dependency.ts'
import { splitSpec } from './wish.ts'

/** The instances of `name` or `name@version`: of a package, else of a folder that something depends on. Throws dependency_absent. */
export function instancesNamed(root: string, graph: Graph, typed: string): readonly InstanceKey[] {
  const { name, version } = splitSpec(typed)
  const own = instancesOf(graph, { name, version })
  const keys = own.length === 0 ? foldersNamed(graph, name) : own
  if (keys.length > 0) return keys
  const known = [...graph.packages.values()].map((one) => one.name)
  throw absentDependency(root, typed, { where: 'stele.lock', known })
}

/** Folders that something depends on by this name: packages of the workspace, and others that are linked. */
function foldersNamed(graph: Graph, name: string): readonly InstanceKey[] {
  return [...dependentsOf(graph)].flatMap(([key, edges]) =>
    linkedFolder(key) !== undefined && edges.some((edge) => edge.name === name) ? [key] : [],
  )
}
