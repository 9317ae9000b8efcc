// The layout "project": every package in a folder of its own below node_modules/.stele, with links to just what it depends on.
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Graph, type InstanceKey, linkedFolder, type Release } from '@stele/resolve/graph'
import { binsOf, linkBins, replaceLink } from './bins.ts'
import { folderName } from './folder-name.ts'

/** What to make of it where. */
export type ProjectPlan = {
  readonly root: string
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  /** The unpacked files of a package in the store. */
  readonly contentsOf: (key: InstanceKey) => string
  readonly omitsDev: boolean
}

/** What changed. */
export type Linked = { readonly added: readonly InstanceKey[]; readonly removed: number }

/** Makes node_modules as the plan has it: what is right stays, what is not wanted goes. */
export function linkProject(plan: ProjectPlan): Linked {
  const virtual = join(plan.root, 'node_modules', '.stele')
  mkdirSync(virtual, { recursive: true })
  const wanted = new Map([...plan.selected].map((key) => [folderName(key), key]))
  const removed = removeOthers(virtual, wanted)
  const added = [...wanted].filter(([name]) => !existsSync(join(virtual, name)))
  for (const [name, key] of added) makeFolder(plan, virtual, { name, key })
  for (const [name, key] of added) linkOwnBins(plan, virtual, { name, key })
  for (const importer of plan.graph.importers) linkImporter(plan, virtual, importer.folder)
  return { added: added.map(([, key]) => key), removed }
}

function removeOthers(virtual: string, wanted: ReadonlyMap<string, InstanceKey>): number {
  const others = readdirSync(virtual).filter((name) => !wanted.has(name) && name !== 'state.json')
  for (const name of others) rmSync(join(virtual, name), { recursive: true, force: true })
  return others.length
}

type Made = { readonly name: string; readonly key: InstanceKey }

/** Made beside its place, and renamed when it is whole. */
function makeFolder(plan: ProjectPlan, virtual: string, { name, key }: Made): void {
  const { graph, selected } = plan
  const instance = graph.instances.get(key)
  const release = releaseOf(graph, key)
  if (instance === undefined || release === undefined) throw new Error(`The graph has no "${key}"`)
  const staging = join(virtual, `.new-${process.pid}-${name}`)
  const modules = join(staging, 'node_modules')
  copyFolder(plan.contentsOf(key), join(modules, release.name))
  for (const [dependency, target] of instance.dependencies) {
    if (dependency === release.name) continue // Its own name means itself.
    const place = join(modules, dependency)
    const folder = linkedFolder(target)
    if (folder === undefined && !selected.has(target)) continue
    mkdirSync(dirname(place), { recursive: true })
    const there =
      folder === undefined
        ? join(staging, '..', folderName(target), 'node_modules', nameOf(graph, target))
        : join(plan.root, folder)
    symlinkSync(relative(dirname(place), there), place)
  }
  renameSync(staging, join(virtual, name))
}

/** The programs of its dependencies, for its own scripts. */
function linkOwnBins(plan: ProjectPlan, virtual: string, { name, key }: Made): void {
  const targets = [...(plan.graph.instances.get(key)?.dependencies ?? [])]
  const programs = programsOf(plan, virtual, targets)
  if (programs.size === 0) return
  const folder = join(virtual, name, 'node_modules', nameOf(plan.graph, key))
  linkBins(join(folder, 'node_modules', '.bin'), programs)
}

function releaseOf({ instances, packages }: Graph, key: InstanceKey): Release | undefined {
  return packages.get(instances.get(key)?.id ?? '')
}

function nameOf(graph: Graph, key: InstanceKey): string {
  return releaseOf(graph, key)?.name ?? ''
}

/** The files as links to those of the store where the disk is the same, else copies. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, place] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFolder(source, place)
    else copyFile(source, place)
  }
}

function copyFile(source: string, place: string): void {
  try {
    linkSync(source, place)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EXDEV' && code !== 'EMLINK' && code !== 'EPERM') throw error
    copyFileSync(source, place)
  }
}

/** The folder of a package of this project's graph. */
function packageFolder(plan: ProjectPlan, virtual: string, key: InstanceKey): string {
  const folder = linkedFolder(key)
  if (folder !== undefined) return join(plan.root, folder)
  return join(virtual, folderName(key), 'node_modules', nameOf(plan.graph, key))
}

function linkImporter(plan: ProjectPlan, virtual: string, folder: string): void {
  const importer = plan.graph.importers.find((each) => each.folder === folder)
  if (importer === undefined) return
  const modules = join(plan.root, folder, 'node_modules')
  const targets = importer.directs.flatMap(({ name, kind, instance }) => {
    if (instance === undefined || (kind === 'devDependencies' && plan.omitsDev)) return []
    if (linkedFolder(instance) === undefined && !plan.selected.has(instance)) return []
    return [[name, instance] as const]
  })
  removeStrangers(modules, new Set(targets.map(([name]) => name)))
  for (const [name, key] of targets) {
    const place = join(modules, name)
    replaceLink(place, relative(dirname(place), packageFolder(plan, virtual, key)))
  }
  linkBins(join(modules, '.bin'), programsOf(plan, virtual, targets))
}

/** Removes what is not wanted there; what begins with a dot is somebody else's. */
function removeStrangers(modules: string, wanted: ReadonlySet<string>): void {
  for (const entry of listFolder(modules)) {
    if (entry.startsWith('.')) continue
    if (!entry.startsWith('@')) {
      if (!wanted.has(entry)) rmSync(join(modules, entry), { recursive: true, force: true })
      continue
    }
    const inside = listFolder(join(modules, entry))
    const others = inside.filter((name) => !wanted.has(`${entry}/${name}`))
    for (const name of others) rmSync(join(modules, entry, name), { recursive: true, force: true })
    if (others.length === inside.length)
      rmSync(join(modules, entry), { recursive: true, force: true })
  }
}

function listFolder(folder: string): readonly string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
    ? readdirSync(folder)
    : []
}

function programsOf(
  plan: ProjectPlan,
  virtual: string,
  targets: readonly (readonly [string, InstanceKey])[],
): ReadonlyMap<string, string> {
  const programs = new Map<string, string>()
  for (const [, key] of targets) {
    const release = releaseOf(plan.graph, key)
    if (release === undefined || !plan.selected.has(key)) continue
    const folder = packageFolder(plan, virtual, key)
    for (const [program, file] of binsOf(release, folder)) {
      if (!programs.has(program)) programs.set(program, join(folder, file))
    }
  }
  return programs
}
