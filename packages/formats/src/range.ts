// Ranges of versions, as npm reads them.
import semver from 'semver'
import { maxVersionLength } from './limits.ts'

/** What the range means, prereleases among it too; undefined for what is no range. */
export function parseRange(text: string): ((version: string) => boolean) | undefined {
  if (text.length > maxVersionLength || semver.validRange(text) === null) return undefined
  const range = new semver.Range(text, { includePrerelease: true })
  return (version) => range.test(version)
}

/** The highest stable version, else the highest; undefined of none. */
export function newestOf(versions: readonly string[]): string | undefined {
  const sorted = semver.rsort(versions.filter((version) => semver.valid(version) !== null))
  return sorted.find((version) => semver.prerelease(version) === null) ?? sorted[0]
}

/** The highest stable version that is not above this one, else the highest stable one, else the highest; undefined of none. */
export function highestUpTo(versions: readonly string[], limit: string): string | undefined {
  const below = versions.filter(
    (version) =>
      semver.valid(version) !== null &&
      semver.prerelease(version) === null &&
      (semver.valid(limit) === null || semver.lte(version, limit)),
  )
  return newestOf(below) ?? newestOf(versions)
}
