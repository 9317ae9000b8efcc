// Keeps what an installation made, where another folder with the same files would get just the same.
import { isAbsolute, relative, sep } from 'node:path'
import { keepPlan, slotsOfPlan } from '@stele/install/kept'
import { type Graph, type InstanceKey, linkedFolder } from '@stele/resolve/graph'
import { identityIn, type Placing } from '../layout/placing.ts'
import { linksFile } from '../project/links.ts'
import { foldersIn, keepTree } from './kept-tree.ts'
import { isBounded, type Snapshot } from './state.ts'
import { environmentOf } from './up-to-date.ts'

/** An installation that has ended. */
export type Kept = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** What was typed behind the command, and where. */
  readonly typed: readonly string[]
  readonly cwd: string
  /** The globs of the workspace. */
  readonly patterns: readonly string[]
  readonly snapshot: Snapshot
  readonly placing: Placing
  readonly store: { readonly path: string }
  readonly contentsOf: (key: InstanceKey) => string
  /** What a person should know each time. */
  readonly notices: readonly string[]
  /** Packages were built for the Node that PATH names. */
  readonly isBuilt: boolean
}

/** Keeps the tree, unless something could change without its telling. */
export function keepForOthers(kept: Kept): void {
  const { root, env, patterns, snapshot, placing, store, contentsOf, notices, isBuilt } = kept
  const { graph, selected, slots } = placing
  const isTold = snapshot.files.every(({ size, digest }) => size === -1 || digest !== '')
  const hasLinks = snapshot.files.some(({ path, size }) => path === linksFile && size !== -1)
  if (!isBounded(patterns) || !isTold || hasLinks || leadsOut(graph)) return
  const identityOf = identityIn(placing)
  const plan = keepPlan(placing.plan, { selected, slots, contentsOf, identityOf, store })
  if (plan === undefined) return
  const own = [...selected].filter(placing.plan.needsSlot).map((key) => slots.get(key) ?? '')
  const tree = {
    environment: environmentOf(env, isBuilt),
    isBuilt,
    importers: graph.importers.map(({ folder }) => folder),
    files: snapshot.files.map(({ path, digest }) => [below(root, path), digest] as const),
    folders: snapshot.folders.map((path) => [path, foldersIn(root, path)] as const),
    needed: [...new Set([...own, ...slotsOfPlan(plan)])],
    plan,
    notices,
  }
  keepTree(tree, root, { cwd: kept.cwd, arguments: kept.typed, env })
}

/** Whether packages are linked that are not of the project: what they depend on may change. */
function leadsOut({ importers, instances }: Graph): boolean {
  const own = new Set(importers.map(({ folder }) => folder))
  const targets = [
    ...importers.flatMap(({ directs }) => directs.map(({ instance }) => instance)),
    ...[...instances.values()].flatMap(({ dependencies }) => [...dependencies.values()]),
  ]
  return targets.some((target) => {
    const folder = target === undefined ? undefined : linkedFolder(target)
    return folder !== undefined && !own.has(folder)
  })
}

/** Below the root where it is inside, so that it is found in another folder too. */
function below(root: string, path: string): string {
  if (!isAbsolute(path)) return path
  const inside = relative(root, path)
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? path : inside
}
