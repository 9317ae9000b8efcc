// The second half of an installation: what was resolved is brought into the store, linked, and written down.
import type { RegistryConfig } from '@stele/fetch'
import { differenceFrom, readRecords, selectInstances } from '@stele/install'
import { formatLock } from '@stele/locks'
import type { Resolved, ResolveRules } from '@stele/resolve'
import type { InstallOptions, InstallReport, ProjectChange } from './installation.ts'
import { clearInstalled } from './layout/clear-installed.ts'
import { readLayout } from './layout/layout.ts'
import { omitted } from './layout/omitted.ts'
import { ownPlatform } from './layout/own-platform.ts'
import { againOf, linkPlaced, type Placing, planPlacing, withHashes } from './layout/placing.ts'
import { type Confirmation, confirmLock } from './lock/confirmation.ts'
import { type Change, changesBetween, deprecationsIn, weakDigestsIn } from './lock/graph-changes.ts'
import { type LockPlan, lockPathOf, writeLock } from './lock/lock-file.ts'
import type { LockRules } from './lock/lock-rules.ts'
import { withImporters } from './project/chosen-importers.ts'
import { checkPrograms, linkPrograms, pathNotice } from './project/global.ts'
import type { Project } from './project/project.ts'
import { writeWhole } from './project/write-whole.ts'
import { type Kept, keepForOthers } from './repeat/keep-tree.ts'
import { keepState, type Snapshot, type Watched } from './repeat/state.ts'
import { forgetState } from './repeat/up-to-date.ts'
import { formatEngines, refuseEngines, refusePeers, unmetEngines } from './resolving/unmet.ts'
import { type DependencyScripts, openDependencyScripts } from './scripts/dependency-scripts.ts'
import { hasOwnScripts } from './scripts/lifecycle.ts'
import { pathNode } from './store/path-node.ts'
import { registerProject } from './store/registered.ts'
import type { World } from './world.ts'

/** What was resolved, and for what. */
export type Applying = {
  readonly options: InstallOptions
  readonly project: Project
  readonly plan: LockPlan
  readonly rules: LockRules & Pick<ResolveRules, 'extend'>
  /** Of the files that it was read from, before they were read. */
  readonly snapshot: Watched & { readonly snapshot: Snapshot }
  readonly world: World
  readonly resolved: Resolved
  readonly change: ProjectChange | undefined
  /** Installs another project, as some packages need before they are packed. */
  readonly install: (options: InstallOptions) => Promise<unknown>
}

/** All but the time that it took. */
type Applied = Omit<InstallReport, 'tookMs'>

/** Puts what was resolved into its place, or tells what that would do. */
export async function apply(applying: Applying): Promise<Applied> {
  const { options, project, plan, world, resolved } = applying
  const { graph, mismatches } = resolved
  const { global, isForced = false } = options
  refusePeers(world.config, mismatches)
  const changes = changesBetween(plan.before, graph)
  if (options.isLockOnly === true && options.isDryRun !== true)
    return writeLocked(applying, changes)
  const places = await planPlaces(applying)
  const known = { packages: places.placing.selected.size, mismatches, changes }
  const notices = [...noticesOf(applying, changes), ...enginesOf(applying, places.placing, changes)]
  if (global !== undefined) checkPrograms(global, graph, isForced)
  if (options.isDryRun === true) {
    const { added, removed } = differenceFrom(readRecords(project.root), places.placing.selected)
    const done = { added, removed: removed.length, isChanged: false, fetched: 0 }
    return { ...known, ...done, notices, isDryRun: true }
  }
  registerProject(world.store.path, project.root)
  const done = await place(applying, places, await startConfirmation(applying))
  return { ...known, ...done, notices: [...notices, ...done.notices] }
}

/** What of that which is new here names other Nodes than the PATH has. Throws engines_unmet where the settings want so. */
function enginesOf(
  applying: Applying,
  { selected }: Placing,
  changes: readonly Change[],
): readonly string[] {
  const { options, project, world, resolved } = applying
  const { version } = pathNode(options.env)
  const { graph } = resolved
  const wanting = { graph, manifests: project.manifests }
  if (world.config.setting('engine-strict') === 'true') {
    // What is optional may be left alone.
    const needed = selectInstances(graph, ownPlatform, { ...omitOf(applying), optional: true })
    refuseEngines(unmetEngines({ ...wanting, selected: needed }, version), version)
  }
  const added = new Set(changes.flatMap(({ name, to }) => to.map((each) => `${name}@${each}`)))
  const unmet = unmetEngines({ ...wanting, selected }, version)
  const told = unmet.filter(({ by }) => !by.includes('@', 1) || added.has(by))
  return formatEngines(told, version)
}

/** What a person should know before anything is fetched. */
function noticesOf({ plan, resolved }: Applying, changes: readonly Change[]): readonly string[] {
  return [
    ...plan.notices,
    ...resolved.unusedOverrides.map((key) => `The override "${key}" changes nothing`),
    ...deprecationsIn(resolved.graph, changes),
    ...weakDigestsIn(resolved.graph, changes),
  ]
}

