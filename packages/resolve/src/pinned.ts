// A version that a dependency is to keep: another client's lock has it, or the part of a lock that nobody wants changed.
import type { Packument, Release } from './packument.ts'
import { nodeRanges, type Ranges } from './ranges.ts'

/** A version, and what its tarball hashed to when it was chosen. */
export type Pin = {
  readonly version: string
  readonly integrity?: string | undefined
}

/** The pinned version with its old integrity, where it still exists and fits; undefined otherwise. */
export function takePinned(
  { versions }: Packument,
  { wanted, ranges }: { readonly wanted: string; readonly ranges?: Ranges },
  pin: Pin | undefined,
): Release | undefined {
  if (pin === undefined || !Object.hasOwn(versions, pin.version)) return undefined
  const release = versions[pin.version]
  if (release === undefined || !fitsWanted(pin.version, wanted, ranges)) return undefined
  const [integrity] = /\bsha512-[\w+/=]+/.exec(pin.integrity ?? '') ?? []
  return integrity === undefined ? release : { ...release, dist: { ...release.dist, integrity } }
}

/** Whether the version is what was wanted. Of a tag nobody can tell, so it is. */
export function fitsWanted(version: string, wanted: string, ranges: Ranges = nodeRanges): boolean {
  const exact = ranges.version(wanted)
  if (exact !== undefined) return exact === version
  return wanted === '*' || ranges.test(wanted)?.(version) !== false
}
