// The layouts in which a package finds just what it depends on: links from the package.jsons, and between packages.
import {
  type Graph,
  hasInstallScript,
  type Importer,
  type InstanceKey,
  linkedFolder,
  type Release,
  releaseOf,
} from '@stele/resolve/graph'
import { folderName } from './folder-name.ts'
import type { Homes } from './homes.ts'
import type { SlotKey } from './slot-keys.ts'
import { type Bins, hoistFolder, ownFolder, type Target, type Tree, type Unit } from './tree.ts'

/** What is planned. */
export type Planned = {
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly slots: ReadonlyMap<InstanceKey, SlotKey>
  readonly omitsDev: boolean
  /** The package.jsons of this workspace by folder: their programs are linked as those of other packages are. */
  readonly members?: ReadonlyMap<string, Release> | undefined
}

/** The tree of packages that live in the project as `homes` says, and of links to all others. */
export function planIsolated(planned: Planned, homes: Homes): Tree {
  const { graph, selected, slots } = planned
  const local = [...selected].filter((key) => homes.has(key))
  const links = new Map<string, Target>()
  const bins: Bins[] = []
  for (const importer of graph.importers) {
    const directs = installedOf(planned, importer)
    const modules = modulesOf(importer.folder)
    for (const [name, key] of directs)
      links.set(`${modules}/${name}`, targetOf(planned, homes, key))
    bins.push({
      path: `${modules}/.bin`,
      packages: directs.flatMap(([name, key]) => withRelease(planned, key, `${modules}/${name}`)),
    })
  }
  const units = local.map((key) => unitOf(planned, homes, key))
  for (const { key, path, inside } of units) {
    if (!hasInstallScript(releaseOf(graph, key))) continue
    bins.push({
      path: `${path}/${inside}/node_modules/.bin`,
      packages: binsOfDependencies(planned, key, path),
    })
  }
  if (local.length > 0) {
    for (const [name, key] of hoistedNames(graph, selected))
      links.set(`${hoistFolder}/${name}`, targetOf(planned, homes, key))
  }
  const modules = [...graph.importers.map(({ folder }) => modulesOf(folder)), hoistFolder]
  const needed = [...selected].map((key) => slots.get(key) ?? '')
  return { units, links, bins, modules: new Set(modules), slots: needed }
}

/** Where a package.json's dependencies stand. */
export function modulesOf(folder: string): string {
  return folder === '.' ? 'node_modules' : `${folder}/node_modules`
}

/** What is there of a package.json's dependencies. */
export function installedOf(
  { selected, omitsDev }: Planned,
  { directs }: Importer,
): readonly (readonly [string, InstanceKey])[] {
  return directs.flatMap(({ name, kind, instance }) => {
    if (instance === undefined || (kind === 'devDependencies' && omitsDev)) return []
    return linkedFolder(instance) === undefined && !selected.has(instance)
      ? []
      : [[name, instance] as const]
  })
}

/** A package with the programs that it brings, where it has a place of its own. */
export function withRelease(
  { graph, selected, members }: Planned,
  key: InstanceKey,
  path: string,
): Bins['packages'] {
  const member = members?.get(linkedFolder(key) ?? '')
  if (member !== undefined) return [{ release: member, folder: path, isLinked: true }]
  if (!selected.has(key)) return []
  return [{ release: releaseOf(graph, key), folder: path }]
}

function targetOf({ graph, slots }: Planned, homes: Homes, key: InstanceKey): Target {
  const folder = linkedFolder(key)
  if (folder !== undefined) return { kind: 'folder', path: folder }
  const { name } = releaseOf(graph, key)
  if (!homes.has(key)) return { kind: 'slot', slot: slots.get(key) ?? '', name }
  return { kind: 'folder', path: `${ownFolder}/${folderName(key)}/node_modules/${name}` }
}

function unitOf(planned: Planned, homes: Homes, key: InstanceKey): Unit {
  const { graph, selected } = planned
  const { name } = releaseOf(graph, key)
  const links = new Map<string, Target>()
  for (const [dependency, target] of graph.instances.get(key)?.dependencies ?? []) {
    if (dependency === name) continue // Its own name means itself.
    if (linkedFolder(target) === undefined && !selected.has(target)) continue
    links.set(`node_modules/${dependency}`, targetOf(planned, homes, target))
  }
  return { path: `${ownFolder}/${folderName(key)}`, inside: `node_modules/${name}`, key, links }
}

function binsOfDependencies(planned: Planned, key: InstanceKey, unit: string): Bins['packages'] {
  const dependencies = [...(planned.graph.instances.get(key)?.dependencies ?? [])]
  return dependencies.flatMap(([name, target]) =>
    withRelease(planned, target, `${unit}/node_modules/${name}`),
  )
}

/** One package for each name: what the root depends on, else what most depend on, else the highest by its key. */
function hoistedNames(
  { importers, instances }: Graph,
  selected: ReadonlySet<InstanceKey>,
): ReadonlyMap<string, InstanceKey> {
  const uses = new Map<string, Map<InstanceKey, number>>()
  const count = (name: string, key: InstanceKey, weight: number): void => {
    if (!selected.has(key)) return
    const ofName = uses.get(name) ?? new Map<InstanceKey, number>()
    ofName.set(key, (ofName.get(key) ?? 0) + weight)
    uses.set(name, ofName)
  }
  for (const { folder, directs } of importers) {
    for (const { name, instance } of directs) {
      if (instance !== undefined) count(name, instance, folder === '.' ? instances.size + 1 : 1)
    }
  }
  for (const key of selected) {
    for (const [name, target] of instances.get(key)?.dependencies ?? []) count(name, target, 1)
  }
  const names = [...uses].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return new Map(names.map(([name, ofName]) => [name, mostUsed(ofName)]))
}

function mostUsed(ofName: ReadonlyMap<InstanceKey, number>): InstanceKey {
  const sorted = [...ofName].toSorted(([one, uses], [other, others]) =>
    uses === others ? (one > other ? -1 : 1) : others - uses,
  )
  return sorted[0]?.[0] ?? ''
}
