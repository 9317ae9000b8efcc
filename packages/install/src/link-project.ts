// A project's node_modules in any of the layouts.
import type { InstanceKey } from '@stele/resolve/graph'
import { type Applied, type Applying, applyTree } from './apply-tree.ts'
import { type Homes, planHomes } from './homes.ts'
import type { Layout } from './layout.ts'
import { planHoisted } from './plan-hoisted.ts'
import { type Planned, planIsolated } from './plan-isolated.ts'
import type { Tree } from './tree.ts'

/** A layout, worked out for a project. */
export type LayoutPlan = {
  readonly layout: Layout
  readonly tree: Tree
  /** Why each package that lives in the project does. */
  readonly homes: Homes
  /** Whether links lead to the package's own slot, so that this must be in the store; for others, its files are enough. */
  readonly needsSlot: (key: InstanceKey) => boolean
}

/** Where everything goes. `scripted` are the packages whose install scripts may run. */
export function planLayout(
  layout: Layout,
  planned: Planned & { readonly scripted?: ReadonlySet<InstanceKey> },
): LayoutPlan {
  const isHoisted = layout === 'hoisted'
  const homes = planHomes({ ...planned, layout: isHoisted ? 'project' : layout })
  const tree = isHoisted ? planHoisted(planned) : planIsolated(planned, homes)
  return { layout, tree, homes, needsSlot: (key) => !homes.has(key) }
}

/** Makes node_modules as planned: what is right stays, what is not wanted goes. */
export function linkProject(
  { layout, tree }: LayoutPlan,
  applying: Omit<Applying, 'tree' | 'layout'>,
): Applied {
  return applyTree({ ...applying, layout, tree })
}
