// An installation: what the package.jsons want, resolved or taken from the lock, fetched into the store, linked into node_modules.
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { openRegistries, type Registries, readConfig } from '@stele/fetch'
import type { JsonObject } from '@stele/formats/json'
import { openStore, type Platform, type Staged, type Store, selectInstances } from '@stele/install'
import { formatLock, lockedOf, parseLock } from '@stele/locks'
import { type PeerMismatch, resolve, type WantedImporter } from '@stele/resolve'
import type { Graph, InstanceKey, PackageId, Release } from '@stele/resolve/graph'
import { fillSlot, findSlot, linkPlaced, type Placing, planPlacing, shareSlot } from './placing.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'
import { explained, readProject } from './project.ts'
import { readResolveSettings } from './resolve-settings.ts'
import { openSources, type Sources } from './sources.ts'

/** What an installation is asked for. */
export type InstallOptions = {
  /** Any folder of the project. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly omit?: { readonly dev?: boolean; readonly optional?: boolean }
  /** The lock must fit as it is. */
  readonly isFrozen?: boolean
  /** What --layout says. */
  readonly layout?: string | undefined
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

/** Installs the project that this folder belongs to. */
export async function install(options: InstallOptions): Promise<InstallReport> {
  const startMs = performance.now()
  const { env, omit = {} } = options
  const project = await readProject(options.root)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project)
  const lockPath = join(root, 'stele.lock')
  const lock = existsSync(lockPath)
    ? parseLock(readFileSync(lockPath, 'utf8'), lockPath)
    : undefined
  const config = readConfig(root)
  const registries = openRegistries(config, env)
  const sources = openSources(root, registries, env)
  const store = openStore(storeFolder(env))
  const fetching = new Fetching({ registries, sources, store })
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
    const linked = linkPlaced(placing, store, await fetching.complete(placing))
    writeWhole(lockPath, formatLock({ graph, settings: placing.settings }))
    const tookMs = Math.round(performance.now() - startMs)
    const { fetched } = fetching
    const unused = unusedOverrides.map((key) => `The override "${key}" changes nothing`)
    const notices = [...unused, ...linked.notices]
    return { packages: selected.size, ...linked, fetched, mismatches, notices, tookMs }
  } finally {
    registries.close()
  }
}

const ownPlatform: Platform = { os: process.platform, cpu: process.arch, libc: ownLibc() }

function ownLibc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const header: unknown = process.report.getReport()
  const text = JSON.stringify(header)
  return text.includes('glibcVersionRuntime') ? 'glibc' : 'musl'
}

function storeFolder(env: NodeJS.ProcessEnv): string {
  const data = env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share')
  return join(data, 'stele', 'store', 'v1')
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

/** Fetches packages into the store, each once. */
class Fetching {
  readonly #registries: Registries
  readonly #sources: Sources
  readonly #store: Store
  readonly #begun = new Map<PackageId, Promise<Staged | string>>()
  fetched = 0

  constructor(ports: {
    readonly registries: Registries
    readonly sources: Sources
    readonly store: Store
  }) {
    this.#registries = ports.registries
    this.#sources = ports.sources
    this.#store = ports.store
  }

  /** Fetches the package, unless the store has it. */
  begin(id: PackageId, release: Release): void {
    const { name, version, dist } = release
    if (this.#begun.has(id)) return
    // What no registry has and no digest pins is pinned by its address, which names a commit.
    const isPinned = id !== `${name}@${version}` && dist.tarball !== ''
    const integrity = integrityOf(dist) ?? (isPinned ? dist.tarball : undefined)
    const found = integrity === undefined ? undefined : this.#store.findContents(integrity, name)
    const begun = found === undefined ? this.#fetch(id, release) : Promise.resolve(found)
    begun.catch(() => {}) // Whoever needs it hears of it.
    this.#begun.set(id, begun)
  }

  async #fetch(id: PackageId, release: Release): Promise<Staged> {
    const { name, version, dist } = release
    const bytes = await this.#sources.tarball(id, release)
    this.fetched += 1
    const found = checkBytes(bytes, release, this.#registries.tarballUrl(release))
    const isPinned = id !== `${name}@${version}` && integrityOf(dist) === undefined
    return this.#store.unpack(bytes, { name, integrity: isPinned ? dist.tarball : found })
  }

  /** Waits for all that is selected, and gives each its slot. */
  async complete(placing: Placing): Promise<(key: InstanceKey) => string> {
    const { graph, selected } = placing
    const folders = new Map<InstanceKey, string>()
    for (const key of selected) {
      const found = findSlot(this.#store, placing, key)
      if (found === undefined) this.begin(idOf(graph, key), releaseOf(graph, key))
      else folders.set(key, found)
    }
    const filled = new Map<Staged, string>()
    for (const key of selected) {
      if (folders.has(key)) continue
      const found = await this.#begun.get(idOf(graph, key))
      if (found === undefined) throw new Error(`"${key}" was not begun`)
      const folder = typeof found === 'string' ? found : filled.get(found)
      if (folder !== undefined) folders.set(key, shareSlot(this.#store, placing, { key, folder }))
      else if (typeof found !== 'string') {
        const own = fillSlot(this.#store, placing, { key, staged: found })
        filled.set(found, own)
        folders.set(key, own)
      }
    }
    return (key) => folders.get(key) ?? ''
  }
}

function idOf({ instances }: Graph, key: InstanceKey): PackageId {
  return instances.get(key)?.id ?? ''
}

function releaseOf(graph: Graph, key: InstanceKey): Release {
  const release = graph.packages.get(idOf(graph, key))
  if (release === undefined) throw new Error(`The graph has no "${key}"`)
  return release
}

function integrityOf({ integrity, shasum }: Release['dist']): string | undefined {
  if (integrity !== undefined) return integrity
  return shasum === undefined ? undefined : `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`
}

/** The integrity that the bytes have. Throws integrity_mismatch where it is not the wanted one. */
function checkBytes(bytes: Buffer, release: Release, url: string): string {
  const wanted = integrityOf(release.dist)
  const algorithm = wanted?.startsWith('sha1-') ? 'sha1' : 'sha512'
  const found = `${algorithm}-${hash(algorithm, bytes, 'base64')}`
  if (wanted !== undefined && !wanted.split(/\s+/).includes(found)) {
    const spec = `${release.name}@${release.version}`
    throw new SteleError('integrity_mismatch', { spec, url, wanted, found })
  }
  return wanted ?? found
}

function writeWhole(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(join(path, '..'), { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, text)
  renameSync(own, path)
}
