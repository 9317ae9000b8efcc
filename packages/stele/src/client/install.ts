// An installation: what the package.jsons want, resolved or taken from the lock, fetched into the store, linked into node_modules.
import { openRegistries, type Registries, readConfig } from '@stele/fetch'
import { openStore, type Platform, selectInstances } from '@stele/install'
import { formatLock, lockedOf } from '@stele/locks'
import { type PeerMismatch, resolve } from '@stele/resolve'
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { askedOnce } from './asked-once.ts'
import { Fetching } from './fetching.ts'
import { type Change, changesBetween } from './graph-changes.ts'
import { takeTurns } from './hold.ts'
import { type LockAsked, planLock, writeLock } from './lock-file.ts'
import { linkPlaced, planPlacing } from './placing.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'
import { explained, type Project, readProject } from './project.ts'
import { Pull } from './pull.ts'
import { registerProject, storeFolder } from './registered.ts'
import { readResolveSettings } from './resolve-settings.ts'
import { openSources, type Sources } from './sources.ts'
import { keepState, takeSnapshot } from './state.ts'
import { bootOf } from './up-to-date.ts'
import { findRoot, workspacePatterns } from './workspaces.ts'

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
  /** Changes nothing: the report tells what would be changed. */
  readonly isDryRun?: boolean
  /** What --layout says. */
  readonly layout?: string | undefined
  /** What was typed behind "install": when it is typed again, and nothing has changed, there is nothing to do. */
  readonly typed?: readonly string[] | undefined
  /** Hears what a person should know while it goes on. */
  readonly say?: (line: string) => void
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
  const root = await findRoot(options.root)
  using _ = await takeTurns(root, storeFolder(options.env), options.say ?? (() => {}))
  return await installNow(options)
}

async function installNow(options: InstallOptions): Promise<Installed> {
  const startMs = performance.now()
  const startedMs = Date.now()
  const { env, omit = {}, isFrozen, isDryRun, dedupes } = options
  const relock =
    options.relock ?? (dedupes === true ? (before) => before && lockedOf(before) : undefined)
  const project = await readProject(options.root)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project)
  const snapshot = snapshotOf(project, env, startedMs)
  const plan = await planLock({ root, wanted, settings: settings.locked, isFrozen, relock })
  const config = readConfig(root)
  const registries = openRegistries(config, env)
  const sources = openSources(root, registries, env)
  const store = openStore(storeFolder(env), bootOf())
  const pull = new Pull({ main: options.main, root, store, registries })
  const fetching = new Fetching({ pull, sources, store })
  try {
    const ports = portsOf(registries, sources, isDryRun === true ? undefined : fetching)
    const refuse = (): ReturnType<typeof createRefusal> =>
      createRefusal(readPolicy(project, config, Date.now()), publicationsFrom(registries))
    const resolved =
      plan.current === undefined
        ? await resolve(wanted, ports, {
            nodeVersion: process.versions.node,
            locked: plan.locked,
            ...settings.rules,
            dedupes,
            refuse: refuse(),
          }).catch(async (error: unknown) => {
            throw await explained(error, root)
          })
        : { graph: plan.current, mismatches: [], unusedOverrides: [] }
    const { graph, mismatches, unusedOverrides } = resolved
    const selected = selectInstances(graph, ownPlatform, omit)
    const changes = changesBetween(plan.before, graph)
    const unused = unusedOverrides.map((key) => `The override "${key}" changes nothing`)
    const placing = planPlacing({
      root,
      graph,
      selected,
      omitsDev: omit.dev === true,
      flag: options.layout,
      manifest: project.manifests[0]?.manifest ?? {},
      settings: plan.settings,
    })
    if (isDryRun === true) {
      const notices = [...plan.notices, ...unused]
      const tookMs = Math.round(performance.now() - startMs)
      const told = { packages: selected.size, mismatches, changes, notices, tookMs }
      return { report: { ...told, added: [], removed: 0, isChanged: false, fetched: 0 }, graph }
    }
    registerProject(store.path, root)
    const linked = linkPlaced(placing, store, await fetching.complete(placing))
    if (isFrozen !== true) writeLock(root, formatLock({ graph, settings: placing.settings }))
    const { typed } = options
    const packages = selected.size
    if (typed !== undefined) keepState({ ...snapshot, typed, packages, store: store.path })
    const notices = [...plan.notices, ...unused, ...sources.notices(), ...linked.notices]
    const tookMs = Math.round(performance.now() - startMs)
    const fetched = fetching.count
    return { report: { packages, ...linked, fetched, mismatches, changes, notices, tookMs }, graph }
  } finally {
    pull.close()
    registries.close()
  }
}

function snapshotOf(project: Project, env: NodeJS.ProcessEnv, startedMs: number) {
  const { root, importers, manifests, settingsFile } = project
  const patterns = workspacePatterns(manifests[0]?.manifest ?? {}, settingsFile)
  const watched = { root, env, importers, patterns }
  return { ...watched, snapshot: takeSnapshot(watched, startedMs) }
}

let knownLibc: string | undefined

/** This machine. */
const ownPlatform: Platform = {
  os: process.platform,
  cpu: process.arch,
  get libc() {
    if (process.platform === 'linux') knownLibc ??= findLibc()
    return knownLibc
  },
}

/** What Node was linked with, as its diagnostic report says, which takes some milliseconds to write. */
function findLibc(): string {
  const text = JSON.stringify(process.report.getReport())
  return text.includes('glibcVersionRuntime') ? 'glibc' : 'musl'
}

function portsOf(
  registries: Registries,
  sources: Sources,
  fetching: Fetching | undefined,
): Parameters<typeof resolve>[1] {
  return {
    packument: askedOnce(registries.packument),
    other: sources.find,
    chosen: (id, release) => fetching?.begin(id, release),
  }
}
