// A lock as resolving takes it over: what still fits stays as it was.
import { type Locked } from '@stele/resolve'
import {
  type Graph,
  type InstanceKey,
  linkedFolder,
  type PackageId,
  peersOf,
} from '@stele/resolve/graph'

/** What the graph holds, by package: peers are found anew, so they are no dependencies here. */
export function lockedOf({ importers, packages, instances }: Graph): Locked {
  const idOf = (key: InstanceKey): PackageId | undefined =>
    linkedFolder(key) === undefined ? instances.get(key)?.id : key
  const directs = new Map(
    importers.map(({ folder, directs: own }) => [
      folder,
      new Map(own.map((direct) => [direct.name, direct])),
    ]),
  )
  const anyOf = new Map([...instances.values()].map((instance) => [instance.id, instance]))
  const versions = Map.groupBy(packages.values(), ({ name }) => name)
  return {
    direct: (folder, { name, specifier }) => {
      const direct = directs.get(folder)?.get(name)
      if (direct?.instance === undefined || direct.specifier !== specifier) return undefined
      return idOf(direct.instance)
    },
    node: (id) => {
      const release = packages.get(id)
      const instance = anyOf.get(id)
      if (release === undefined || instance === undefined) return undefined
      const peers = new Set(peersOf(release).map(({ name }) => name))
      const edges = [...instance.dependencies].flatMap(([name, key]) => {
        const target = idOf(key)
        return peers.has(name) || target === undefined ? [] : [[name, target] as const]
      })
      return { release, edges: new Map(edges), optional: instance.optional }
    },
    versions: (name) => versions.get(name)?.map(({ version }) => version) ?? [],
  }
}
