// Which version of a package is meant: npm's choice.
import type { Packument, Release } from './packument.ts'
import { nodeRanges, type Ranges, testPresent } from './ranges.ts'

/** What else counts beside the range. */
export type Preferences = {
  /** Versions that are in use already, in the lock or as a dependency of the project: taken where they fit. */
  readonly preferred?: readonly string[] | undefined
  /** The Node that will run it, as `24.21.0`. */
  readonly nodeVersion?: string | undefined
  /** Whether a version may be chosen anew: it is old enough, and nothing forbids it. All may when absent. */
  readonly isAllowed?: ((release: Release) => boolean) | undefined
  /** What versions and ranges mean; node-semver's grammar when absent. */
  readonly ranges?: Ranges | undefined
}

/**
 * The version that `wanted` means: a version or a tag literally; of a range a preferred version, else what `latest` is, where that fits,
 * else the highest that is not deprecated and runs on this Node, else the highest that runs, else the highest. Undefined where there is none.
 */
export function pickVersion(
  packument: Packument,
  wanted: string,
  preferences: Preferences = {},
): Release | undefined {
  const { versions, 'dist-tags': tags } = packument
  const { preferred = [], isAllowed = () => true, ranges = nodeRanges } = preferences
  const exact = ranges.version(wanted)
  if (exact !== undefined) return releaseOf(packument, exact)
  const isWithin = ranges.test(wanted)
  if (isWithin === undefined) return pickTag(packument, wanted, preferences)
  const [kept] = preferred
    .filter((version) => Object.hasOwn(versions, version) && isWithin(version))
    .toSorted((one, other) => ranges.compare(other, one))
  if (kept !== undefined) return releaseOf(packument, kept)
  const latest = releaseOf(packument, tags['latest'] ?? '')
  const fits = (release: Release): boolean =>
    (wanted === '*' && release === latest) || isWithin(release.version)
  if (latest !== undefined && fits(latest) && isAllowed(latest) && isSound(latest, preferences)) {
    return latest
  }
  const fitting = Reflect.ownKeys(versions) // Object.keys() would look at each of them.
    .filter((version) => typeof version === 'string')
    .filter(
      (version) =>
        ((wanted === '*' && version === tags['latest']) || isWithin(version)) &&
        ranges.version(version) !== undefined,
    )
    .toSorted((one, other) => ranges.compare(other, one))
  const candidates: Release[] = []
  for (const version of fitting) {
    const release = releaseOf(packument, version)
    if (release === undefined || !isAllowed(release)) continue
    if (isSound(release, preferences)) return release // None that is older is better: it need not be read.
    candidates.push(release)
  }
  return candidates.toSorted(byWorth(preferences))[0]
}

/** A tag's version; one that may not be chosen yet gives the highest below it. */
function pickTag(packument: Packument, tag: string, preferences: Preferences): Release | undefined {
  const tags = packument['dist-tags']
  const version = Object.hasOwn(tags, tag) ? tags[tag] : undefined
  const release = releaseOf(packument, version ?? '')
  if (release === undefined || preferences.isAllowed?.(release) !== false) return release
  return pickVersion(packument, `<=${release.version}`, preferences)
}

function releaseOf({ versions }: Packument, version: string): Release | undefined {
  return Object.hasOwn(versions, version) ? versions[version] : undefined
}

/** Not deprecated, and for this Node. */
function isSound(release: Release, { nodeVersion }: Preferences): boolean {
  return !isDeprecated(release) && runsOn(release, nodeVersion)
}

function isDeprecated({ deprecated }: Release): boolean {
  return deprecated !== undefined && deprecated !== '' && deprecated !== false
}

/** Whether its `engines` name this Node; what cannot be read forbids nothing. */
export function runsOn(
  { engines }: Pick<Release, 'engines'>,
  nodeVersion: string | undefined,
): boolean {
  const wanted = wantedNode(engines)
  if (nodeVersion === undefined || wanted === undefined) return true
  return testPresent(wanted)?.(nodeVersion) !== false
}

/** The Node that `engines` name, in its form of today; the list of 2010 says nothing of versions that are still in use. */
export function wantedNode(engines: Release['engines']): string | undefined {
  if (engines === undefined || Array.isArray(engines)) return undefined
  const node: unknown = Reflect.get(engines, 'node')
  return typeof node === 'string' ? node : undefined
}

/** Best first. */
function byWorth(preferences: Preferences): (one: Release, other: Release) => number {
  const { nodeVersion, ranges = nodeRanges } = preferences
  return (one, other) =>
    Number(isSound(other, preferences)) - Number(isSound(one, preferences)) ||
    Number(runsOn(other, nodeVersion)) - Number(runsOn(one, nodeVersion)) ||
    Number(!isDeprecated(other)) - Number(!isDeprecated(one)) ||
    ranges.compare(other.version, one.version)
}
