// stele ls: what is installed, as a tree.
import { SteleError } from '@stele/errors'
import { type Graph, type InstanceKey, linkedFolder } from '@stele/resolve/graph'
import {
  compareInstalled,
  type InstalledState,
  installedFault,
} from '../client/layout/installed.ts'
import { lockFault } from '../client/lock/lock-fault.ts'
import { needLock, readLockFile } from '../client/lock/lock-file.ts'
import { placeOf } from '../client/project/place.ts'
import { instancesNamed } from '../client/resolving/instances-named.ts'
import type { Command, Input } from './command.ts'
import { folderOf, placeOptions } from './install-input.ts'
import { chosenMembers, isChosen, workspaceOptions } from './workspace-options.ts'

type Node = {
  /** As its dependent calls it. */
  readonly name: string
  /** `name@version`, or `link:<folder>`. */
  readonly id: string
  readonly kind?: string
  /** What package.json says of it. */
  readonly specifier?: string
  /** It is in the lock, and not in node_modules. */
  readonly isMissing?: boolean
  /** It was left out on purpose, as --omit does. */
  readonly isOmitted?: boolean
  /** The version that node_modules has, where it is another one. */
  readonly found?: string
  /** The folder that "stele link" put in its place. */
  readonly link?: string
  /** What it depends on is shown elsewhere. */
  readonly isRepeated?: boolean
  readonly dependencies: readonly Node[]
}

type Tree = {
  /** The folder of a package.json. */
  readonly folder: string
  readonly dependencies: readonly Node[]
  /** How node_modules, or package.json, differs from the lock; of the root, where it does. */
  readonly differences?: readonly string[]
}

/** Lists what package.json names, and below it what that needs. */
export const ls: Command<readonly Tree[]> = {
  usage: {
    name: 'ls',
    summary: 'List what stele.lock holds, as a tree; ends with 1 where node_modules differs',
    arguments: '[name...]',
    options: {
      all: { type: 'boolean', short: 'a', summary: 'down to the end' },
      depth: {
        type: 'string',
        value: 'n',
        summary: 'so many levels below package.json; 0 by default',
      },
      ...workspaceOptions,
      ...placeOptions,
    },
    notes: ['With names it shows these alone, and the ways to them.'],
  },
  run,
  view: (trees) =>
    trees
      .flatMap(({ folder, dependencies }) => [
        folder === '.' ? 'package.json' : `${folder}/package.json`,
        ...(dependencies.length === 0 ? ['└── (nothing)'] : linesOf(dependencies, '')),
      ])
      .concat(trees.flatMap(({ differences = [] }) => differences))
      .join('\n'),
  exitCode: (trees) => (trees.some(isWrong) ? 1 : 0),
}

function isWrong({ dependencies, differences = [] }: Tree): boolean {
  const differs = ({ isMissing, found }: Node): boolean => isMissing === true || found !== undefined
  return differences.length > 0 || dependencies.some(differs)
}

async function run(input: Input): Promise<readonly Tree[]> {
  const { positionals, options } = input
  const { root } = await placeOf(folderOf(input))
  // Where nothing was installed with -g yet, there is nothing to list.
  if (options['global'] === true && readLockFile(root) === undefined) {
    return [{ folder: '.', dependencies: [] }]
  }
  const { graph } = needLock(root)
  const depth = readDepth(options, positionals.length > 0)
  const wanted = wantedKeys(root, graph, positionals)
  const shown = new Set<InstanceKey>()
  const chosen = await chosenMembers(input, { folder: folderOf(input), command: 'ls' })
  const importers = graph.importers.filter(({ folder }) => isChosen(chosen, folder))
  const state = compareInstalled(root, graph)
  const trees = importers.map(({ folder, directs }) => ({
    folder,
    dependencies: directs.flatMap(({ name, kind, instance, specifier }): readonly Node[] => {
      if (instance === undefined || (wanted !== undefined && !wanted.has(instance))) return []
      const node = nodeOf(graph, { name, key: instance, depth, wanted, shown })
      const what = state.standingOf(folder, { name, kind, instance })
      return [{ ...node, kind, specifier, ...what }]
    }),
  }))
  const differences = await differencesOf(root, state)
  return trees.map((tree) =>
    tree.folder === '.' && differences.length > 0 ? { ...tree, differences } : tree,
  )
}

