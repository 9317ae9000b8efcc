// An installation by mnpm: the registry says what is true, mirrors carry the bytes. Resolver, store and linker are the client's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '@stele/fetch'
import { normalizeServedManifest, parsePackageJson, recordOf } from '@stele/formats/manifest'
import { createUnpack, openStore, type Staged, type Store, selectInstances } from '@stele/install'
import type { Graph, InstanceKey, PackageId, Release } from '@stele/resolve/graph'
import { openDependencyScripts } from '../client/dependency-scripts.ts'
import { takeTurns } from '../client/hold.ts'
import { type InstallOptions, install } from '../client/install.ts'
import { ownPlatform } from '../client/own-platform.ts'
import {
  fillSlot,
  findSlot,
  linkPlaced,
  type Placing,
  planPlacing,
  shareSlot,
} from '../client/placing.ts'
import { readProject } from '../client/project.ts'
import { registerProject, storeFolder } from '../client/registered.ts'
import type { MnpmCalls } from './calls.ts'
import { inTurns } from './in-turns.ts'
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
  options: Pick<InstallOptions, 'root' | 'env' | 'main' | 'reporter' | 'scripts'>,
  { calls, openMirrors }: MnpmWorld,
): Promise<MnpmReport> {
  const startMs = performance.now()
  const { env } = options
  const project = await readProject(options.root)
  const { root } = project
  using _ = await takeTurns(root, storeFolder(env), (line) => options.reporter?.say(line))
  const resolved = await resolveByCalls(project.importers, calls)
  const store = openStore(storeFolder(env))
  const mirrors = openMirrors(await calls.mirrors())
  const selected = selectInstances(resolved.graph, ownPlatform, {})
  const { graph, staged } = await fetchAll(resolved.graph, { calls, mirrors, store })
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
  const ready = await scripts.finish(placing, placeAll(store, placing, staged))
  const { added, removed, notices } = linkPlaced(placing, store, {
    ...ready,
    main: options.main,
  })
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

/** Unpacked, or the folder where the store has it. */
type Found = Staged | string
type Ports = { readonly calls: MnpmCalls; readonly mirrors: Mirrors; readonly store: Store }

/** Brings every package here. What the calls do not tell of it, such as its programs, its own package.json does. */
async function fetchAll(
  graph: Graph,
  ports: Ports,
): Promise<{ readonly graph: Graph; readonly staged: ReadonlyMap<PackageId, Found> }> {
  const staged = new Map<PackageId, Found>()
  const packages = new Map<PackageId, Release>()
  const unpack = createUnpack()
  await inTurns([...graph.packages], async ([id, told]) => {
    const { name, version } = told
    const sha512 = await ports.calls.checksum(name, version)
    const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
    const folder = ports.store.findContents(integrity, name)
    let found: Found = folder ?? { name, integrity, folder: ports.store.stagingFolder() }
    if (typeof found !== 'string')
      unpack(await ports.mirrors.fetch({ name, version, sha512 }), found)
    const own = typeof found === 'string' ? found : join(found.folder, 'node_modules', name)
    staged.set(id, found)
    packages.set(id, { ...told, ...programsIn(own), dist: { tarball: '', integrity } })
  })
  const sorted = [...graph.packages.keys()].map((id) => [id, packages.get(id)] as const)
  const known = sorted.flatMap(([id, release]) =>
    release === undefined ? [] : [[id, release] as const],
  )
  return { graph: { ...graph, packages: new Map(known) }, staged }
}

function programsIn(folder: string): Pick<Release, 'bin' | 'hasInstallScript'> {
  const text = readFileSync(join(folder, 'package.json'))
  const manifest = normalizeServedManifest(parsePackageJson(text, 'its package.json'))
  const { bin, hasInstallScript } = recordOf(manifest)
  return { ...(bin && { bin }), ...(hasInstallScript && { hasInstallScript }) }
}

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
