// What could not be resolved: told with the shortest way there, or left out where it was optional.
import { errorFromJson, SteleError } from '@stele/errors'
import semver from 'semver'
import type { PackageId } from './graph.ts'
import type { Packument, Release } from './packument.ts'
import { isNodeRange, nodeRanges } from './ranges.ts'
import { sortedEntries, sortedMap } from './sorted-entries.ts'

/** A package, or a package.json of the project, with what its dependencies became and what is wrong with the others. */
export type Place = {
  readonly release: Release
  /** By name; `link:<folder>` for packages of this workspace. */
  readonly edges: ReadonlyMap<string, PackageId>
  readonly optional: ReadonlySet<string>
  readonly failures: ReadonlyMap<string, SteleError>
  /** What registries were asked for, by the name of the dependency; unknown of what a lock gave. */
  readonly wanted?: ReadonlyMap<string, { readonly name: string; readonly wanted: string }>
}

/** What everything hangs on, and all packages by id. */
export type Places = {
  readonly importers: ReadonlyMap<string, Place>
  readonly nodes: ReadonlyMap<PackageId, Place>
}

const ofOnePackage = [
  'package_absent',
  'version_absent',
  'version_refused',
  'specifier_invalid',
  'source_refused',
  'source_unusable',
  'workspace_absent',
] as const
const maxNearest = 5

/** Whether it is about this package alone, so that an optional dependency may do without. */
export function isOfOnePackage(error: SteleError): boolean {
  return ofOnePackage.some((code) => error.code === code)
}

/** That no version is meant by `wanted`: names what there is. */
export function absentVersion(packument: Packument, wanted: string): SteleError<'version_absent'> {
  const latest = packument['dist-tags']['latest']
  return new SteleError('version_absent', {
    name: packument.name,
    wanted,
    ...(latest === undefined ? {} : { latest }),
    ...(isNodeRange(wanted)
      ? { nearest: nearestTo(packument, wanted) }
      : { nearest: [], tags: tagsOf(packument) }),
    chain: [],
  })
}

/** The highest few below the wanted version and the lowest above; prereleases only where one is wanted, or there is nothing else. */
function nearestTo(packument: Packument, wanted: string): readonly string[] {
  const versions = Object.keys(packument.versions).filter((version) => semver.valid(version))
  const releases = versions.filter((version) => semver.prerelease(version) === null)
  const least = semver.minVersion(wanted, { loose: true })
  const isPlain = releases.length > 0 && (least?.prerelease.length ?? 0) === 0
  const sorted = (isPlain ? releases : versions).toSorted(nodeRanges.compare)
  const below = sorted.filter((each) => least === null || semver.lt(each, least, { loose: true }))
  const above = sorted.slice(below.length, below.length + 2)
  return [...below.slice(above.length - maxNearest), ...above].map((each) => dated(packument, each))
}

/** The first few tags, with the versions that they are at. */
function tagsOf(packument: Packument): readonly string[] {
  const tags = sortedEntries(new Map(Object.entries(packument['dist-tags'])))
  return tags.slice(0, maxNearest).map(([tag, version]) => `${tag} (${version})`)
}

function dated({ time }: Packument, version: string): string {
  const day = time?.[version]?.slice(0, 10)
  return day === undefined ? version : `${version} (${day})`
}

/**
 * All that is reached, without what optional dependencies lead to and cannot be had. Throws the failure that is nearest to a
 * package.json, with the way there, where something cannot do without.
 */
export function withoutFailures({ importers, nodes }: Places): Places {
  const broken = findBroken(nodes)
  const trim = (place: Place): Place => {
    const edges = sortedMap(place.edges)
    if (broken.size === 0) return edges === place.edges ? place : { ...place, edges }
    const isKept = ([name, id]: [string, PackageId]): boolean =>
      !(place.optional.has(name) && broken.has(id))
    return { ...place, edges: new Map([...edges].filter(isKept)) }
  }
  const trimmed = new Map(sortedEntries(importers).map(([folder, place]) => [folder, trim(place)]))
  const reached = new Map<PackageId, Place>()
  const queue = [...trimmed].map(([id, place]): Step => ({ id, place, from: undefined }))
  for (const step of queue) {
    const { place } = step
    const failed = sortedEntries(place.failures).find((failure) => !mayMiss(place, failure))
    if (failed !== undefined) throw withChain(failed[1], chainTo(step))
    for (const id of place.edges.values()) {
      const next = nodes.get(id)
      if (next === undefined || reached.has(id)) continue
      const reachedPlace = trim(next)
      reached.set(id, reachedPlace)
      queue.push({ id, place: reachedPlace, from: step })
    }
  }
  return { importers: trimmed, nodes: reached }
}

/** Whether it may do without. What is there and may not be chosen is told, optional or not: programs for a platform come so. */
function mayMiss({ optional }: Place, [name, error]: readonly [string, SteleError]): boolean {
  return optional.has(name) && !isOfPolicy(error)
}

function isOfPolicy({ code }: SteleError): boolean {
  return code === 'version_refused'
}

/** A place, and the one that it was reached from; none for a package.json. */
type Step = { readonly id: string; readonly place: Place; readonly from: Step | undefined }

function chainTo(step: Step): readonly string[] {
  const chain: string[] = []
  for (let at: Step | undefined = step; at !== undefined; at = at.from) chain.unshift(at.id)
  return chain
}

/** Packages that miss what they cannot do without, and those that cannot do without them. */
function findBroken(nodes: ReadonlyMap<PackageId, Place>): ReadonlySet<PackageId> {
  const broken = new Set<PackageId>()
  if (!nodes.values().some(({ failures }) => failures.size > 0)) return broken
  const isBroken = ({ failures, edges, optional }: Place): boolean =>
    [...failures].some(([name, error]) => !optional.has(name) && !isOfPolicy(error)) ||
    [...edges].some(([name, id]) => broken.has(id) && !optional.has(name))
  for (let before = -1; before !== broken.size; ) {
    before = broken.size
    for (const [id, place] of nodes) if (!broken.has(id) && isBroken(place)) broken.add(id)
  }
  return broken
}

/** That versions would fit, and none of them may be chosen. */
export function refusedVersion(
  { name }: Packument,
  wanted: string,
  refused: ReadonlyMap<string, string>,
): SteleError<'version_refused'> {
  const first = [...refused].slice(0, maxNearest)
  return new SteleError('version_refused', {
    name,
    wanted,
    refused: first.map(([version, reason]) => ({ version, reason })),
    chain: [],
  })
}

function withChain(error: SteleError, chain: readonly string[]): SteleError {
  return errorFromJson(error.code, { ...error.details, chain })
}
