// Ranges of versions, as npm reads them.
import semver from 'semver'
import { maxVersionLength } from './limits.ts'

/** What the range means, prereleases among it too; undefined for what is no range. */
export function parseRange(text: string): ((version: string) => boolean) | undefined {
  if (text.length > maxVersionLength || semver.validRange(text) === null) return undefined
  const range = new semver.Range(text, { includePrerelease: true })
  return (version) => range.test(version)
}

/** The highest stable version that is not above this one, else the highest stable one, else the highest; undefined of none. */
export function highestUpTo(versions: readonly string[], limit: string): string | undefined {
  const sorted = semver.rsort(versions.filter((version) => semver.valid(version) !== null))
  const stable = sorted.filter((version) => semver.prerelease(version) === null)
  const below = stable.filter(
    (version) => semver.valid(limit) === null || semver.lte(version, limit),
  )
  return below[0] ?? stable[0] ?? sorted[0]
}
