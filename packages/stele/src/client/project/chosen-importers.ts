// A part of a workspace: what is installed when a command is for some of its packages.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Graph, linkedFolder } from '@stele/resolve/graph'

/**
 * The graph with these package.jsons, those of the workspace that they depend on, and those that have been installed here before: a command
 * for one package takes nothing from another.
 */
export function withImporters(
  graph: Graph,
  root: string,
  folders: readonly string[] | undefined,
): Graph {
  if (folders === undefined) return graph
  const byFolder = new Map(graph.importers.map((importer) => [importer.folder, importer]))
  const wanted = new Set([...folders, ...[...byFolder.keys()].filter(isInstalled)])
  for (const folder of wanted) {
    for (const { instance = '' } of byFolder.get(folder)?.directs ?? []) {
      const neighbour = linkedFolder(instance)
      if (neighbour !== undefined && byFolder.has(neighbour)) wanted.add(neighbour)
    }
  }
  return { ...graph, importers: graph.importers.filter(({ folder }) => wanted.has(folder)) }

  function isInstalled(folder: string): boolean {
    const own = folder === '.' ? join('.stele', 'tree.json') : ''
    return existsSync(join(root, folder, 'node_modules', own))
  }
}
