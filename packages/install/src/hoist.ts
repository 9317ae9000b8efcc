// The layout "hoisted": where npm would put each package of a graph, as high as nobody finds a wrong version there.
import { type Graph, type InstanceKey, linkedFolder, peersOf } from '@stele/resolve/graph'
import { createMatcher, type Matcher } from './same-context.ts'

/** Where packages go: paths below the root, such as `node_modules/a/node_modules/b`, each with what stands there; parents first. */
export type Hoisted = ReadonlyMap<string, InstanceKey>

type Edge = { readonly name: string; readonly target: InstanceKey; readonly isPeer: boolean }

/** A folder that has, or may get, a node_modules. Those without a key are the package.jsons of the project. */
type Place = {
  readonly path: string
  readonly key: InstanceKey | undefined
  readonly name: string
  /** Where Node looks next. */
  readonly parent: Place | undefined
  readonly depth: number
  readonly children: Map<string, Place>
  readonly edges: ReadonlyMap<string, Edge>
  /** Whose names mean this one. */
  readonly users: Set<Place>
}

/** The places of all packages of the graph, also of those for other machines: so that every machine has the same tree. */
export function placeHoisted(graph: Graph): Hoisted {
  return new Hoisting(graph).run()
}

/** npm's order: upper places first, each level by path. */
const byName = new Intl.Collator('en')

class Hoisting {
  readonly #graph: Graph
  readonly #matches: Matcher
  readonly #importers: readonly Place[]
  /** Sorted; from here on it is still to be seen what depends on whom. */
  readonly #queue: Place[] = []
  /** Places by a name that they need and do not find yet. */
  readonly #waiting = new Map<string, Set<Place>>()

