// An installation: what the package.jsons want, resolved or taken from the lock, fetched into the store, linked into node_modules.
import { existsSync } from 'node:fs'
import { type Freshness, type Registries, type RegistryConfig, readConfig } from '@stele/fetch'
import { isFor, openStore, type Store, selectInstances } from '@stele/install'
import { formatLock, lockedOf } from '@stele/locks'
import type { PeerMismatch, Resolved, ResolvePorts } from '@stele/resolve'
import type { Graph, InstanceKey, PackageId } from '@stele/resolve/graph'
import { askedOnce } from './asked-once.ts'
import { bootOf } from './boot.ts'
import { withImporters } from './chosen-importers.ts'
import { clearInstalled } from './clear-installed.ts'
import { openDependencyScripts } from './dependency-scripts.ts'
import { Fetching } from './fetching.ts'
import { checkPrograms, type GlobalPlace, linkPrograms, pathNotice } from './global.ts'
import { type Change, changesBetween, deprecationsIn } from './graph-changes.ts'
import { takeTurns } from './hold.ts'
import { type Kept, keepForOthers } from './keep-tree.ts'
import { hasOwnScripts, type OwnScriptsAsked } from './lifecycle.ts'
import {
  type LockAsked,
  type LockPlan,
  lockPathOf,
  needLock,
  planLock,
  writeLock,
} from './lock-file.ts'
import { ownPlatform } from './own-platform.ts'
import { readPatches } from './patches.ts'
import { type Pins, withPins } from './pins.ts'
import { againOf, linkPlaced, planPlacing, withHashes } from './placing.ts'
import { type ManifestTexts, type Project, readProject } from './project.ts'
import { Pull } from './pull.ts'
import { registerProject, storeFolder } from './registered.ts'
import { openOwnRegistries } from './registries.ts'
import type { Progress, Reporter } from './reporter.ts'
import { resolveGraph } from './resolve-graph.ts'
import { readResolveSettings } from './resolve-settings.ts'
import { openSources, type Sources } from './sources.ts'
import { keepState, takeSnapshot } from './state.ts'
import { findUpToDate } from './up-to-date.ts'
import { findRoot, workspacePatterns } from './workspaces.ts'
import { writeWhole } from './write-whole.ts'

/** What an installation is asked for. */
export type InstallOptions = {
  /** Any folder of the project. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** The module that runs this process; threads are started from it. */
  readonly main: URL
  readonly omit?: { readonly dev?: boolean; readonly optional?: boolean }
  /** The lock must fit as it is. */
  readonly isFrozen?: boolean
  /** Resolves even where the lock fits, with this in place of all that the lock has. */
  readonly relock?: LockAsked['relock']
  /** Packages share versions, as few as everybody can live with. */
  readonly dedupes?: boolean
  /** The package.jsons of the workspace that are meant, by their folders; all where absent. */
  readonly folders?: readonly string[] | undefined
  /** What is changed in package.jsons, asked for when it is this installation's turn; written when all is in its place. */
  readonly change?: (() => Promise<ProjectChange>) | undefined
  /** What node_modules has is removed, once all that is to be there is in the store. */
  readonly isFresh?: boolean | undefined
  /** Changes nothing: the report tells what would be changed. */
  readonly isDryRun?: boolean
  /** What --layout says. */
  readonly layout?: string | undefined
  /** How far packuments that are kept are trusted; without it as the settings say. */
  readonly freshness?: Freshness | undefined
  /** Programs are linked for the whole machine. */
  readonly global?: GlobalPlace | undefined
  /** What others have put where programs go is replaced. */
  readonly isForced?: boolean | undefined
  /** What was typed behind "install": when it is typed again, and nothing has changed, there is nothing to do. */
  readonly typed?: readonly string[] | undefined
  /** Packages whose approved scripts run once more. */
  readonly rebuilds?: ReadonlySet<PackageId> | undefined
  /** Which scripts of the project are run; without it none is. */
  readonly scripts?: OwnScriptsAsked | undefined
  /** Hears what a person should know while it goes on. */
  readonly reporter?: Reporter | undefined
}

