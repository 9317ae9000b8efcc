// An installation by mnpm: the registry says what is true, mirrors carry the bytes. Resolver, store and linker are the client's.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { readConfig } from '@stele/fetch'
import { normalizeServedManifest, parsePackageJson, recordOf } from '@stele/formats/manifest'
import { createUnpack, openStore, type Staged, type Store, selectInstances } from '@stele/install'
import type { WantedImporter } from '@stele/resolve'
import type { Graph, InstanceKey, PackageId, Release } from '@stele/resolve/graph'
import { install } from '../client/install.ts'
import type { InstallOptions } from '../client/installation.ts'
import { ownPlatform } from '../client/layout/own-platform.ts'
import {
  fillSlot,
  findSlot,
  linkPlaced,
  type Placing,
  planPlacing,
  shareSlot,
} from '../client/layout/placing.ts'
import { type Project, readProject } from '../client/project/project.ts'
import { writeWhole } from '../client/project/write-whole.ts'
import { forgetState } from '../client/repeat/up-to-date.ts'
import { openDependencyScripts } from '../client/scripts/dependency-scripts.ts'
import { takeTurns } from '../client/store/hold.ts'
import { registerProject, storeFolder } from '../client/store/registered.ts'
import { inTurns } from '../in-turns.ts'
import { approvalFor, writeApprovals } from '../scripts/approvals.ts'
import type { MnpmCalls } from './calls.ts'
import { openKnownReleases } from './known-releases.ts'
import { maxAtOnce, maxRounds } from './limits.ts'
import type { MirrorFault, Mirrors } from './mirrors.ts'
import { resolveByCalls } from './resolve-by-calls.ts'

/** What is installed from. */
export type MnpmWorld = {
  readonly calls: MnpmCalls
  readonly openMirrors: (urls: readonly string[]) => Mirrors
}

/** What it did. */
export type MnpmReport = {
  readonly packages: number
  readonly added: readonly InstanceKey[]
  readonly removed: number
  /** Tarballs that each mirror gave. */
  readonly given: { readonly [mirror: string]: number }
  readonly faults: readonly MirrorFault[]
  readonly notices: readonly string[]
  readonly tookMs: number
}

/** Installs the project of this folder. Throws what resolving does, `mirrors_failed`, and what unpacking does. */
export async function mnpmInstall(
  options: Pick<InstallOptions, 'root' | 'env' | 'main' | 'reporter' | 'scripts'> & {
    /** Names of packages whose install scripts run from now on, as they are now. */
    readonly allowed?: readonly string[]
  },
  { calls, openMirrors }: MnpmWorld,
): Promise<MnpmReport> {
  const startMs = performance.now()
  const { env, allowed = [] } = options
  const read = await readProject(options.root)
  const { root } = read
  using _ = await takeTurns(root, storeFolder(env), (line) => options.reporter?.say(line))
  const store = openStore(storeFolder(env))
  const mirrors = openMirrors(await calls.mirrors())
  const { graph, staged } = await resolveAndFetch(read.importers, { calls, mirrors, store })
  const project = allowed.length === 0 ? read : await allow(root, graph, allowed)
  const selected = selectInstances(graph, ownPlatform, {})
  const config = readConfig(root, env)
  const scripts = await openDependencyScripts({
    project,
    resolved: { graph, selected },
    store,
    config,
    libc: () => ownPlatform.libc,
    options,
    install,
  })
  const placing = planPlacing({
    root,
    graph,
    selected,
    builds: scripts.builds,
    omitsDev: false,
    registryOf: config.registryOf,
    flag: undefined,
    manifest: project.manifests[0]?.manifest ?? {},
    settings: {},
    manifests: project.manifests,
  })
  registerProject(store.path, root)
  forgetState(root) // What is installed is not what stele.lock says.
  const ready = await scripts.finish(placing, placeAll(store, placing, staged))
  const { added, removed, notices } = linkPlaced(placing, store, {
    ...ready,
    main: options.main,
  })
  removeUnused(placing, staged)
  return {
    packages: selected.size,
    added,
    removed,
    given: Object.fromEntries(mirrors.given),
    faults: mirrors.faults,
    notices: [...notices, ...ready.notices],
    tookMs: Math.round(performance.now() - startMs),
  }
}

