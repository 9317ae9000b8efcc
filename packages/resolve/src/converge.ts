// Fewest versions that satisfy everybody: of what was found, as little as all ranges need.
import type { Place, Places } from './failures.ts'
import type { PackageId } from './graph.ts'
import { maxExactVersions } from './limits.ts'
import { nodeRanges, type Ranges } from './ranges.ts'

/** The same wishes with as few versions of each package as they need. Nothing is chosen that was not found before. */
export function converge(places: Places, ranges: Ranges = nodeRanges): Places {
  let found = places
  // Each round drops at least one package, so this ends.
  for (;;) {
    const kept = keptVersions(found, ranges)
    const next = reached(redirect(found, kept, ranges))
    if (next.nodes.size === found.nodes.size) return next
    found = next
  }
}

/** By name: what is asked for, and the versions that are there. */
type Asked = { readonly wanted: Set<string>; readonly versions: Set<string> }

function keptVersions(
  { importers, nodes }: Places,
  ranges: Ranges,
): ReadonlyMap<string, readonly string[]> {
  const asked = new Map<string, Asked>()
  for (const { wanted, edges } of [...importers.values(), ...nodes.values()]) {
    for (const [dependency, { name, wanted: range }] of wanted ?? []) {
      const version = versionIn(edges.get(dependency), name)
      if (version === undefined) continue
      const entry = asked.get(name) ?? { wanted: new Set(), versions: new Set() }
      asked.set(name, entry)
      entry.wanted.add(range)
      entry.versions.add(version)
    }
  }
  const several = [...asked].filter(([, { versions }]) => versions.size > 1)
  return new Map(
    several.map(([name, { wanted, versions }]) => [
      name,
      fewest([...wanted], [...versions], ranges),
    ]),
  )
}

/** The version of a registry's package; undefined of anything else. */
function versionIn(id: PackageId | undefined, name: string): string | undefined {
  return id?.startsWith(`${name}@`) === true ? id.slice(name.length + 1) : undefined
}

/** As few of these versions as each range needs one of; of equally few the highest. Exact while there are few. */
export function fewest(
  wanted: readonly string[],
  versions: readonly string[],
  ranges: Ranges = nodeRanges,
): readonly string[] {
  const sorted = versions.toSorted((one, other) => ranges.compare(other, one))
  const fits = (range: string, version: string): boolean =>
    ranges.version(range) === version || ranges.test(range)?.(version) === true
  // A range that nothing here fits, a tag perhaps, says nothing of what may go: then all stay.
  if (wanted.some((range) => !sorted.some((version) => fits(range, version)))) return sorted
  const isEnough = (some: readonly string[]): boolean =>
    wanted.every((range) => some.some((version) => fits(range, version)))
  if (sorted.length > maxExactVersions) return greedy(sorted, isEnough)
  for (let size = 1; size < sorted.length; size++) {
    for (const some of combinations(sorted, size)) if (isEnough(some)) return some
  }
  return sorted
}

/** Drops the lowest that can be done without, one after the other. */
function greedy(
  sorted: readonly string[],
  isEnough: (some: readonly string[]) => boolean,
): readonly string[] {
  let kept = sorted
  for (const version of sorted.toReversed()) {
    const less = kept.filter((each) => each !== version)
    if (isEnough(less)) kept = less
  }
  return kept
}

/** Those of the highest come first. */
function* combinations(sorted: readonly string[], size: number): Generator<readonly string[]> {
  if (size === 0) {
    yield []
    return
  }
  for (const [at, first] of sorted.entries()) {
    for (const rest of combinations(sorted.slice(at + 1), size - 1)) yield [first, ...rest]
  }
}

function redirect(
  { importers, nodes }: Places,
  kept: ReadonlyMap<string, readonly string[]>,
  ranges: Ranges,
): Places {
  const change = (place: Place): Place => {
    const edges = new Map(place.edges)
    for (const [dependency, { name, wanted }] of place.wanted ?? []) {
      const version = versionIn(edges.get(dependency), name)
      const choice = kept.get(name)
      if (version === undefined || choice === undefined || choice.includes(version)) continue
      const other = choice.find((each) => ranges.test(wanted)?.(each))
      if (other !== undefined) edges.set(dependency, `${name}@${other}`)
    }
    return { ...place, edges }
  }
  const changed = <Key>(places: ReadonlyMap<Key, Place>): ReadonlyMap<Key, Place> =>
    new Map([...places].map(([key, place]) => [key, change(place)]))
  return { importers: changed(importers), nodes: changed(nodes) }
}

function reached({ importers, nodes }: Places): Places {
  const found = new Map<PackageId, Place>()
  const queue = [...importers.values()]
  for (const { edges } of queue) {
    for (const id of edges.values()) {
      const place = nodes.get(id)
      if (place === undefined || found.has(id)) continue
      found.set(id, place)
      queue.push(place)
    }
  }
  return { importers, nodes: found }
}
