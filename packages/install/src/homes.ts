// Where each package lives: in a slot of the store that projects share, or in the project's own node_modules/.stele, and why.
import { type Graph, type InstanceKey, linkedFolder } from '@stele/resolve/graph'
import type { Layout } from './layout.ts'

/** Why a package lives in the project. */
type LocalReason =
  /** All do in this layout. */
  | { readonly kind: 'layout' }
  /** It is linked to a folder of this workspace. */
  | { readonly kind: 'workspace'; readonly to: string }
  /** It is linked to this package, which lives in the project. */
  | { readonly kind: 'links'; readonly to: InstanceKey }

/** The packages that live in the project; all others are links into the store. */
export type Homes = ReadonlyMap<InstanceKey, LocalReason>

/** What is decided by. */
export type HomesOf = {
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly layout: Exclude<Layout, 'hoisted'>
}

/** Whoever links to something local is local too: from a shared slot, no link may lead into one project. */
export function planHomes({ graph, selected, layout }: HomesOf): Homes {
  const { instances } = graph
  const homes = new Map<InstanceKey, LocalReason>()
  if (layout === 'project') {
    for (const key of selected) homes.set(key, { kind: 'layout' })
    return homes
  }
  const users = new Map<InstanceKey, InstanceKey[]>()
  for (const key of selected) {
    for (const target of instances.get(key)?.dependencies.values() ?? []) {
      const folder = linkedFolder(target)
      if (folder !== undefined && !homes.has(key)) homes.set(key, { kind: 'workspace', to: folder })
      const known = users.get(target)
      if (known === undefined) users.set(target, [key])
      else known.push(key)
    }
  }
  for (const [key] of homes) {
    for (const user of users.get(key) ?? []) {
      if (!homes.has(user)) homes.set(user, { kind: 'links', to: key })
    }
  }
  return homes
}
