// What the locks of other clients have in common: which version a dependency was. All else is asked of the registry.
import type { Locked } from '@stele/resolve'
import type { WantedEdge } from '@stele/resolve/graph'
import { rangeIn } from '../range-in.ts'

/** A package that such a lock has. */
export type Found = {
  /** Its name in the registry. */
  readonly name: string
  readonly version: string
  readonly integrity?: string | undefined
}

/** What a dependency was: of a package.json, by its folder, or of a package, by `name@version`. */
export type Find = (from: string, edge: WantedEdge) => Found | undefined

/** The lock as resolving takes it over. */
export function lockedFrom(all: Iterable<Found>, find: Find): Locked {
  const versions = new Map<string, Set<string>>()
  for (const { name, version } of all) {
    const known = versions.get(name)
    if (known === undefined) versions.set(name, new Set([version]))
    else known.add(version)
  }
  return {
    direct: () => undefined,
    node: () => undefined,
    pinned: (from, edge) => {
      const found = find(from, edge)
      return found !== undefined && found.name === rangeIn(edge)?.name ? found : undefined
    },
    versions: (name) => [...(versions.get(name) ?? [])],
  }
}

/** `name@version`, where the name may have a scope, taken apart. */
export function splitId(id: string): { readonly name: string; readonly version: string } {
  const at = id.indexOf('@', 1)
  return at === -1
    ? { name: id, version: '' }
    : { name: id.slice(0, at), version: id.slice(at + 1) }
}
