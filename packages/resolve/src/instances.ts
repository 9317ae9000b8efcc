// Gives every package the peers of where it stands: one instance for each different set of them.
import { createHash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import type { Place, Places } from './failures.ts'
import type { Instance, InstanceKey, PackageId } from './graph.ts'
import { maxInstancesPerPackage, maxKeyLength, maxSpareInstances } from './limits.ts'
import type { OutsideNames } from './outside-names.ts'
import { sortedMap } from './sorted-entries.ts'
import { packageOf } from './variants.ts'
import { peersOf } from './wanted.ts'

/** What surrounds a package: the dependencies of whoever depends on it, then what surrounds that. */
type Surroundings = {
  readonly own: ReadonlyMap<string, InstanceKey>
  readonly outer: Surroundings | undefined
}

/** Instances by key, and what the dependencies of each package.json became. */
export type Placed = {
  readonly instances: ReadonlyMap<InstanceKey, Instance>
  readonly importers: ReadonlyMap<string, ReadonlyMap<string, InstanceKey>>
}

type Waiting = { readonly key: InstanceKey; readonly id: PackageId; readonly outer: Surroundings }

/** Places everything that the package.jsons depend on: what one does not provide, the root does. */
export function placeInstances({ importers, nodes }: Places, outside: OutsideNames): Placed {
  const placing: Placing = {
    nodes,
    ids: new Map(),
    taken: new Map(),
    outside,
    instances: new Map(),
    queue: [],
  }
  const placed = new Map<string, ReadonlyMap<string, InstanceKey>>()
  const rootEdges = importers.get('.')?.edges ?? new Map<string, PackageId>()
  const root = { own: keysOf(placing, rootEdges, undefined), outer: undefined }
  for (const [folder, { edges }] of importers) {
    placed.set(folder, folder === '.' ? root.own : keysOf(placing, edges, root))
  }
  for (const waiting of placing.queue) build(placing, waiting)
  const instances = [...placing.instances].flatMap(([key, instance]) =>
    instance === undefined ? [] : [[key, instance] as const],
  )
  return {
    instances: sortedMap(new Map(instances)),
    importers: placed,
  }
}

/** What a package takes from outside, and which package takes it: itself, or a peer of it. */
type Taken = { readonly by: PackageId; readonly name: string; readonly id: PackageId }

type Placing = {
  readonly nodes: ReadonlyMap<PackageId, Place>
  readonly ids: Map<InstanceKey, PackageId>
  readonly taken: Map<InstanceKey, readonly Taken[]>
  readonly outside: OutsideNames
  readonly instances: Map<InstanceKey, Instance | undefined>
  readonly queue: Waiting[]
}

/** The keys of a package's dependencies. A peer may be a sibling, so siblings come in the order of what they take from each other. */
function keysOf(
  placing: Placing,
  edges: ReadonlyMap<string, PackageId>,
  outer: Surroundings | undefined,
): ReadonlyMap<string, InstanceKey> {
  const own = edges.values().some((id) => placing.outside.has(id))
    ? keysWithPeers(placing, edges, outer)
    : plainKeys(placing, edges)
  for (const [name, id] of edges)
    wait(placing, { key: own.get(name) ?? id, id, outer: { own, outer } })
  return own
}

/** Where none takes anything from outside, as mostly, each is what it is. */
function plainKeys(
  { ids }: Placing,
  edges: ReadonlyMap<string, PackageId>,
): ReadonlyMap<string, InstanceKey> {
  for (const id of edges.values()) ids.set(id, id)
  return sortedMap(edges)
}

function keysWithPeers(
  placing: Placing,
  edges: ReadonlyMap<string, PackageId>,
  outer: Surroundings | undefined,
): ReadonlyMap<string, InstanceKey> {
  const keys = new Map<string, InstanceKey>()
  const taken = (name: string): readonly string[] =>
    [...(placing.outside.get(edges.get(name) ?? '') ?? [])].filter((other) => edges.has(other))
  for (const group of inOrder([...edges.keys()], taken)) {
    keyGroup(placing, { group, edges, keys, outer })
  }
  return sortedMap(keys)
}

type Group = {
  /** Names of siblings that take each other, directly or not; most stand alone. */
  readonly group: readonly string[]
  readonly edges: ReadonlyMap<string, PackageId>
  /** Of the groups before, and then of this one. */
  readonly keys: Map<string, InstanceKey>
  readonly outer: Surroundings | undefined
}

/** Those that take each other in a circle are told apart by what the whole circle takes, and by who is in it. */
function keyGroup(placing: Placing, { group, edges, keys, outer }: Group): void {
  const members = new Set(group)
  const found: Taken[] = []
  for (const name of group) {
    const by = edges.get(name) ?? ''
    for (const other of placing.outside.get(by) ?? []) {
      const sibling = members.has(other) && group.length > 1 ? edges.get(other) : undefined
      const key = members.has(other) ? undefined : (keys.get(other) ?? lookUp(outer, other))
      const id = sibling ?? (key === undefined ? undefined : placing.ids.get(key))
      if (id === undefined) continue
      found.push({ by, name: other, id }, ...(placing.taken.get(key ?? '') ?? []))
    }
  }
  for (const name of group) {
    const id = edges.get(name) ?? ''
    const taken = withoutRepeats(found)
    const key = formatKey(id, taken)
    keys.set(name, key)
    placing.ids.set(key, id)
    if (taken.length > 0) placing.taken.set(key, taken)
  }
}

function lookUp(surroundings: Surroundings | undefined, name: string): InstanceKey | undefined {
  for (let at = surroundings; at !== undefined; at = at.outer) {
    const found = at.own.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

function withoutRepeats(taken: readonly Taken[]): readonly Taken[] {
  return [...new Map(taken.map((each) => [`${each.by}\n${each.name}\n${each.id}`, each])).values()]
}

/**
 * `id(peer@version)(peer@version)`, with the peers of its peers. Where two packages take the same name in two versions, it says which
 * takes which; of long ones it has a digest. There are only so many of these, however the dependencies go in circles.
 */
function formatKey(id: PackageId, taken: readonly Taken[]): InstanceKey {
  const versions = Map.groupBy(taken, ({ name }) => name)
  const others = taken.filter(({ id: found }) => found !== id)
  const texts = others.map(({ by, name, id: found }) => {
    const text = found.startsWith(`${name}@`) ? found : `${name}=${found}`
    const isOne = new Set(versions.get(name)?.map((each) => each.id)).size === 1
    return isOne ? `(${text})` : `(${by}>${text})`
  })
  const text = [...new Set(texts)].toSorted().join('')
  if (id.length + text.length <= maxKeyLength) return `${id}${text}`
  return `${id}(#${createHash('sha256').update(text).digest('hex').slice(0, 32)})`
}

function wait(placing: Placing, waiting: Waiting): void {
  if (placing.instances.has(waiting.key) || waiting.id.startsWith('link:')) return
  const limit = maxSpareInstances + maxInstancesPerPackage * placing.nodes.size
  if (placing.instances.size >= limit) throw new SteleError('graph_too_large', { limit })
  placing.instances.set(waiting.key, undefined)
  placing.queue.push(waiting)
}

function build(placing: Placing, { key, id, outer }: Waiting): void {
  const place = placing.nodes.get(id)
  if (place === undefined) throw new Error(`The graph has no "${id}"`)
  const own = keysOf(placing, place.edges, outer)
  const peers = peersOf(place.release).flatMap(({ name }) => {
    const found = own.has(name) ? undefined : lookUp(outer, name)
    return found === undefined ? [] : [[name, found] as const]
  })
  const dependencies = peers.length === 0 ? own : sortedMap(new Map([...own, ...peers]))
  placing.instances.set(key, { id: packageOf(id), dependencies, optional: place.optional })
}

/** Groups of names in an order in which nobody takes what comes later; those in a circle are one group (Tarjan). */
function inOrder(
  names: readonly string[],
  taken: (name: string) => readonly string[],
): readonly (readonly string[])[] {
  const groups: string[][] = []
  const found = new Map<string, { at: number; low: number; isOpen: boolean }>()
  const open: string[] = []
  const enter = (name: string): { low: number } => {
    const own = { at: found.size, low: found.size, isOpen: true }
    found.set(name, own)
    open.push(name)
    for (const other of taken(name)) {
      const known = found.get(other)
      if (known === undefined) own.low = Math.min(own.low, enter(other).low)
      else if (known.isOpen) own.low = Math.min(own.low, known.at)
    }
    if (own.low === own.at) groups.push(close(name))
    return own
  }
  const close = (name: string): string[] => {
    const group = open.splice(open.indexOf(name))
    for (const member of group) {
      const known = found.get(member)
      if (known !== undefined) known.isOpen = false
    }
    return group.toSorted()
  }
  for (const name of names.toSorted()) if (!found.has(name)) enter(name)
  return groups
}
