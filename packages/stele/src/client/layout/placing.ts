// Where the packages of a project go: its layout, the slots that this needs, and the links to them.
import { join } from 'node:path'
import type { JsonObject } from '@stele/formats/json'
import {
  prepareBins,
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
  withOverlays,
  withTypedPeers,
} from '@stele/install/layout'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  linkedFolder,
  type PackageId,
  type Release,
  releaseOf,
} from '@stele/resolve/graph'
import { overlaysOf, releaseIn } from '../project/links.ts'
import { lossesOf } from '../store/registered.ts'
import { layoutNotice, readLayout } from './layout.ts'
import { stageInThreads } from './stage-threads.ts'

/** A project's packages, and where they go. */
export type Placing = {
  readonly root: string
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly slots: ReadonlyMap<InstanceKey, SlotKey>
  /** Packages whose install scripts run, with what the outcome depends on. Their slots hold what the scripts leave behind. */
  readonly builds?: ReadonlyMap<InstanceKey, string> | undefined
  /** The slots that all would have if no scripts ran. */
  readonly plain: ReadonlyMap<InstanceKey, SlotKey>
  readonly plan: LayoutPlan
  /** Settings for the lock. */
  readonly settings: JsonObject
  readonly notices: readonly string[]
}

/** What it is worked out from. */
export type PlacingOf = Pick<Placing, 'root' | 'graph' | 'selected' | 'builds'> & {
  readonly omitsDev: boolean
  readonly registryOf: (name: string) => string
  /** What --layout says. */
  readonly flag: string | undefined
  /** The root's package.json, and the settings of the lock. */
  readonly manifest: JsonObject
  readonly settings: JsonObject
  /** Folders whose links end: their node_modules is made from scratch. */
  readonly cleared?: readonly string[]
  /** The package.jsons of the workspace. */
  readonly manifests: readonly { readonly folder: string; readonly manifest: JsonObject }[]
}

/** Works out where everything goes. Throws usage_wrong where a layout is none. */
export function planPlacing({
  root,
  selected,
  omitsDev,
  manifests,
  builds,
  registryOf,
  cleared = [],
  ...of
}: PlacingOf): Placing {
  const { asked, settings } = readLayout(of)
  const decided = decideLayout(asked, of.graph)
  const graph = withTypedPeers(of.graph)
  const plain = slotKeys(graph, registryOf)
  const slots = builds === undefined ? plain : slotKeys(graph, registryOf, builds)
  const members = new Map(manifests.map((each) => [each.folder, releaseIn(each.manifest)]))
  const planned = planLayout(decided.layout, { graph, selected, slots, omitsDev, members })
  const linked = overlaysOf(root, graph, cleared)
  const plan = withOverlays(planned, linked.overlays)
  const layoutLine = layoutNotice(decided)
  const notices = [...(layoutLine === undefined ? [] : [layoutLine]), ...linked.notices]
  return { root, graph, selected, slots, plain, builds, plan, settings, notices }
}

/** The instances of these packages that are built, though they may have been before. */
export function againOf(
  { graph, builds }: Pick<Placing, 'graph' | 'builds'>,
  rebuilds: ReadonlySet<PackageId> | undefined,
): ReadonlySet<InstanceKey> {
  if (rebuilds === undefined || builds === undefined) return new Set()
  const isAgain = (key: InstanceKey): boolean => rebuilds.has(graph.instances.get(key)?.id ?? '')
  return new Set([...builds.keys()].filter(isAgain))
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
  if (!placing.plan.needsSlot(key) || placing.builds?.has(key) === true) return folder
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
  const slots = placing.builds?.has(key) === true ? placing.plain : placing.slots
  return store.place(staged, slots.get(key) ?? '', linksOf({ ...placing, slots }, key))
}

/** The links of a slot: they depend on the graph alone, not on what this machine leaves out. */
export function linksOf(
  { graph, slots }: Pick<Placing, 'graph' | 'slots'>,
  key: InstanceKey,
): readonly SlotLink[] {
  const own = releaseOf(graph, key).name
  const dependencies = [...(graph.instances.get(key)?.dependencies ?? [])]
  return dependencies.flatMap(([name, target]) => {
    const slot = slots.get(target)
    if (slot === undefined || linkedFolder(target) !== undefined || name === own) return []
    return [{ name, slot, target: releaseOf(graph, target).name }]
  })
}

/** Makes node_modules. `contentsOf` says where a package's files are; `main` is the module that runs this process. */
export function linkPlaced(
  { plan, ...placing }: Placing,
  store: Store,
  { contentsOf, main }: { readonly contentsOf: (key: InstanceKey) => string; readonly main: URL },
): Applied & { readonly notices: readonly string[] } {
  const linked = linkProject(plan, {
    ...placing,
    store,
    contentsOf,
    identityOf: identityIn(placing),
    boot: lossesOf(store.path),
    stage: stageInThreads(main),
  })
  const copyNotice = `The files are copies: this disk has no links to those in ${store.path}`
  const notices = linked.copied ? [...placing.notices, copyNotice] : placing.notices
  return { ...linked, notices }
}

/** What tells the contents of each package from others: of one that was built, its slot does. */
export function identityIn({
  graph,
  builds,
  slots,
}: Pick<Placing, 'graph' | 'builds' | 'slots'>): (key: InstanceKey) => string {
  return (key) => {
    const own = identityOf(releaseOf(graph, key))
    return builds?.has(key) === true ? `${own} ${slots.get(key)}` : own
  }
}

/** The graph with the hash of what was unpacked where the registry told none: from now on the lock does. */
export function withHashes(
  graph: Graph,
  selected: ReadonlySet<InstanceKey>,
  hashOf: (key: InstanceKey, name: string) => string | undefined,
): Graph {
  const found = new Map<PackageId, Release>()
  for (const key of selected) {
    const release = releaseOf(graph, key)
    const { name, version, dist } = release
    const id = `${name}@${version}`
    if (integrityOf(dist) !== undefined || graph.instances.get(key)?.id !== id) continue
    const integrity = hashOf(key, name)
    if (integrity !== undefined) found.set(id, { ...release, dist: { ...dist, integrity } })
  }
  if (found.size === 0) return graph
  const packages = [...graph.packages].map(([id, each]) => [id, found.get(id) ?? each] as const)
  return { ...graph, packages: new Map(packages) }
}

/** What a package's bytes are: their digest, else the address that pins them. */
export function identityOf({ name, version, dist }: Release): string {
  const pin = dist.tarball === '' ? `${name}@${version}` : dist.tarball
  return integrityOf(dist) ?? pin
}