/** Package.jsons as they are to be. */
export type ProjectChange = {
  readonly texts: ManifestTexts
  /** Versions of dependencies that were asked for just now. */
  readonly pins?: Pins | undefined
}

/** What it did. */
export type InstallReport = {
  readonly packages: number
  readonly added: readonly InstanceKey[]
  readonly removed: number
  /** Something was made or removed, be it links alone. */
  readonly isChanged: boolean
  readonly fetched: number
  readonly mismatches: readonly PeerMismatch[]
  /** What is different in the lock. */
  readonly changes: readonly Change[]
  /** What a person should know beside that. */
  readonly notices: readonly string[]
  readonly tookMs: number
}

/** Installs the project that this folder belongs to, once others are done with it. */
export async function install(options: InstallOptions): Promise<InstallReport> {
  return (await installGraph(options)).report
}

/** What was done, and what is installed now. */
type Installed = { readonly report: InstallReport; readonly graph: Graph }

/** As install(), with what is installed now. */
export async function installGraph(options: InstallOptions): Promise<Installed> {
  if (options.change !== undefined) return runScriptsAfter(options, await installInTurn(options))
  const project = await readProject(options.root)
  if (!runsOwn(options, project)) return installInTurn(options, project)
  const { runBefore } = await import('../scripts/own-scripts.ts')
  await runBefore(project, { ...options, ...options.scripts })
  return runScriptsAfter(options, upToDate(options, project) ?? (await installInTurn(options)))
}

type WithScripts = InstallOptions & { readonly scripts: OwnScriptsAsked }

function runsOwn(options: InstallOptions, project: Project): options is WithScripts {
  const { scripts, isDryRun } = options
  return scripts !== undefined && isDryRun !== true && hasOwnScripts(project, scripts)
}

async function runScriptsAfter(options: InstallOptions, installed: Installed): Promise<Installed> {
  if (options.isDryRun === true) return installed // There may be no package.json.
  const project = await readProject(options.root)
  if (!runsOwn(options, project)) return installed
  const { added, removed, changes } = installed.report
  const isChanged = added.length > 0 || removed > 0 || changes.length > 0
  const { runAfter } = await import('../scripts/own-scripts.ts')
  await runAfter(project, { ...options, ...options.scripts }, { isChanged })
  return installed
}

/** What there is to say where nothing but the project's own scripts is to be done. */
function upToDate(
  { typed, env, isFresh }: InstallOptions,
  { root }: Project,
): Installed | undefined {
  if (typed === undefined || isFresh === true) return undefined
  const startMs = performance.now()
  const asked = { cwd: process.cwd(), arguments: typed, env, withScripts: true }
  const packages = findUpToDate(asked)
  if (packages === undefined) return undefined
  const nothing = { added: [], removed: 0, isChanged: false, fetched: 0, changes: [] }
  const tookMs = Math.round(performance.now() - startMs)
  return {
    report: { ...nothing, packages, mismatches: [], notices: [], tookMs },
    get graph() {
      return needLock(root).graph // Nobody asks for it who installs all of a project.
    },
  }
}

/** The project may have been read before, as long as nobody else had it since. */
async function installInTurn(options: InstallOptions, known?: Project): Promise<Installed> {
  const root = known?.root ?? (await findRoot(options.root))
  let hasWaited = false
  using _ = await takeTurns(root, storeFolder(options.env), (line) => {
    hasWaited = true
    options.reporter?.say(line)
  })
  const change = await options.change?.()
  const isKnown = known !== undefined && !hasWaited && change === undefined
  const project = isKnown ? known : await readProject(root, change?.texts)
  return await installNow(options, project, change)
}