async function differencesOf(root: string, state: InstalledState): Promise<readonly string[]> {
  const fault = await lockFault(root)
  const installed = installedFault(state)
  return [
    ...(fault === undefined ? [] : [fault.message, ...fault.lines, fault.fix ?? []].flat()),
    ...(installed === undefined ? [] : [`${installed}: run "stele install"`]),
  ]
}

function readDepth({ all, depth }: Input['options'], hasNames: boolean): number {
  if (all === true) return Number.POSITIVE_INFINITY
  if (depth === undefined) return hasNames ? Number.POSITIVE_INFINITY : 0
  if (/^\d+$/.test(String(depth))) return Number(depth)
  if (/^infinity$/i.test(String(depth))) return Number.POSITIVE_INFINITY
  const reason = `--depth "${String(depth)}": must be a number`
  throw new SteleError('usage_wrong', { reason, command: 'ls' })
}

/** The instances of these names and all that leads to them; undefined without names. Throws dependency_absent. */
function wantedKeys(
  root: string,
  graph: Graph,
  names: readonly string[],
): ReadonlySet<InstanceKey> | undefined {
  if (names.length === 0) return undefined
  const wanted = new Set(names.flatMap((name) => instancesNamed(root, graph, name)))
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size
    for (const [key, { dependencies }] of graph.instances) {
      if (dependencies.values().some((target) => wanted.has(target))) wanted.add(key)
    }
  }
  return wanted
}

type Place = {
  readonly name: string
  readonly key: InstanceKey
  readonly depth: number
  readonly wanted: ReadonlySet<InstanceKey> | undefined
  readonly shown: Set<InstanceKey>
}

function nodeOf(graph: Graph, { name, key, depth, wanted, shown }: Place): Node {
  const instance = graph.instances.get(key)
  const id = instance?.id ?? key
  if (instance === undefined || linkedFolder(key) !== undefined || depth <= 0) {
    return { name, id, dependencies: [] }
  }
  const inside = [...instance.dependencies].filter(
    ([, target]) => wanted === undefined || wanted.has(target),
  )
  if (shown.has(key) && inside.length > 0) return { name, id, isRepeated: true, dependencies: [] }
  shown.add(key)
  const dependencies = inside.map(([dependency, target]) =>
    nodeOf(graph, { name: dependency, key: target, depth: depth - 1, wanted, shown }),
  )
  return { name, id, dependencies }
}

function linesOf(nodes: readonly Node[], indent: string): readonly string[] {
  return nodes.flatMap((node, at) => {
    const isLast = at === nodes.length - 1
    const below = linesOf(node.dependencies, `${indent}${isLast ? '    ' : '│   '}`)
    return [`${indent}${isLast ? '└── ' : '├── '}${describe(node)}`, ...below]
  })
}

function describe({ name, id, kind = 'dependencies', ...node }: Node): string {
  const own = id.startsWith(`${name}@`) ? id : `${name} (${id})`
  const marks = [
    ...(kind === 'dependencies' ? [] : [kind.replace('Dependencies', '')]),
    ...(node.isMissing === true ? ['missing: run "stele install"'] : []),
    ...(node.isOmitted === true ? ['left out'] : []),
    ...(node.found === undefined ? [] : [`node_modules has ${node.found}: run "stele install"`]),
    ...(node.link === undefined ? [] : [`linked to ${node.link}`]),
    ...(node.isRepeated === true ? ['see above'] : []),
  ]
  return marks.length === 0 ? own : `${own}  ${marks.join(', ')}`
}
