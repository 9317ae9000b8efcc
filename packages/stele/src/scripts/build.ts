// The approved install scripts of dependencies: each is run once, in a folder of its own with copies of all that its package depends on,
// and what it leaves behind becomes a slot of the store.
import { spawnSync } from 'node:child_process'
import { existsSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { isSteleError, SteleError } from '@stele/errors'
import type { Store } from '@stele/install'
import { linkProject, planLayout } from '@stele/install/layout'
import { removeLink } from '@stele/install/moves'
import { type Graph, type InstanceKey, integrityOf, releaseOf } from '@stele/resolve/graph'
import { findSlot, identityOf, linksOf, type Placing } from '../client/layout/placing.ts'
import type { OwnScriptsAsked } from '../client/scripts/lifecycle.ts'
import { isGitAddress } from '../client/sources/git-kinds.ts'
import { inTurns } from '../in-turns.ts'
import { systemEnvironment } from './build-target.ts'
import { runEvents } from './events.ts'
import { installEvents, readInstallScripts } from './install-scripts.ts'
import { usualConcurrency } from './limits.ts'
import { type Output, openRunner, type Runner, type RunnerOf } from './run-script.ts'

/** Installs the project in this folder, with all scripts of its own. */
export type InstallProject = (options: {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly main: URL
  readonly scripts: OwnScriptsAsked
  readonly omit: { readonly include: readonly ('dev' | 'optional')[] }
}) => Promise<unknown>

/** What is built, and with what. */
export type Building = {
  readonly placing: Placing
  /** As it was resolved, and as approvals are for it: without what only the project's own types add. */
  readonly graph: Graph
  readonly store: Store
  /** The files of each package as they were unpacked. */
  readonly contentsOf: (key: InstanceKey) => string
  readonly say: (line: string) => void
  readonly install: InstallProject
  /** Those of the builds whose scripts run. */
  readonly approved: ReadonlySet<InstanceKey>
  /** Those that are built though the store has them: what it has is replaced when that is done. */
  readonly again: ReadonlySet<InstanceKey>
  /** Patches of packages: files below the root. */
  readonly patches: ReadonlyMap<InstanceKey, { readonly path: string }>
} & RunnerOf &
  OwnScriptsAsked

/** What was built, and what of it failed that the project can do without. */
export type Built = {
  /** Where the files of each package are now. */
  readonly contentsOf: (key: InstanceKey) => string
  readonly notices: readonly string[]
}

/** Builds what is not built yet: those first that others depend on. Throws script_failed. */
export async function buildApproved(building: Building): Promise<Built> {
  const { placing, store, contentsOf } = building
  const keys = [...(placing.builds?.keys() ?? [])]
  const again = new Set(building.again) // Those that are still to be built.
  const waiting = keys.filter(
    (key) => again.has(key) || findSlot(store, placing, key) === undefined,
  )
  const notices: string[] = []
  const filesOf = (key: InstanceKey): string => {
    const isBuilt = placing.builds?.has(key) === true && !again.has(key)
    return (isBuilt ? findSlot(store, placing, key) : undefined) ?? contentsOf(key)
  }
  if (waiting.length > 0) {
    const runner = openRunner({ ...building, env: systemEnvironment(building.env) })
    const concurrency = Math.min(usualConcurrency, availableParallelism())
    for (const stage of stagesOf(placing.graph, waiting)) {
      await inTurns(stage, concurrency, async (key) => {
        try {
          await buildOne({ ...building, runner, contentsOf: filesOf }, key)
          again.delete(key)
        } catch (error) {
          if (!isSteleError(error, 'script_failed') || !isOptional(placing, key)) throw error
          notices.push(`${error.message}. It is optional, and left as it was published`)
        }
      })
    }
  }
  return { contentsOf: filesOf, notices }
}

/** Those that need nothing of each other together. */
function stagesOf(graph: Graph, keys: readonly InstanceKey[]): readonly (readonly InstanceKey[])[] {
  const below = new Map(keys.map((key) => [key, reached(graph, [key])]))
  const needs = (key: InstanceKey, other: InstanceKey): boolean =>
    key !== other && below.get(key)?.has(other) === true && below.get(other)?.has(key) !== true
  const stages: (readonly InstanceKey[])[] = []
  let waiting = keys
  while (waiting.length > 0) {
    const stage = waiting.filter((key) => !waiting.some((other) => needs(key, other)))
    stages.push(stage)
    waiting = waiting.filter((key) => !stage.includes(key))
  }
  return stages
}

function reached(
  { instances }: Pick<Graph, 'instances'>,
  start: readonly InstanceKey[],
): ReadonlySet<InstanceKey> {
  const found = new Set(start)
  for (const key of found) {
    for (const target of instances.get(key)?.dependencies.values() ?? []) {
      if (instances.has(target)) found.add(target)
    }
  }
  return found
}

/** Whether nobody depends on it but as on something that may be missing. */
function isOptional({ graph, selected }: Placing, key: InstanceKey): boolean {
  const directs = graph.importers.flatMap((importer) => importer.directs)
  const needed = directs.flatMap(({ kind, instance }) =>
    kind === 'optionalDependencies' || instance === undefined ? [] : [instance],
  )
  const kept = new Set(needed)
  for (const each of kept) {
    const { dependencies = new Map<string, string>(), optional = new Set() } =
      graph.instances.get(each) ?? {}
    for (const [name, target] of dependencies) {
      if (!optional.has(name) && selected.has(target)) kept.add(target)
    }
  }
  return !kept.has(key)
}

type BuildingOne = Building & { readonly runner: Runner }

async function buildOne(building: BuildingOne, key: InstanceKey): Promise<void> {
  const { placing, store, runner, isLoud, isData, say } = building
  const root = store.stagingFolder()
  try {
    const { folder, modules } = copyWithNeeds(building, key, root)
    const patch = building.patches.get(key)
    if (patch !== undefined) applyPatch(building, { ...patch, key, folder })
    const release = releaseOf(placing.graph, key)
    const isOfGit = isGitAddress(release.dist.tarball)
    const { manifest, scripts } = readInstallScripts(folder, isOfGit)
    const output: Output = isLoud ? { kind: 'shown', isData } : { kind: 'kept' }
    const runs = building.approved.has(key)
    if (runs && scripts.some(([event]) => event === 'prepare')) {
      await prepareOfGit(building, folder)
    } else if (runs) {
      await runEvents(
        { folder, manifest, env: variablesOf(placing, { key, modules, root }), top: root },
        { runner, names: installEvents, output, say: isLoud ? say : () => {} },
      )
    }
    removeTools(folder)
    const found = { name: release.name, integrity: identityOf(release), folder }
    const place = building.again.has(key) ? store.replaceBuilt : store.addBuilt
    place(found, placing.slots.get(key) ?? '', linksOf(placing, key))
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * A repository holds what a package is made of: it is installed as a project of its own, with what it needs to be developed, and that runs
 * its "prepare". Its own .npmrc does not count, nor does its lock's place: both are a stranger's.
 */
async function prepareOfGit(building: Building, folder: string): Promise<void> {
  const { root, env, main } = building
  const settings = join(folder, '.npmrc')
  rmSync(settings, { force: true })
  const own = join(root, '.npmrc')
  if (existsSync(own) && process.platform !== 'win32') symlinkSync(own, settings)
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  const { command, isLoud, approveWith, stop } = building
  const how = { command, isLoud, approveWith, stop }
  const scripts = { ...how, isWhole: true, isIgnored: false, isData: true }
  const omit = { include: ['dev', 'optional'] } as const // Also where the project that wants it is installed for production.
  await building.install({ root: folder, env: systemEnvironment(env), main, scripts, omit })
  for (const name of ['.npmrc', 'node_modules', 'stele.lock']) {
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 })
  }
}

type Patching = { readonly path: string; readonly key: InstanceKey; readonly folder: string }

/** Git applies it, whether or not the folder lies within somebody's repository. */
function applyPatch({ root, env }: Building, { path, key, folder }: Patching): void {
  const args = ['apply', '--whitespace=nowarn', resolve(root, path)]
  const own = { ...env, GIT_CEILING_DIRECTORIES: dirname(folder), GIT_DIR: undefined }
  const { status, stderr, error } = spawnSync('git', args, {
    cwd: folder,
    env: own,
    encoding: 'utf8',
  })
  if (status === 0) return
  const reason = error === undefined ? stderr.trim().replaceAll('\n', '; ') : error.message
  throw new SteleError('patch_failed', { path, name: key, reason }, { cause: error })
}

/** A project of just this package: its files, and those of all that it depends on, are copies. */
function copyWithNeeds(
  building: Building,
  key: InstanceKey,
  root: string,
): { readonly folder: string; readonly modules: string } {
  const { placing, store, contentsOf } = building
  const { slots } = placing
  const { packages, instances } = building.graph
  const id = instances.get(key)?.id ?? ''
  const release = { ...releaseOf(placing.graph, key), hasInstallScript: true } // It gets the programs of what it depends on.
  const direct = { name: release.name, specifier: '', kind: 'dependencies', instance: key } as const
  const graph: Graph = {
    importers: [{ folder: '.', directs: [direct] }],
    packages: new Map(packages).set(id, release),
    instances,
  }
  const wanted = building.approved.has(key) ? reached(graph, [key]) : [key]
  const needed = [...wanted].filter((each) => placing.selected.has(each))
  const selected = new Set(needed)
  const plan = planLayout('project', { graph, selected, slots, omitsDev: false })
  linkProject(plan, {
    root,
    store,
    slots,
    selected,
    contentsOf,
    identityOf: (each) => identityOf(releaseOf(graph, each)),
    writable: selected,
    boot: '',
  })
  const unit = plan.tree.units.find((each) => each.key === key)
  if (unit === undefined) throw new Error(`"${key}" has no place in its own project`)
  return {
    folder: join(root, unit.path, unit.inside),
    modules: join(root, unit.path, 'node_modules'),
  }
}

/** Programs of what it depends on find their own modules by where they really are, and the rest by NODE_PATH. */
function variablesOf(
  { graph }: Placing,
  {
    key,
    modules,
    root,
  }: { readonly key: InstanceKey; readonly modules: string; readonly root: string },
): NodeJS.ProcessEnv {
  const { dist } = releaseOf(graph, key)
  return {
    INIT_CWD: root, // What it makes is for all projects, so it is told of none.
    npm_config_local_prefix: root,
    NODE_PATH: [modules, process.env['NODE_PATH']].filter(Boolean).join(delimiter),
    npm_package_integrity: integrityOf(dist) ?? '',
    npm_package_resolved: dist.tarball,
  }
}

/** The links to programs that were made for the scripts alone. A patch or a script may have put a link in their place. */
function removeTools(folder: string): void {
  const modules = join(folder, 'node_modules')
  removeLink(modules)
  rmSync(join(modules, '.bin'), { recursive: true, force: true })
  try {
    rmdirSync(modules)
  } catch {
    // It holds packages that this one came with, or is not there.
  }
}