async function installNow(
  options: InstallOptions,
  project: Project,
  change: ProjectChange | undefined,
): Promise<Installed> {
  const startMs = performance.now()
  const startedMs = Date.now()
  const { isFrozen } = options
  const relock = options.relock ?? relockFor(options, change)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project)
  const snapshot = snapshotOf(project, options.env, startedMs)
  const plan = await planLock({ root, wanted, settings: settings.locked, isFrozen, relock })
  const world = openWorld(options, root)
  using _ = options.reporter?.watch(world.progress)
  try {
    const resolved =
      plan.current === undefined
        ? await resolveGraph({
            ...world,
            env: options.env,
            project,
            rules: {
              locked: withPins(plan.locked, change?.pins),
              ...settings.rules,
              dedupes: options.dedupes,
            },
            ports: () => portsOf(world, options.isDryRun === true),
          })
        : { graph: plan.current, mismatches: [], unusedOverrides: [] }
    const report = await complete({ options, project, plan, snapshot, world, resolved, change })
    const tookMs = Math.round(performance.now() - startMs)
    return { report: { ...report, tookMs }, graph: resolved.graph }
  } finally {
    world.close()
  }
}

type World = {
  readonly config: RegistryConfig
  readonly registries: Registries
  readonly sources: Sources
  readonly store: Store
  readonly fetching: Fetching
  /** The package belongs to the graph. */
  readonly note: () => void
  readonly progress: () => Progress
  readonly close: () => void
}

function openWorld({ env, main, freshness, reporter }: InstallOptions, root: string): World {
  const config = readConfig(root, env)
  for (const line of config.notices) reporter?.say(line)
  const registries = openOwnRegistries(config, env, freshness)
  const sources = openSources(root, registries, env)
  const store = openStore(storeFolder(env), bootOf())
  const pull = new Pull({ main, root, store, registries })
  const fetching = new Fetching({ pull, sources, store, isOffline: registries.isOffline })
  const close = (): void => {
    pull.close()
    registries.close()
  }
  let resolved = 0
  const progress = (): Progress => ({
    resolved,
    fetched: fetching.count,
    wanted: pull.wanted,
    fetchedBytes: pull.fetchedBytes,
  })
  const note = (): void => void (resolved += 1)
  return { config, registries, sources, store, fetching, note, progress, close }
}

type Completing = {
  readonly options: InstallOptions
  readonly project: Project
  readonly plan: LockPlan
  readonly snapshot: ReturnType<typeof snapshotOf>
  readonly world: World
  readonly resolved: Resolved
  readonly change: ProjectChange | undefined
}

/** Puts what was resolved into its place, or tells what that would do. */
async function complete(completing: Completing): Promise<Omit<InstallReport, 'tookMs'>> {
  const { options, project, plan, world, resolved } = completing
  const { root } = project
  const { graph, mismatches, unusedOverrides } = resolved
  const { env, omit = {}, global, isForced = false } = options
  const { config, store, fetching, sources } = world
  const installed = withImporters(graph, root, options.folders)
  const selected = selectInstances(installed, ownPlatform, omit)
  const changes = changesBetween(plan.before, graph)
  const packages = selected.size
  const firstLines = [
    ...plan.notices,
    ...unusedOverrides.map((key) => `The override "${key}" changes nothing`),
    ...deprecationsIn(graph, changes),
  ]
  const known = { packages, mismatches, changes }
  const all = project.importers.map(({ folder }) => folder)
  const cleared = options.isFresh === true ? (options.folders ?? all) : []
  const scripts = await openDependencyScripts({
    ...world,
    project,
    resolved: { graph: installed, selected },
    options,
    libc: () => ownPlatform.libc,
    install,
  })
  const placing = planPlacing({
    root,
    graph: installed,
    selected,
    builds: scripts.builds,
    omitsDev: omit.dev === true,
    flag: options.layout,
    manifest: project.manifests[0]?.manifest ?? {},
    settings: plan.settings,
    manifests: project.manifests,
    registryOf: sourceOf(config),
    cleared,
  })
  if (global !== undefined) checkPrograms(global, graph, isForced)
  if (options.isDryRun === true) {
    return { ...known, notices: firstLines, added: [], removed: 0, isChanged: false, fetched: 0 }
  }
  registerProject(store.path, root)
  const ready = await scripts.finish(
    placing,
    await fetching.complete(placing, againOf(placing, options.rebuilds)),
  )
  if (cleared.length > 0) clearInstalled(root, cleared)
  const linked = linkPlaced(placing, store, { ...ready, main: options.main })
  const { added, removed, isChanged } = linked
  if (global !== undefined) linkPrograms(global, graph, isForced)
  const lasting = [...sources.notices(), ...linked.notices, ...ready.notices]
  writeProject(completing, { placing, contentsOf: ready.contentsOf, notices: lasting })
  const pathLine = global && pathNotice(global, env)
  const notices = [...firstLines, ...lasting, ...(pathLine === undefined ? [] : [pathLine])]
  return { ...known, added, removed, isChanged, fetched: fetching.count, notices }
}