  constructor(graph: Graph) {
    this.#graph = graph
    this.#matches = createMatcher(graph)
    const root = this.#importer('.', undefined)
    const others = graph.importers.filter(({ folder }) => folder !== '.')
    this.#importers = [root, ...others.map(({ folder }) => this.#importer(folder, root))]
    for (const importer of this.#importers) this.#enqueue(importer)
  }

  run(): Hoisted {
    for (let place = this.#queue.shift(); place !== undefined; place = this.#queue.shift()) {
      const missing = [...place.edges.values()].filter((edge) => !isMet(this.#matches, place, edge))
      for (const edge of missing.toSorted((one, other) => byName.compare(one.name, other.name))) {
        this.#put(place, edge)
      }
    }
    const found = new Map<string, InstanceKey>()
    for (const importer of this.#importers) collect(importer, found, this.#matches)
    return found
  }

  #importer(folder: string, parent: Place | undefined): Place {
    const directs = this.#graph.importers.find((each) => each.folder === folder)?.directs ?? []
    const edges = directs.flatMap(({ name, instance }) =>
      instance === undefined ? [] : [[name, { name, target: instance, isPeer: false }] as const],
    )
    const path = folder === '.' ? '' : folder
    return this.#place({ path, key: undefined, name: '', parent, edges: new Map(edges) })
  }

  #place(made: Pick<Place, 'path' | 'key' | 'name' | 'parent' | 'edges'>): Place {
    const depth = made.key === undefined ? 0 : (made.parent?.depth ?? 0) + 1
    const place: Place = { ...made, depth, children: new Map(), users: new Set() }
    for (const edge of place.edges.values()) {
      const found = lookUp(place, edge.name)
      if (found?.key !== undefined && this.#matches(found.key, edge.target)) found.users.add(place)
      else waitersOf(this.#waiting, edge.name).add(place)
    }
    return place
  }

  #edgesOf(key: InstanceKey): ReadonlyMap<string, Edge> {
    const instance = this.#graph.instances.get(key)
    const release = this.#graph.packages.get(instance?.id ?? '')
    if (instance === undefined || release === undefined) return new Map()
    const peers = new Set(peersOf(release).map(({ name }) => name))
    const edges = [...instance.dependencies].flatMap(([name, target]) =>
      name === release.name ? [] : [[name, { name, target, isPeer: peers.has(name) }] as const],
    )
    return new Map(edges)
  }

  #enqueue(place: Place): void {
    let [low, high] = [0, this.#queue.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#queue[middle]
      if (other !== undefined && isBefore(other, place)) low = middle + 1
      else high = middle
    }
    this.#queue.splice(low, 0, place)
  }

  /** Puts what the edge means as high as it can go, and the peers that it brings. */
  #put(from: Place, edge: Edge, start: Place = deepest(from, edge.name)): void {
    if (isMet(this.#matches, from, edge)) return
    let highest: Place | undefined
    for (let target: Place | undefined = start; target !== undefined; target = target.parent) {
      if (target.key !== undefined && target.edges.get(edge.name)?.isPeer === true) continue
      if (!this.#fits({ target, edge, from }, new Set())) break
      highest = target
    }
    const target = highest ?? start
    if (target.children.has(edge.name)) return // It is there; or its peers contradict each other, and nothing can be done.
    const placed = this.#add(target, edge)
    for (const peer of placed.edges.values()) {
      if (peer.isPeer) this.#put(placed, peer, deepest(start, peer.name))
    }
  }

  /** Whether it, with the peers that it brings, can stand there without hiding what somebody finds above. */
  #fits({ target, edge, from }: Asked, path: ReadonlySet<InstanceKey>): boolean {
    const own = target.edges.get(edge.name)
    if (own?.isPeer === true && target.key !== undefined) return false
    const there = target.children.get(edge.name)
    if (there?.key !== undefined) return this.#matches(there.key, edge.target)
    if (own !== undefined && !this.#matches(edge.target, own.target)) return false
    const above = target === from ? undefined : lookUp(target, edge.name)
    for (const user of above?.users ?? []) {
      const wanted = user.edges.get(edge.name)
      if (wanted === undefined || !isWithin(user, target)) continue
      if (!this.#matches(edge.target, wanted.target)) return false
    }
    const way = new Set([...path, edge.target])
    for (const peer of this.#edgesOf(edge.target).values()) {
      if (!peer.isPeer || way.has(peer.target)) continue
      const fits = this.#fits({ target: deepest(target, peer.name), edge: peer, from }, way)
      if (!fits) return false
    }
    return true
  }

  #add(parent: Place, { name, target }: Edge): Place {
    const path = `${parent.path === '' ? '' : `${parent.path}/`}node_modules/${name}`
    const above = lookUp(parent, name)
    const edges = this.#edgesOf(target)
    const placed = this.#place({ path, key: target, name, parent, edges })
    parent.children.set(name, placed)
    for (const user of above?.users ?? []) {
      if (!isWithin(user, parent)) continue
      above?.users.delete(user)
      placed.users.add(user)
    }
    const waiting = waitersOf(this.#waiting, name)
    for (const user of waiting) {
      const wanted = user.edges.get(name)
      if (wanted === undefined || !isMet(this.#matches, user, wanted)) continue
      waiting.delete(user)
      lookUp(user, name)?.users.add(user)
    }
    this.#enqueue(placed)
    return placed
  }
}

type Asked = { readonly target: Place; readonly edge: Edge; readonly from: Place }

function isBefore(one: Place, other: Place): boolean {
  if (one.depth !== other.depth) return one.depth < other.depth
  return byName.compare(one.path, other.path) <= 0
}

function waitersOf(waiting: Map<string, Set<Place>>, name: string): Set<Place> {
  const found = waiting.get(name) ?? new Set()
  waiting.set(name, found)
  return found
}

/** What Node finds for the name in this folder. */
function lookUp(start: Place, name: string): Place | undefined {
  for (let place: Place | undefined = start; place !== undefined; place = place.parent) {
    const found = place.children.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

function isMet(matches: Matcher, from: Place, { name, target, isPeer }: Edge): boolean {
  const found = lookUp(isPeer ? (from.parent ?? from) : from, name)
  return found?.key !== undefined && matches(found.key, target)
}

function isWithin(place: Place, ancestor: Place): boolean {
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) {
    if (at === ancestor) return true
  }
  return false
}

/** The lowest place where the name may go: peers go beside who wants them, not below. */
function deepest(start: Place, name: string): Place {
  for (let place = start; ; ) {
    if (place.key === undefined || place.parent === undefined) return place
    if (place.edges.get(name)?.isPeer !== true) return place
    place = place.parent
  }
}

/** All places below, without those that say again what stands further up. */
function collect(place: Place, found: Map<string, InstanceKey>, matches: Matcher): void {
  for (const child of place.children.values()) {
    if (child.key === undefined) continue
    const above = place.parent === undefined ? undefined : lookUp(place.parent, child.name)
    if (above?.key !== undefined && matches(above.key, child.key)) continue
    found.set(child.path, child.key)
    if (linkedFolder(child.key) === undefined) collect(child, found, matches)
  }
}
