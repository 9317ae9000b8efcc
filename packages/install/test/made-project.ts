// A store and a project of made packages, and what is to be seen of a node_modules.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Graph, type InstanceKey, linkedFolder, type Release } from '@stele/resolve/graph'
import type { Applied } from '../src/apply-tree.ts'
import { type KeptPlan, keepPlan, linkKept } from '../src/kept-plan.ts'
import type { Layout } from '../src/layout.ts'
import { linkProject, type Overlay, planLayout, withOverlays } from '../src/link-project.ts'
import { selectInstances } from '../src/platform.ts'
import { fileLine, writeList } from '../src/slot-files.ts'
import { slotKeys } from '../src/slot-keys.ts'
import type { Stage } from '../src/stage-units.ts'
import { openStore, prepareBins, type Store } from '../src/store.ts'

/** A package of a made graph: `name@version`, its dependencies by key, and what a registry would tell. */
export type MadePackage = {
  readonly needs?: readonly InstanceKey[]
  readonly release?: Partial<Release>
}

/** The graph of these packages; a key is `name@version`, or that with peers in parentheses. `folders` are the package.jsons. */
export function graphOf(
  folders: { readonly [folder: string]: readonly InstanceKey[] },
  made: { readonly [key: InstanceKey]: MadePackage },
  names: { readonly [folder: string]: string } = {},
): Graph {
  const named = (key: InstanceKey): readonly [string, InstanceKey] => {
    const folder = linkedFolder(key)
    return [folder === undefined ? nameOf(key) : (names[folder] ?? folder), key]
  }
  const entries = Object.entries(made)
  return {
    importers: Object.entries(folders).map(([folder, keys]) => ({
      folder,
      directs: keys.map((key) => {
        const [name] = named(key)
        return { name, specifier: '*', kind: 'dependencies' as const, instance: key }
      }),
    })),
    packages: new Map(entries.map(([key, { release }]) => [idOf(key), releaseOf(key, release)])),
    instances: new Map(
      entries.map(([key, { needs = [] }]) => [
        key,
        { id: idOf(key), dependencies: new Map(needs.map(named)), optional: new Set<string>() },
      ]),
    ),
  }
}

function idOf(key: InstanceKey): string {
  return key.split('(', 1)[0] ?? key
}

function nameOf(key: InstanceKey): string {
  return key.slice(0, key.indexOf('@', 1))
}

function releaseOf(key: InstanceKey, release: Partial<Release> = {}): Release {
  const id = idOf(key)
  const version = id.slice(id.indexOf('@', 1) + 1)
  return {
    ...release,
    name: nameOf(key),
    version,
    dist: { tarball: '', integrity: `sha512-${id}` },
  }
}

/** A project in a folder of its own, beside its store. */
export type MadeProject = Disposable & {
  readonly root: string
  readonly store: Store
  /** Links the graph in this layout. `interrupt` ends it, as a kill would, before its n-th look at the store. */
  readonly link: (graph: Graph, layout: Layout, how?: How) => Applied
  /** The plan of this layout as plain data, as a file would hold it. */
  readonly keep: (graph: Graph, layout: Layout) => KeptPlan
  readonly linkKept: (kept: KeptPlan, stage?: Stage) => Applied | undefined
  /** All that stands below the root, without the record of the client: what links say, what files hold. */
  readonly seen: () => { readonly [path: string]: string }
}