/** What says what is installed now: package.jsons that were changed, the lock, and the note of what need not be looked at again. */
function writeProject(
  { options, project, snapshot, world, resolved, change }: Completing,
  linked: Pick<Kept, 'placing' | 'contentsOf' | 'notices'>,
): void {
  const { root } = project
  const { store } = world
  const { typed, scripts } = options
  const { placing, contentsOf } = linked
  const { selected, settings } = placing
  for (const [path, text] of change?.texts ?? []) writeWhole(path, text)
  if (options.isFrozen !== true) {
    const graph = withHashes(resolved.graph, selected, (key, name) =>
      store.hashOf(contentsOf(key), name),
    )
    writeLock(root, formatLock({ graph, settings }))
  }
  if (typed === undefined) return
  const isBuilt = placing.builds !== undefined
  const runsScripts = scripts !== undefined && hasOwnScripts(project, scripts)
  const ended = { ...snapshot, typed, cwd: process.cwd(), packages: selected.size }
  keepState({ ...ended, store: store.path, isBuilt, runsScripts })
  if (!runsScripts && options.folders === undefined)
    keepForOthers({ ...ended, ...linked, store, isBuilt })
}

/** Where packages without a digest come from: by a way that only this project chose, they are its own. */
function sourceOf({ registryOf, steering, transport }: RegistryConfig): (name: string) => string {
  if (steering.length === 0) return registryOf
  return (name) => `${registryOf(name)} ${JSON.stringify(transport)}`
}

/** Even where the lock fits, there may be something to resolve. */
function relockFor(
  { root, dedupes }: InstallOptions,
  change: ProjectChange | undefined,
): LockAsked['relock'] {
  const hasPins = change?.pins !== undefined && existsSync(lockPathOf(root))
  return dedupes === true || hasPins ? (before) => before && lockedOf(before) : undefined
}

function snapshotOf(project: Project, env: NodeJS.ProcessEnv, startedMs: number) {
  const { root, importers, manifests, settingsFile } = project
  const patterns = workspacePatterns(manifests[0]?.manifest ?? {}, settingsFile)
  const patches = readPatches(project).map(({ path }) => path)
  const watched = { root, env, importers, patterns, patches }
  return { ...watched, snapshot: takeSnapshot(watched, startedMs) }
}

function portsOf({ registries, sources, fetching, note }: World, isDryRun: boolean): ResolvePorts {
  return {
    packument: askedOnce(registries.packument),
    other: sources.find,
    // What is for other machines is only in the lock; who depends on it all the same fetches it at the end.
    chosen: (id, release) => {
      note()
      registries.noteChosen(release)
      if (!isDryRun && isFor(release, ownPlatform)) fetching.begin(id, release)
    },
  }
}