/** Package.jsons that were changed, and the lock; nothing is fetched, and node_modules stays as it is. */
function writeLocked(applying: Applying, changes: readonly Change[]): Applied {
  const { options, project, plan, resolved, change } = applying
  const { graph, mismatches } = resolved
  const { settings } = readLayout({
    flag: options.layout,
    manifest: project.manifests[0]?.manifest ?? {},
    settings: plan.settings,
  })
  for (const [path, text] of change?.texts ?? []) writeWhole(path, text)
  if (options.isFrozen !== true) writeLock(project.root, formatLock({ graph, settings }))
  const notices = noticesOf(applying, changes)
  const packages = graph.instances.size
  const nothing = { added: [], removed: 0, isChanged: false, fetched: 0 }
  return { ...nothing, packages, mismatches, changes, notices, isLockOnly: true }
}

function startConfirmation(applying: Applying): Promise<Confirmation> {
  const { options, project, plan, world, resolved, rules } = applying
  const { folders = [] } = options
  return confirmLock({
    graph: resolved.graph,
    digest: plan.digest,
    part: JSON.stringify([omitOf(applying), folders]),
    store: world.store.path,
    confirming: { ...world, rules, path: lockPathOf(project.root) },
  })
}

/** What is left out of node_modules. */
function omitOf({ options, world }: Applying): {
  readonly dev: boolean
  readonly optional: boolean
} {
  const kinds = omitted(options.omit ?? {}, { setting: world.config.setting, env: options.env })
  return { dev: kinds.has('dev'), optional: kinds.has('optional') }
}

/** Where everything goes. */
type Places = {
  readonly placing: Placing
  readonly scripts: DependencyScripts
  /** Folders whose node_modules is removed before. */
  readonly cleared: readonly string[]
}

async function planPlaces(applying: Applying): Promise<Places> {
  const { options, project, plan, world, resolved, install } = applying
  const { root, importers, manifests } = project
  const { folders } = options
  const graph = withImporters(resolved.graph, root, folders)
  const omit = omitOf(applying)
  const selected = selectInstances(graph, ownPlatform, omit)
  const all = importers.map(({ folder }) => folder)
  const cleared = options.isFresh === true ? (folders ?? all) : []
  const scripts = await openDependencyScripts({
    ...world,
    project,
    resolved: { graph, selected },
    options,
    libc: () => ownPlatform.libc,
    install,
  })
  const placing = planPlacing({
    root,
    graph,
    selected,
    builds: scripts.builds,
    omitsDev: omit.dev,
    flag: options.layout,
    manifest: manifests[0]?.manifest ?? {},
    settings: plan.settings,
    manifests,
    registryOf: sourceOf(world.config),
    cleared,
  })
  return { placing, scripts, cleared }
}

type Placed = Pick<InstallReport, 'added' | 'removed' | 'isChanged' | 'fetched' | 'notices'>

async function place(
  applying: Applying,
  { placing, scripts, cleared }: Places,
  confirmation: Confirmation,
): Promise<Placed> {
  const { options, project, world, resolved } = applying
  const { global, isForced = false, main, rebuilds, env } = options
  const { fetching, store, sources } = world
  const staged = await fetching.complete(placing, againOf(placing, rebuilds))
  await confirmation.packages(placing.selected, staged)
  const ready = await scripts.finish(placing, staged)
  if (cleared.length > 0) clearInstalled(project.root, cleared)
  const { added, removed, isChanged, notices } = linkPlaced(placing, store, { ...ready, main })
  if (global !== undefined) linkPrograms(global, resolved.graph, isForced)
  const lasting = [...sources.notices(), ...notices, ...ready.notices]
  writeProject(applying, { placing, contentsOf: ready.contentsOf, notices: lasting, confirmation })
  const pathLine = global && pathNotice(global, env)
  const said = pathLine === undefined ? lasting : [...lasting, pathLine]
  return { added, removed, isChanged, fetched: fetching.count, notices: said }
}

/** What says what is installed now: package.jsons that were changed, the lock, and the note of what need not be looked at again. */
function writeProject(
  { options, project, snapshot, world, resolved, change }: Applying,
  linked: Pick<Kept, 'placing' | 'contentsOf' | 'notices'> & {
    readonly confirmation: Confirmation
  },
): void {
  const { root } = project
  const { store } = world
  const { typed, scripts } = options
  const { placing, contentsOf, confirmation } = linked
  const { selected, settings } = placing
  if (options.isUnsaved === true) {
    forgetState(root) // The next installation puts back what the lock says.
    return
  }
  for (const [path, text] of change?.texts ?? []) writeWhole(path, text)
  if (options.isFrozen !== true) {
    const graph = withHashes(resolved.graph, selected, (key, name) =>
      store.hashOf(contentsOf(key), name),
    )
    const text = formatLock({ graph, settings })
    writeLock(root, text)
    confirmation.note(text)
  } else confirmation.note()
  if (typed === undefined) return
  const isBuilt = placing.builds !== undefined
  const runsScripts = scripts !== undefined && hasOwnScripts(project, scripts)
  const ended = { ...snapshot, typed, cwd: process.cwd(), packages: selected.size }
  keepState({ ...ended, store: store.path, isBuilt, runsScripts })
  if (!runsScripts && options.folders === undefined)
    keepForOthers({
      ...ended,
      ...linked,
      env: typed.environment,
      typed: typed.words,
      store,
      isBuilt,
    })
}

/** Where packages without a digest come from: by a way that only this project chose, they are its own. */
function sourceOf({ registryOf, steering, transport }: RegistryConfig): (name: string) => string {
  if (steering.length === 0) return registryOf
  const way = JSON.stringify(transport)
  return (name) => `${registryOf(name)} ${way}`
}
