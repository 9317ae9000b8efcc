// stele why-local: why a package is in the project, and not linked from the store.
import { readConfig } from '@stele/fetch'
import { selectInstances } from '@stele/install'
import type { LayoutPlan } from '@stele/install/layout'
import { type Graph, type InstanceKey, releaseOf } from '@stele/resolve/graph'
import { ownPlatform } from '../client/layout/own-platform.ts'
import { planPlacing } from '../client/layout/placing.ts'
import { instancesOf } from '../client/lock/dependency-paths.ts'
import { needLock } from '../client/lock/lock-file.ts'
import { placeOf } from '../client/project/place.ts'
import { readProject } from '../client/project/project.ts'
import { absentDependency } from '../client/resolving/absent-dependency.ts'
import { splitSpec } from '../client/resolving/wish.ts'
import type { Command, Input } from './command.ts'
import { folderOf, placeOptions } from './install-input.ts'

type Place = {
  /** `name@version`, with the peers that it found. */
  readonly key: InstanceKey
  readonly isLocal: boolean
  /** Why, the nearest reason first; empty of what is linked from the store. */
  readonly reasons: readonly string[]
}
type Report = {
  readonly layout: string
  /** What the layout was chosen for, where it was not asked for. */
  readonly notices: readonly string[]
  readonly local: number
  readonly shared: number
  readonly packages: readonly Place[]
}

/** Explains where packages are. */
export const whyLocal: Command<Report> = {
  usage: {
    name: 'why-local',
    summary: 'Show why a package is in the project, and not linked from the store',
    arguments: '[name[@version]...]',
    options: placeOptions,
    notes: [
      'Without names it counts them, and names those that others follow. See "stele help layouts".',
    ],
  },
  run,
  view: ({ layout, notices, local, shared, packages }) =>
    [
      ...notices,
      ...packages.map(({ key, isLocal, reasons }) =>
        isLocal
          ? `${key} is in the project: ${reasons.join(', which ')}`
          : `${key} is linked from the store`,
      ),
      `Layout ${layout}: ${local} in the project, ${shared} linked from the store`,
    ].join('\n'),
}

async function run(input: Input): Promise<Report> {
  const { positionals } = input
  const { root } = await placeOf(folderOf(input))
  const { graph, settings } = needLock(root)
  const { manifests } = await readProject(root)
  const selected = selectInstances(graph, ownPlatform)
  const placing = planPlacing({
    root,
    graph,
    selected,
    omitsDev: false,
    flag: undefined,
    manifest: manifests[0]?.manifest ?? {},
    settings,
    manifests,
    registryOf: readConfig(root).registryOf,
  })
  const { plan } = placing
  const asked = positionals.flatMap((typed) => keysOf(root, placing.graph, typed))
  const keys = positionals.length === 0 ? firstCauses(plan) : asked
  return {
    layout: plan.layout,
    notices: placing.notices,
    local: plan.homes.size,
    shared: selected.size - plan.homes.size,
    packages: keys.map((key) => ({
      key,
      isLocal: plan.homes.has(key),
      reasons: reasonsOf(plan, placing.graph, key),
    })),
  }
}

/** Throws dependency_absent. */
function keysOf(root: string, graph: Graph, typed: string): readonly InstanceKey[] {
  const { name, version } = splitSpec(typed)
  const keys = instancesOf(graph, { name, version })
  if (keys.length > 0) return keys
  const known = [...new Set([...graph.packages.values()].map((release) => release.name))]
  throw absentDependency(root, typed, { where: 'stele.lock', known })
}

/** The packages that are local for a reason of their own. */
function firstCauses({ homes }: LayoutPlan): readonly InstanceKey[] {
  return [...homes].flatMap(([key, { kind }]) => (kind === 'workspace' ? [key] : []))
}

/** From the package on to what made the first of them local. */
function reasonsOf(
  { homes, layout }: LayoutPlan,
  graph: Graph,
  start: InstanceKey,
): readonly string[] {
  const reasons: string[] = []
  const seen = new Set<InstanceKey>()
  for (let key: InstanceKey | undefined = start; key !== undefined && !seen.has(key); ) {
    seen.add(key)
    const reason = homes.get(key)
    key = undefined
    if (reason?.kind === 'layout') reasons.push(`all packages are in the layout "${layout}"`)
    if (reason?.kind === 'workspace') reasons.push(`depends on the folder "${reason.to}"`)
    if (reason?.kind === 'links') {
      reasons.push(`depends on ${idOf(graph, reason.to)}`)
      key = reason.to
    }
  }
  const [first = '', ...rest] = reasons
  return [first.startsWith('all ') ? first : `it ${first}`, ...rest]
}

function idOf(graph: Graph, key: InstanceKey): string {
  const { name, version } = releaseOf(graph, key)
  return `${name}@${version}`
}
