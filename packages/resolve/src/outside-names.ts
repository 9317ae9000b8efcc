// Which names a package, with all below it, takes from where it is installed: its peers, and those of its dependencies.
import type { Place } from './failures.ts'
import type { PackageId } from './graph.ts'
import { peersOf } from './wanted.ts'

/** Names by package; packages that take nothing from outside, most, are not in it. */
export type OutsideNames = ReadonlyMap<PackageId, ReadonlySet<string>>

const none: ReadonlySet<string> = new Set()

/** For each package what it and its dependencies leave to their surroundings, in a fixed order. Cycles are followed to their end. */
export function findOutsideNames(nodes: ReadonlyMap<PackageId, Place>): OutsideNames {
  const names = new Map<PackageId, Set<string>>()
  const dependents = new Map<PackageId, PackageId[]>()
  for (const [id, { edges, release }] of nodes) {
    const peers = peersOf(release).filter(({ name }) => !edges.has(name))
    if (peers.length > 0) names.set(id, new Set(peers.map(({ name }) => name)))
    for (const target of edges.values()) {
      const others = dependents.get(target)
      if (others === undefined) dependents.set(target, [id])
      else others.push(id)
    }
  }
  const queue = [...names.keys()]
  for (const id of queue) {
    for (const dependent of dependents.get(id) ?? []) {
      if (addAll(names, { id, dependent, own: nodes.get(dependent)?.edges })) queue.push(dependent)
    }
  }
  return new Map([...names].map(([id, found]) => [id, new Set([...found].toSorted())]))
}

type Step = {
  readonly id: PackageId
  readonly dependent: PackageId
  readonly own: ReadonlyMap<string, PackageId> | undefined
}

/** Whether the dependent has a name more now. */
function addAll(names: Map<PackageId, Set<string>>, { id, dependent, own }: Step): boolean {
  const known = names.get(dependent) ?? new Set()
  const before = known.size
  for (const name of names.get(id) ?? none) if (own?.has(name) !== true) known.add(name)
  if (known.size > 0) names.set(dependent, known)
  return known.size > before
}
