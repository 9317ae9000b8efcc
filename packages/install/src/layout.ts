// Which layout a project gets, and why: decided by what it depends on alone, so that every machine decides the same.
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { localTools } from './local-tools.ts'

/** The layouts by name. */
export const layouts = ['auto', 'global', 'project', 'hoisted'] as const

/** How node_modules is made; `auto` is decided by the project's dependencies. */
export type Layout = (typeof layouts)[number]

/** A layout as it is made. */
export type Decided = {
  readonly layout: Layout
  /** The tool because of which `auto` means `project`, and `global` may not work. */
  readonly because?: { readonly tool: string; readonly folder: string; readonly reason: string }
}

/** What is made for the layout that was asked for. */
export function decideLayout(asked: Layout, { importers, ...graph }: Graph): Decided {
  if (asked === 'project' || asked === 'hoisted') return { layout: asked }
  const layout = asked === 'auto' ? 'project' : asked
  for (const { folder, directs } of importers) {
    for (const { name, instance } of directs) {
      const tool = localTools.get(nameOf(graph, instance) ?? name)
      if (tool === undefined) continue
      return { layout, because: { tool: name, folder, reason: tool.reason } }
    }
  }
  return { layout: asked }
}

function nameOf(
  { packages, instances }: Pick<Graph, 'packages' | 'instances'>,
  key: InstanceKey | undefined,
): string | undefined {
  return packages.get(instances.get(key ?? '')?.id ?? '')?.name
}
