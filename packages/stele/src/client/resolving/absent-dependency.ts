// A name that is no dependency, told with what it could have been.
import { SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import { dependentsOf, instancesOf } from '../lock/dependency-paths.ts'
import { readLockFile } from '../lock/lock-file.ts'

const maxNamed = 3

/** That there is no such dependency: who has it instead, or what is called almost so. */
export function absentDependency(
  root: string,
  name: string,
  { where, known }: { readonly where: string; readonly known: readonly string[] },
): SteleError<'dependency_absent'> {
  const graph = readLockFile(root)?.lock.graph
  const keys = graph === undefined ? [] : instancesOf(graph, { name })
  if (graph === undefined || keys.length === 0) {
    return new SteleError('dependency_absent', { name, where, ...nearest(name, known) })
  }
  const into = dependentsOf(graph)
  const all = [...new Set(keys.flatMap((key) => (into.get(key) ?? []).map(({ from }) => from)))]
  const rest = all.length > maxNamed ? [`${all.length - maxNamed} others`] : []
  return new SteleError('dependency_absent', {
    name,
    where,
    by: [...all.slice(0, maxNamed), ...rest],
  })
}
