// The layout "hoisted" as a tree: every package a folder where npm would put it.
import { linkedFolder } from '@stele/resolve/graph'
import { placeHoisted } from './hoist.ts'
import { installedOf, modulesOf, type Planned, withRelease } from './plan-isolated.ts'
import type { Bins, Target, Tree, Unit } from './tree.ts'

/** The tree of packages in npm's places. */
export function planHoisted(planned: Planned): Tree {
  const { graph, selected, slots } = planned
  const units: Unit[] = []
  const links = new Map<string, Target>()
  const programs = new Map<string, Bins['packages'][number][]>()
  const modules = new Set(graph.importers.map(({ folder }) => modulesOf(folder)))
  for (const [path, key] of placeHoisted(graph)) {
    const folder = linkedFolder(key)
    if (folder !== undefined) links.set(path, { kind: 'folder', path: folder })
    else if (selected.has(key)) units.push({ path, inside: '', key, links: new Map() })
    const parent = path.slice(0, path.lastIndexOf('node_modules/') + 'node_modules'.length)
    const beside = programs.get(parent) ?? []
    beside.push(...withRelease(planned, key, path))
    if (beside.length > 0) programs.set(parent, beside)
  }
  for (const importer of graph.importers) {
    const own = new Set(installedOf(planned, importer).map(([name]) => name))
    const modulesFolder = modulesOf(importer.folder)
    const isOwn = ({ folder }: Bins['packages'][number]): boolean =>
      own.has(folder.slice(modulesFolder.length + '/'.length))
    const all = programs.get(modulesFolder) ?? []
    const others = all.filter((each) => !isOwn(each))
    programs.set(modulesFolder, [...all.filter(isOwn), ...others]) // What the package.json names comes first.
  }
  const bins = [...programs].map(([parent, packages]) => ({ path: `${parent}/.bin`, packages }))
  const needed = [...selected].map((key) => slots.get(key) ?? '')
  return { units, links, bins, modules, slots: needed }
}
