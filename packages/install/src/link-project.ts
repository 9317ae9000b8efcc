// A project's node_modules in any of the layouts.
import type { InstanceKey, Release } from '@stele/resolve/graph'
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

/** Where everything goes. */
export function planLayout(layout: Layout, planned: Planned): LayoutPlan {
  const isHoisted = layout === 'hoisted'
  const homes = planHomes({ ...planned, layout: isHoisted ? 'project' : layout })
  const tree = isHoisted ? planHoisted(planned) : planIsolated(planned, homes)
  return { layout, tree, homes, needsSlot: (key) => !homes.has(key) }
}

/** A package that stands somewhere else: a folder that somebody works in takes the place of what a package.json names. */
export type Overlay = {
  /** `node_modules/<name>`, below the root. */
  readonly path: string
  readonly folder: string
  readonly release: Release
}

/** The plan with links to these folders in place of what it has there. */
export function withOverlays(plan: LayoutPlan, overlays: readonly Overlay[]): LayoutPlan {
  if (overlays.length === 0) return plan
  const { tree } = plan
  const places = overlays.map(({ path }) => path)
  const isCovered = (path: string): boolean =>
    places.some((each) => path === each || path.startsWith(`${each}/`))
  const kept = [...tree.links].filter(([path]) => !isCovered(path))
  const added = overlays.map(
    ({ path, folder }) => [path, { kind: 'folder', path: folder }] as const,
  )
  const bins = Map.groupBy(overlays, ({ path }) => binFolderOf(path))
  const known = tree.bins.filter(({ path }) => !bins.has(path))
  return {
    ...plan,
    tree: {
      ...tree,
      units: tree.units.filter(({ path }) => !isCovered(path)),
      links: new Map([...kept, ...added]),
      bins: [
        ...known.filter(({ path }) => !isCovered(path)),
        ...[...bins].map(([path, own]) => ({
          path,
          packages: [
            ...own.map((each) => ({ release: each.release, folder: each.path, isLinked: true })),
            ...(tree.bins.find((each) => each.path === path)?.packages ?? []).filter(
              ({ folder }) => !isCovered(folder),
            ),
          ],
        })),
      ],
    },
  }
}

function binFolderOf(path: string): string {
  return `${path.slice(0, path.lastIndexOf('node_modules/') + 'node_modules'.length)}/.bin`
}

/** Makes node_modules as planned: what is right stays, what is not wanted goes. */
export function linkProject(
  { layout, tree }: LayoutPlan,
  applying: Omit<Applying, 'tree' | 'layout'>,
): Applied {
  return applyTree({ ...applying, layout, tree })
}
