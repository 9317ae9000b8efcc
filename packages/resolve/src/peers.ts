// Peers that nobody provides, and peers that are not what was wanted.
import semver from 'semver'
import type { Places } from './failures.ts'
import { type Instance, type InstanceKey, linkedFolder, type PackageId } from './graph.ts'
import type { Placed } from './instances.ts'
import type { OutsideNames } from './outside-names.ts'
import { testPresent } from './ranges.ts'
import { peersOf } from './wanted.ts'

/** A peer that is wanted somewhere below a package.json, and provided by nobody on the way. */
export type MissingPeer = {
  readonly folder: string
  readonly name: string
  /** Each range that is wanted, with who wants it. */
  readonly wanted: ReadonlyMap<string, PackageId>
}

/** A peer that was found, and is not what was wanted. */
export type PeerMismatch = {
  readonly by: PackageId
  readonly name: string
  readonly wanted: string
  readonly found: InstanceKey
}

/** What each package.json must add, in a fixed order; optional peers are never added. */
export function findMissingPeers(
  { importers, nodes }: Places,
  outside: OutsideNames,
): readonly MissingPeer[] {
  const root = importers.get('.')?.edges
  const missing: MissingPeer[] = []
  for (const [folder, { edges }] of importers) {
    const names = new Set([...edges.values()].flatMap((id) => [...(outside.get(id) ?? [])]))
    for (const name of [...names].toSorted()) {
      if (edges.has(name) || root?.has(name) === true) continue
      const wanted = whoWants({ nodes, outside, name }, [...edges.values()])
      if (wanted.size > 0) missing.push({ folder, name, wanted })
    }
  }
  return missing
}

type Search = Pick<Places, 'nodes'> & {
  readonly outside: OutsideNames
  readonly name: string
}

function whoWants(
  { nodes, outside, name }: Search,
  start: readonly PackageId[],
): ReadonlyMap<string, PackageId> {
  const wanted = new Map<string, PackageId>()
  const queue = start.filter((id) => outside.get(id)?.has(name))
  const seen = new Set(queue)
  for (const id of queue) {
    const place = nodes.get(id)
    if (place === undefined) continue
    const peer = peersOf(place.release).find((each) => each.name === name)
    if (peer !== undefined && !peer.isOptional && !wanted.has(peer.range))
      wanted.set(peer.range, id)
    for (const next of place.edges.values()) {
      if (seen.has(next) || outside.get(next)?.has(name) !== true) continue
      seen.add(next)
      queue.push(next)
    }
  }
  return new Map([...wanted].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** One range that all of these fit, as far as semver can say it; the first where there is none. */
export function commonRange(ranges: readonly string[]): string {
  const [first = '*'] = ranges
  if (ranges.length < 2) return first
  const all = ranges.filter((range) => range !== '*')
  const joined = all.every((range) => semver.validRange(range) !== null)
    ? product(all.map((range) => range.split('||')))
    : undefined
  if (joined === undefined) return first
  return joined.length === 0 ? first : joined.join(' || ')
}

const maxAlternatives = 200

/** Every choice of one alternative from each range, those that no version can fit left out; undefined of too many. */
function product(ranges: readonly (readonly string[])[]): readonly string[] | undefined {
  let found: readonly string[] = ['']
  for (const alternatives of ranges) {
    found = found.flatMap((start) => alternatives.map((each) => `${start} ${each.trim()}`.trim()))
    found = found.filter((range) => semver.validRange(range) !== null && canFit(range))
    if (found.length > maxAlternatives) return undefined
  }
  return found
}

function canFit(range: string): boolean {
  const least = semver.minVersion(range)
  return least !== null && semver.satisfies(least, range, { includePrerelease: true })
}

/** Peers that were found in another version than was wanted. Of a workspace's package `versionOf` tells the version. */
export function findMismatches(
  { nodes }: Pick<Places, 'nodes'>,
  { instances }: Placed,
  versionOf: (folder: string) => string | undefined,
): readonly PeerMismatch[] {
  return [...instances.values()].flatMap(({ id, dependencies }: Instance) => {
    const release = nodes.get(id)?.release
    if (release === undefined) return []
    return peersOf(release).flatMap(({ name, range }) => {
      const found = dependencies.get(name)
      const fits = testPresent(range)
      if (found === undefined || fits === undefined) return []
      const folder = linkedFolder(found)
      const version =
        folder === undefined
          ? nodes.get(instances.get(found)?.id ?? '')?.release.version
          : versionOf(folder)
      if (version === undefined) return []
      return fits(version) ? [] : [{ by: id, name, wanted: range, found }]
    })
  })
}
