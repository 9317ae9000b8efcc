// A version that a dependency is to keep: another client's lock has it, or the part of a lock that nobody wants changed.
import { integrityOf, type Packument, type Release } from './packument.ts'
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
  const integrity = keptHash(pin, release)
  return integrity === undefined ? release : { ...release, dist: { ...release.dist, integrity } }
}

/** The old hash where the registry may not replace it: a SHA-1 gives way to a stronger one if the registry still tells the same SHA-1. */
function keptHash({ integrity = '' }: Pin, { dist }: Release): string | undefined {
  const [strong] = /\bsha512-[\w+/=]+/.exec(integrity) ?? []
  if (strong !== undefined) return strong
  const [weak] = /\bsha1-[\w+/=]+/.exec(integrity) ?? []
  const told =
    dist.shasum === undefined ? undefined : integrityOf({ tarball: '', shasum: dist.shasum })
  return weak === undefined || weak === told || told === undefined ? undefined : weak
}

/** Whether the version is what was wanted. Of a tag nobody can tell, so it is. */
export function fitsWanted(version: string, wanted: string, ranges: Ranges = nodeRanges): boolean {
  const exact = ranges.version(wanted)
  if (exact !== undefined) return exact === version
  return wanted === '*' || ranges.test(wanted)?.(version) !== false
}
