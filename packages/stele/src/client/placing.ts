// Where the packages of a project go: its layout, the slots that this needs, and the links to them.
import { join } from 'node:path'
import type { JsonObject } from '@stele/formats/json'
import {
  prepareBins,
  removalsOf,
  type SlotKey,
  type SlotLink,
  type Staged,
  type Store,
  slotKeys,
} from '@stele/install'
import {
  type Applied,
  decideLayout,
  type LayoutPlan,
  linkProject,
  planLayout,
  withTypedPeers,
} from '@stele/install/layout'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  linkedFolder,
  type Release,
  releaseOf,
} from '@stele/resolve/graph'
import { layoutNotice, readLayout } from './layout.ts'
import { bootOf } from './up-to-date.ts'

/** A project's packages, and where they go. */
export type Placing = {
  readonly root: string
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly slots: ReadonlyMap<InstanceKey, SlotKey>
  readonly plan: LayoutPlan
  /** Settings for the lock. */
  readonly settings: JsonObject
  readonly notices: readonly string[]
}

/** What it is worked out from. */
export type PlacingOf = Pick<Placing, 'root' | 'graph' | 'selected'> & {
  readonly omitsDev: boolean
  /** What --layout says. */
  readonly flag: string | undefined
  /** The root's package.json, and the settings of the lock. */
  readonly manifest: JsonObject
  readonly settings: JsonObject
}

/** Works out where everything goes. Throws usage_wrong where a layout is none. */
export function planPlacing({ root, selected, omitsDev, ...of }: PlacingOf): Placing {
  const { asked, settings } = readLayout(of)
  const decided = decideLayout(asked, of.graph)
  const graph = withTypedPeers(of.graph)
  const slots = slotKeys(graph)
  const plan = planLayout(decided.layout, { graph, selected, slots, omitsDev })
  const notices = [layoutNotice(decided)].filter((line) => line !== undefined)
  return { root, graph, selected, slots, plan, settings, notices }
}

/** The folder of a package's own slot; undefined where the store does not have it. */
export function findSlot(
  store: Store,
  { graph, slots }: Placing,
  key: InstanceKey,
): string | undefined {
  const slot = slots.get(key) ?? ''
  if (!store.hasSlot(slot)) return undefined
  return join(store.slotFolder(slot), 'node_modules', releaseOf(graph, key).name)
}

/** Gives a package the files of another slot: in a slot of its own where links are to lead there. */
export function shareSlot(
  store: Store,
  placing: Placing,
  { key, folder }: { readonly key: InstanceKey; readonly folder: string },
): string {
  if (!placing.plan.needsSlot(key)) return folder
  const release = releaseOf(placing.graph, key)
  const found = { name: release.name, integrity: identityOf(release), folder }
  return store.addSlot(found, placing.slots.get(key) ?? '', linksOf(placing, key))
}

/** Gives what was unpacked its slot. */
export function fillSlot(
  store: Store,
  placing: Placing,
  { key, staged }: { readonly key: InstanceKey; readonly staged: Staged },
): string {
  const release = releaseOf(placing.graph, key)
  prepareBins(release, join(staged.folder, 'node_modules', staged.name))
  return store.place(staged, placing.slots.get(key) ?? '', linksOf(placing, key))
}

/** The links of a slot: they depend on the graph alone, not on what this machine leaves out. */
function linksOf({ graph, slots }: Placing, key: InstanceKey): readonly SlotLink[] {
  const own = releaseOf(graph, key).name
  const dependencies = [...(graph.instances.get(key)?.dependencies ?? [])]
  return dependencies.flatMap(([name, target]) => {
    const slot = slots.get(target)
    if (slot === undefined || linkedFolder(target) !== undefined || name === own) return []
    return [{ name, slot, target: releaseOf(graph, target).name }]
  })
}

/** Makes node_modules. `contentsOf` says where a package's files are. */
export function linkPlaced(
  { plan, ...placing }: Placing,
  store: Store,
  contentsOf: (key: InstanceKey) => string,
): Applied & { readonly notices: readonly string[] } {
  const linked = linkProject(plan, {
    ...placing,
    store,
    contentsOf,
    identityOf: (key) => identityOf(releaseOf(placing.graph, key)),
    boot: `${bootOf()} ${removalsOf(store.path)}`,
  })
  const copyNotice = `The files are copies: this disk has no links to those in ${store.path}`
  const notices = linked.copied ? [...placing.notices, copyNotice] : placing.notices
  return { ...linked, notices }
}

/** What a package's bytes are: their digest, else the address that pins them. */
function identityOf({ name, version, dist }: Release): string {
  const pin = dist.tarball === '' ? `${name}@${version}` : dist.tarball
  return integrityOf(dist) ?? pin
}
