// Tags that are versions.
import { nodeRanges } from '@stele/resolve'

/** The tag of the highest version that fits; tags that are no versions count for nothing. */
export function highestTag(tags: readonly string[], range: string): string | undefined {
  const isWithin = nodeRanges.test(range)
  const versions = tags.flatMap((tag) => {
    const version = nodeRanges.version(tag)
    return version !== undefined && isWithin?.(version) === true ? [{ tag, version }] : []
  })
  return versions.toSorted((one, other) => nodeRanges.compare(other.version, one.version))[0]?.tag
}
