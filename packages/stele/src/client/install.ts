// An installation: what the package.jsons want, resolved or taken from the lock, fetched into the store, linked into node_modules.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { openRegistries, type Registries, readConfig } from '@stele/fetch'
import type { JsonObject } from '@stele/formats/json'
import { openStore, type Platform, selectInstances } from '@stele/install'
import { formatLock, lockedOf, parseLock } from '@stele/locks'
import { type PeerMismatch, resolve, type WantedImporter } from '@stele/resolve'
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { Fetching } from './fetching.ts'
import { takeTurns } from './hold.ts'
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
  /** What a person should know beside that. */
  readonly notices: readonly string[]
  readonly tookMs: number
}

/** Installs the project that this folder belongs to, once others are done with it. */
export async function install(options: InstallOptions): Promise<InstallReport> {
  const root = await findRoot(options.root)
  using _ = await takeTurns(root, storeFolder(options.env), options.say ?? (() => {}))
  return await installNow(options)
}

async function installNow(options: InstallOptions): Promise<InstallReport> {
  const startMs = performance.now()
  const startedMs = Date.now()
  const { env, omit = {} } = options
  const project = await readProject(options.root)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project)
  const snapshot = snapshotOf(project, env, startedMs)
  const lockPath = join(root, 'stele.lock')
  const lock = existsSync(lockPath)
    ? parseLock(readFileSync(lockPath, 'utf8'), lockPath)
    : undefined
  const config = readConfig(root)
  const registries = openRegistries(config, env)
  const sources = openSources(root, registries, env)
  const store = openStore(storeFolder(env), bootOf())
  const pull = new Pull({ main: options.main, root, store, registries })
  const fetching = new Fetching({ pull, sources, store })
  try {
    const hasSettings = lock !== undefined && isLockedWith(lock.settings, settings.locked)
    const isCurrent = hasSettings && fits(lock.graph, wanted)
    if (!isCurrent && options.isFrozen === true)
      throw new SteleError('lock_outdated', { path: lockPath })
    const resolved = isCurrent
      ? { graph: lock.graph, mismatches: [], unusedOverrides: [] }
      : await resolve(wanted, portsOf(registries, sources, fetching), {
          nodeVersion: process.versions.node,
          locked: lock && (hasSettings ? lockedOf(lock.graph) : versionsOf(lock.graph)),
          ...settings.rules,
          refuse: createRefusal(
            readPolicy(project, config, Date.now()),
            publicationsFrom(registries),
          ),
        }).catch(async (error: unknown) => {
          throw await explained(error, root)
        })
    const { graph, mismatches, unusedOverrides } = resolved
    const selected = selectInstances(graph, ownPlatform, omit)
    const placing = planPlacing({
      root,
      graph,
      selected,
      omitsDev: omit.dev === true,
      flag: options.layout,
      manifest: project.manifests[0]?.manifest ?? {},
      settings: { ...othersOf(lock?.settings), ...settings.locked },
    })
    registerProject(store.path, root)
    const linked = linkPlaced(placing, store, await fetching.complete(placing))
    writeWhole(lockPath, formatLock({ graph, settings: placing.settings }))
    const { typed } = options
    if (typed !== undefined)
      keepState({ ...snapshot, typed, packages: selected.size, store: store.path })
    const tookMs = Math.round(performance.now() - startMs)
    const unused = unusedOverrides.map((key) => `The override "${key}" changes nothing`)
    const notices = [...unused, ...linked.notices]
    return {
      packages: selected.size,
      ...linked,
      fetched: fetching.count,
      mismatches,
      notices,
      tookMs,
    }
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

const ownPlatform: Platform = { os: process.platform, cpu: process.arch, libc: ownLibc() }

function ownLibc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const header: unknown = process.report.getReport()
  const text = JSON.stringify(header)
  return text.includes('glibcVersionRuntime') ? 'glibc' : 'musl'
}

/** Whether the lock holds just what these package.jsons want. */
function fits({ importers }: Graph, wanted: readonly WantedImporter[]): boolean {
  const ofLock = importers.map(({ folder, directs }) => [
    folder,
    directs.map(({ name, specifier, kind }) => [name, specifier, kind]),
  ])
  const ofProject = wanted.map(({ folder, edges }) => [
    folder,
    edges.map(({ name, specifier, kind }) => [name, specifier, kind]),
  ])
  return JSON.stringify(ofLock) === JSON.stringify(ofProject)
}

const resolveSettings = ['overrides', 'extensions', 'ranges']

/** Whether the lock was made with these settings of resolving. */
function isLockedWith(settings: JsonObject, wanted: JsonObject): boolean {
  return resolveSettings.every(
    (name) => JSON.stringify(settings[name]) === JSON.stringify(wanted[name]),
  )
}

/** The settings of a lock that resolving has nothing to do with. */
function othersOf(settings: JsonObject = {}): JsonObject {
  const others = Object.entries(settings).filter(([name]) => !resolveSettings.includes(name))
  return Object.fromEntries(others)
}

/** Of a lock that was made with other settings only the versions are taken over. */
function versionsOf(graph: Graph): ReturnType<typeof lockedOf> {
  const { versions } = lockedOf(graph)
  return { direct: () => undefined, node: () => undefined, versions }
}

function portsOf(
  registries: Registries,
  sources: Sources,
  fetching: Fetching,
): Parameters<typeof resolve>[1] {
  const known = new Map<string, ReturnType<Registries['packument']>>()
  return {
    packument: (name) => {
      const found = known.get(name) ?? registries.packument(name)
      known.set(name, found)
      return found
    },
    other: sources.find,
    chosen: (id, release) => fetching.begin(id, release),
  }
}

function writeWhole(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(join(path, '..'), { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, text)
  renameSync(own, path)
}