/** Notes in package.json that the scripts of these packages may run. */
async function allow(root: string, graph: Graph, names: readonly string[]): Promise<Project> {
  const approvals = names.flatMap((name) => {
    const ids = [...graph.packages].filter(([, release]) => release.name === name)
    if (ids.length > 0) return ids.map(([id]) => [id, digestOf(graph, id)] as const)
    const reason = `--allow-scripts "${name}": nothing here needs a package of that name`
    throw new SteleError('usage_wrong', { reason, command: 'mnpm install' })
  })
  const path = join(root, 'package.json')
  writeWhole(path, await writeApprovals(readFileSync(path, 'utf8'), new Map(approvals)))
  return readProject(root)
}

function digestOf(graph: Graph, id: PackageId): string {
  const { text } = approvalFor(graph, id)
  if (text === undefined) throw new Error('What mirrors gave was compared with a digest')
  return text
}

/** Unpacked, or the folder where the store has it. */
type Found = Staged | string
type Ports = { readonly calls: MnpmCalls; readonly mirrors: Mirrors; readonly store: Store }

/** Brings every package of the graph here. The calls tell of dependencies alone: of peers, optional ones and programs its own package.json does. */
async function resolveAndFetch(
  importers: readonly WantedImporter[],
  ports: Ports,
): Promise<{ readonly graph: Graph; readonly staged: ReadonlyMap<PackageId, Found> }> {
  const staged = new Map<PackageId, Found>()
  const known = openKnownReleases(ports.calls)
  try {
    for (let round = 0; round < maxRounds; round++) {
      const { graph } = await resolveByCalls(importers, known)
      const open = [...graph.packages].filter(([id]) => !staged.has(id))
      if (open.length === 0) return { graph, staged }
      await inTurns(open, maxAtOnce, async ([id, release]) => {
        const { found, packed } = await fetchOne(release, ports)
        staged.set(id, found)
        known.learn(packed)
      })
    }
  } catch (error) {
    for (const found of staged.values()) removeStaged(found)
    throw error
  }
  throw new SteleError('graph_too_large', { limit: maxRounds, of: 'on one way from package.json' })
}

async function fetchOne(
  { name, version }: Release,
  { calls, mirrors, store }: Ports,
): Promise<{ readonly found: Found; readonly packed: Release }> {
  const sha512 = await calls.checksum(name, version)
  const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
  const folder = store.findContents(integrity, name)
  const found: Found = folder ?? { name, integrity, folder: store.stagingFolder() }
  const told: Release = { name, version, dist: { tarball: '', integrity } }
  if (typeof found === 'string') return { found, packed: readPacked(found, told) }
  const bytes = await mirrors.fetch({ name, version, sha512 })
  try {
    unpack(bytes, found)
    return { found, packed: readPacked(join(found.folder, 'node_modules', name), told) }
  } catch (error) {
    removeStaged(found)
    throw error
  }
}

/** What the package.json in this folder says, beside what is told of the release. */
function readPacked(folder: string, told: Release): Release {
  const text = readFileSync(join(folder, 'package.json'))
  const path = `the package.json of ${told.name}@${told.version}`
  const manifest = normalizeServedManifest(parsePackageJson(text, path))
  // Resolving leaves out what is not of its type.
  return Object.assign(recordOf(manifest), told)
}

const unpack = createUnpack()

/** Gives each package its slot. The function tells where the files of each are. */
function placeAll(
  store: Store,
  placing: Placing,
  staged: ReadonlyMap<PackageId, Found>,
): (key: InstanceKey) => string {
  const folders = new Map<InstanceKey, string>()
  const filled = new Map<Found, string>()
  for (const key of placing.selected) {
    const found = staged.get(placing.graph.instances.get(key)?.id ?? '')
    const slot = findSlot(store, placing, key)
    if (found === undefined) throw new Error(`"${key}" was not fetched`)
    const folder = typeof found === 'string' ? found : filled.get(found)
    const own =
      slot ??
      (folder !== undefined || typeof found === 'string'
        ? shareSlot(store, placing, { key, folder: folder ?? '' })
        : fillSlot(store, placing, { key, staged: found }))
    if (!filled.has(found)) filled.set(found, own)
    folders.set(key, own)
  }
  return (key) => folders.get(key) ?? ''
}

/** What is for other machines was unpacked to learn that. */
function removeUnused({ graph, selected }: Placing, staged: ReadonlyMap<PackageId, Found>): void {
  const used = new Set([...selected].map((key) => graph.instances.get(key)?.id))
  for (const [id, found] of staged) if (!used.has(id)) removeStaged(found)
}

function removeStaged(found: Found): void {
  if (typeof found !== 'string') rmSync(found.folder, { recursive: true, force: true })
}
