// Whether the lines of a lock belong together. Two branches that were merged can each bring lines that the other took away.
import { type Graph, type InstanceKey, linkedFolder, peersOf } from '@stele/resolve/graph'

/** A dependency on something that has no line. */
export type Dangling = { readonly by: string; readonly key: InstanceKey }

/** What lines depend on and is not there. */
export function danglingIn({ importers, instances }: Graph): readonly Dangling[] {
  const dangling: Dangling[] = []
  const check = (by: string, key: InstanceKey | undefined): void => {
    if (key === undefined || instances.has(key) || linkedFolder(key) !== undefined) return
    dangling.push({ by, key })
  }
  for (const { folder, directs } of importers) {
    for (const { instance } of directs) check(folder, instance)
  }
  for (const [by, { dependencies }] of instances) {
    for (const key of dependencies.values()) check(by, key)
  }
  return dangling
}

/** A package that has another peer than the one that it finds where it stands. */
export type StalePeer = { readonly by: InstanceKey; readonly name: string }

/** Packages whose peers are not those of whoever depends on them. */
export function stalePeersIn({ importers, packages, instances }: Graph): readonly StalePeer[] {
  const stale: StalePeer[] = []
  const peers = new Map(
    [...packages].flatMap(([id, release]) => {
      const names = peersOf(release).map(({ name }) => name)
      return names.length === 0 ? [] : [[id, names] as const]
    }),
  )
  const check = (
    surroundings: ReadonlyMap<string, InstanceKey | undefined>,
    fromOutside: readonly string[] = [],
  ): void => {
    for (const [dependency, key] of surroundings) {
      if (fromOutside.includes(dependency)) continue // What it found there has other surroundings.
      const instance = instances.get(key ?? '')
      for (const name of peers.get(instance?.id ?? '') ?? []) {
        const provided = surroundings.get(name)
        const taken = instance?.dependencies.get(name)
        const isOwn = instance?.optional.has(name) === true
        if (provided !== undefined && provided !== taken && !isOwn)
          stale.push({ by: key ?? '', name })
      }
    }
  }
  for (const { directs } of importers) {
    check(new Map(directs.map(({ name, instance }) => [name, instance])))
  }
  for (const { id, dependencies } of instances.values()) check(dependencies, peers.get(id))
  return stale
}

/** Whether something depends on each line. */
export function isReached({ importers, packages, instances }: Graph): boolean {
  const reached = new Set<InstanceKey>()
  for (const { directs } of importers) {
    for (const { instance } of directs) if (instance !== undefined) reached.add(instance)
  }
  for (const key of reached) {
    for (const target of instances.get(key)?.dependencies.values() ?? []) reached.add(target)
  }
  const isInstance = (key: InstanceKey): boolean => linkedFolder(key) === undefined
  const ids = new Set([...reached].map((key) => instances.get(key)?.id))
  return (
    reached.values().filter(isInstance).toArray().length === instances.size &&
    packages.keys().every((id) => ids.has(id))
  )
}
