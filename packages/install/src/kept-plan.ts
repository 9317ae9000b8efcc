// A plan as plain data: what a later installation of the same lock in an empty folder makes, without planning it.
import { relative, sep } from 'node:path'
import type { InstanceKey } from '@stele/resolve/graph'
import { type Applied, type Applying, applyTree } from './apply-tree.ts'
import type { Layout } from './layout.ts'
import type { LayoutPlan } from './link-project.ts'
import type { SlotKey } from './slot-keys.ts'
import { slotsPath } from './store.ts'
import type { Bins, Target, Unit } from './tree.ts'
import { readRecords } from './tree-record.ts'

type Links = readonly (readonly [path: string, target: Target])[]

/** A package's files in the store. */
type Contents = { readonly slot: SlotKey; readonly name: string }

/** What is to stand in node_modules, as JSON holds it. */
export type KeptPlan = {
  readonly layout: Layout
  /** The packages that are installed, by their keys, and their slots. */
  readonly packages: { readonly [key: InstanceKey]: SlotKey }
  readonly units: readonly (Omit<Unit, 'links'> & {
    readonly links: Links
    readonly contents: Contents
    readonly identity: string
  })[]
  readonly links: Links
  readonly bins: readonly Bins[]
  readonly modules: readonly string[]
}

/** What was linked by a plan, and from where. */
type Linked = Pick<Applying, 'selected' | 'slots' | 'contentsOf' | 'identityOf'> & {
  readonly store: Pick<Applying['store'], 'path'>
}

/** The plan as plain data. Undefined where files are elsewhere than in the store. */
export function keepPlan({ layout, tree }: LayoutPlan, linked: Linked): KeptPlan | undefined {
  const { selected, slots, contentsOf, identityOf, store } = linked
  const units: KeptPlan['units'][number][] = []
  for (const { links, ...unit } of tree.units) {
    const contents = contentsIn(store.path, contentsOf(unit.key))
    if (contents === undefined) return undefined
    units.push({ ...unit, links: [...links], contents, identity: identityOf(unit.key) })
  }
  return {
    layout,
    packages: Object.fromEntries([...selected].map((key) => [key, slots.get(key) ?? ''])),
    units,
    links: [...tree.links],
    bins: tree.bins.map(({ path, packages }) => ({ path, packages: packages.map(asData) })),
    modules: [...tree.modules],
  }
}

/** The slots that a plan takes something from. */
export function slotsOfPlan({ units, links }: KeptPlan): readonly SlotKey[] {
  const linked = links.flatMap(([, target]) => (target.kind === 'slot' ? [target.slot] : []))
  return [...linked, ...units.map(({ contents }) => contents.slot)]
}

/** Makes it in a project that nothing was installed in. Undefined where something was: nothing is done then. */
export function linkKept(
  { layout, packages, units, ...kept }: KeptPlan,
  { root, store, boot, stage }: Pick<Applying, 'root' | 'store' | 'boot' | 'stage'>,
): Applied | undefined {
  if (readRecords(root).last.length > 0) return undefined
  const own = new Map(units.map((unit) => [unit.key, unit]))
  const slots = new Map(Object.entries(packages))
  return applyTree({
    root,
    store,
    boot,
    stage,
    layout,
    slots,
    selected: new Set(slots.keys()),
    tree: {
      units: units.map(({ links, ...unit }) => ({ ...unit, links: new Map(links) })),
      links: new Map(kept.links),
      bins: kept.bins,
      modules: new Set(kept.modules),
      slots: [],
    },
    contentsOf: (key) => {
      const { slot = '', name = '' } = own.get(key)?.contents ?? {}
      return `${store.slotFolder(slot)}${sep}node_modules${sep}${name.replaceAll('/', sep)}`
    },
    identityOf: (key) => own.get(key)?.identity ?? '',
  })
}

function contentsIn(store: string, folder: string): Contents | undefined {
  const parts = relative(slotsPath(store), folder).split(sep)
  const [start, slot, modules, ...name] = parts
  if (start === '..' || slot === undefined || modules !== 'node_modules') return undefined
  return { slot, name: name.join('/') }
}

/** Of a package that brings programs, what these are told from. */
function asData({ release, ...brought }: Bins['packages'][number]): Bins['packages'][number] {
  const { name, version, bin, directories } = release
  return {
    ...brought,
    release: {
      name,
      version,
      ...(bin === undefined ? {} : { bin }),
      ...(directories === undefined ? {} : { directories }),
    },
  }
}