/** Makes an empty project; `store` makes it use another's. */
export function makeProject(shared?: Store): MadeProject {
  const folder = mkdtempSync(join(tmpdir(), 'stele-layout-'))
  const root = join(folder, 'project')
  mkdirSync(root)
  const store = shared ?? openStore(join(folder, 'store'))
  return {
    root,
    store,
    link: (graph, layout, how = {}) => link(root, store, { graph, layout, ...how }),
    keep: (graph, layout) => {
      const { plan, linking } = arrange(store, graph, layout)
      return JSON.parse(JSON.stringify(keepPlan(plan, { ...linking, store })))
    },
    linkKept: (kept, stage) => linkKept(kept, { root, store, boot: 'this', stage }),
    seen: () => Object.fromEntries(walk(root, '')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

type How = { readonly interrupt?: number; readonly overlays?: readonly Overlay[] }
type Linking = How & { readonly graph: Graph; readonly layout: Layout }

/** What a kill looks like from inside. */
export const interrupted: Error = new Error('Interrupted')

function link(
  root: string,
  store: Store,
  { graph, layout, interrupt, overlays = [] }: Linking,
): Applied {
  const { plan, linking } = arrange(store, graph, layout)
  let left = interrupt ?? Number.POSITIVE_INFINITY
  const look = <T>(value: T): T => {
    if (left-- <= 0) throw interrupted
    return value
  }
  return linkProject(withOverlays(plan, overlays), {
    ...linking,
    root,
    store: { path: store.path, slotFolder: (slot) => look(store.slotFolder(slot)) },
    contentsOf: (key) => look(linking.contentsOf(key)),
    boot: 'this',
  })
}

/** Plans it, with all packages in the store. */
function arrange(store: Store, graph: Graph, layout: Layout) {
  const slots = slotKeys(graph, () => '')
  const selected = selectInstances(graph, { os: 'linux', cpu: 'x64' })
  const plan = planLayout(layout, { graph, selected, slots, omitsDev: false })
  const folders = new Map([...selected].map((key) => [key, fill(store, graph, key)]))
  const linking = {
    slots,
    selected,
    contentsOf: (key: InstanceKey) => folders.get(key) ?? '',
    identityOf: (key: InstanceKey) => graph.instances.get(key)?.id ?? '',
  }
  return { plan, linking }
}

/** Puts a made package into its slot, as unpacking would. */
export function fill(store: Store, graph: Graph, key: InstanceKey): string {
  const instance = graph.instances.get(key)
  const release = graph.packages.get(instance?.id ?? '')
  const slots = slotKeys(graph, () => '')
  const slot = slots.get(key) ?? ''
  if (release === undefined || instance === undefined) throw new Error(`No "${key}"`)
  const place = join(store.slotFolder(slot), 'node_modules', release.name)
  if (store.hasSlot(slot)) return place
  const folder = join(store.path, 'staging', 'made')
  const own = join(folder, 'node_modules', release.name)
  const files = {
    'package.json': JSON.stringify({ name: release.name, version: release.version }),
    'index.js': `exports.id = ${JSON.stringify(instance.id)}\n`,
    'bin/run.js': '#!/usr/bin/env node\n',
  }
  mkdirSync(join(own, 'bin'), { recursive: true })
  const lines = Object.entries(files).map(([path, text]) => {
    writeFileSync(join(own, path), text, { mode: 0o444 })
    return fileLine(path, Buffer.from(text))
  })
  const integrity = release.dist.integrity ?? ''
  writeList(folder, { name: release.name, integrity }, lines.join(''))
  prepareBins(release, own)
  const links = [...instance.dependencies].flatMap(([name, target]) => {
    const other = slots.get(target)
    const id = graph.instances.get(target)?.id
    return other === undefined || id === undefined
      ? []
      : [{ name, slot: other, target: graph.packages.get(id)?.name ?? '' }]
  })
  return store.place({ name: release.name, integrity, folder }, slot, links)
}

const records = /^node_modules\/\.stele\/(tree|pending)\.json$/

function walk(root: string, path: string): readonly (readonly [string, string])[] {
  return readdirSync(join(root, path)).flatMap((name) => {
    const own = path === '' ? name : `${path}/${name}`
    const found = lstatSync(join(root, own))
    if (records.test(own)) return []
    if (found.isSymbolicLink()) return [[own, `-> ${readlinkSync(join(root, own))}`] as const]
    if (found.isDirectory()) return [[`${own}/`, ''] as const, ...walk(root, own)]
    return [[own, readFileSync(join(root, own), 'utf8')] as const]
  })
}
