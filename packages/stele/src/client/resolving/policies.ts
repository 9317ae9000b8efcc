// Which versions may not be chosen anew, though they fit: those that are too young, and those that somebody published by hand where
// a trusted publisher did before. Locked versions are not asked about.
import type { Ranges, ResolveRules } from '@stele/resolve'
import { nodeRanges } from '@stele/resolve'
import type { Packument, Release } from '@stele/resolve/graph'
import { ageCheckedMs, togetherMs } from '../limits.ts'

/** What may be chosen. Names may hold `*`; behind an `@` stand the versions that are meant. */
export type Policy = {
  readonly nowMs: number
  /** How long a version must have been there. */
  readonly minimumAgeMs: number
  /** Nothing that was published later is chosen. */
  readonly beforeMs?: number | undefined
  readonly ageExcluded: readonly string[]
  readonly isDowngradeRefused: boolean
  readonly trustExcluded: readonly string[]
  /** Scopes of the project itself, which its own releases need not wait for. */
  readonly ownScopes: ReadonlySet<string>
}

/** Publication of a package's versions, as the full packument tells it. */
export type Publications = {
  readonly time: { readonly [version: string]: string | undefined }
  /** Whether a trusted publisher, and no person, published the version. */
  readonly isTrusted: (version: string) => boolean
}

/** Says why a version may not be chosen. What was published is asked for only where the packument changed recently. */
export function createRefusal(
  policy: Policy,
  publicationsOf: (name: string) => Promise<Publications>,
): NonNullable<ResolveRules['refuse']> {
  const { nowMs, minimumAgeMs, beforeMs = Number.POSITIVE_INFINITY } = policy
  return (packument, release, isPinned = false) => {
    const leastMs = isPinned ? Math.max(minimumAgeMs - togetherMs, 0) : minimumAgeMs
    const latestMs = Math.min(beforeMs, nowMs - leastMs)
    const { name, version } = release
    const isOwn = policy.ownScopes.has(name.slice(0, name.indexOf('/')))
    const isExempt = isOwn || isListed(policy.ageExcluded, release)
    const changedMs = Date.parse(packument.modified ?? '')
    const knownMs = Date.parse(packument.time?.[version] ?? '') || changedMs
    // No version is younger than the last change of its packument, so an old change says enough.
    const isOld = isExempt || knownMs <= latestMs
    const isSettled = knownMs <= nowMs - ageCheckedMs
    const mayLoseTrust =
      policy.isDowngradeRefused &&
      !isSettled &&
      mayBeDowngrade(packument, release) &&
      !isListed(policy.trustExcluded, release)
    if (isOld && !mayLoseTrust) return undefined
    if (!isOld && packument.time !== undefined) return tooYoung(nowMs, packument.time, version)
    return publicationsOf(name).then((publications) => {
      const { time } = publications
      // What cannot be read is no number, and so not old.
      const isYoung = !isOld && !(Date.parse(time[version] ?? '') <= latestMs)
      const reason = isYoung ? tooYoung(nowMs, time, version) : undefined
      if (reason !== undefined) return reason
      return mayLoseTrust ? downgrade(publications, version) : undefined
    })
  }
}

/** Registries that tell no times at all are not held to them; one that tells those of other versions leaves none out. */
function tooYoung(nowMs: number, time: Publications['time'], version: string): string | undefined {
  const published = time[version]
  if (published === undefined && Object.keys(time).length === 0) return undefined
  const publishedMs = Date.parse(published ?? '')
  if (Number.isNaN(publishedMs)) return 'has no time of publication, as others of it have'
  return `was published ${sinceText(nowMs, publishedMs)}`
}

/** Trusted publishers attest what they publish: a package without attestations before has none to lose. */
function mayBeDowngrade(packument: Packument, release: Release): boolean {
  const isAttested = ({ dist }: Release): boolean => Reflect.has(dist, 'attestations')
  if (isAttested(release)) return false
  return packument.hasAttestations ?? Object.values(packument.versions).some(isAttested)
}

function downgrade({ time, isTrusted }: Publications, version: string): string | undefined {
  if (isTrusted(version)) return undefined
  const atMs = Date.parse(time[version] ?? '')
  const before = Object.entries(time).filter(
    ([other, published]) => Date.parse(published ?? '') < atMs && isTrusted(other),
  )
  const last = before.toSorted(([, one = ''], [, other = '']) => (one < other ? -1 : 1)).at(-1)
  return last && `was published by a person, and ${last[0]} before it by a trusted publisher`
}

function isListed(list: readonly string[], { name, version }: Release): boolean {
  return list.some((entry) => {
    const at = entry.indexOf('@', 1)
    const pattern = at === -1 ? entry : entry.slice(0, at)
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    if (!new RegExp(`^${parts.join('.*')}$`).test(name)) return false
    const ranges: Ranges = nodeRanges
    return at === -1 || ranges.test(entry.slice(at + 1))?.(version) === true
  })
}

const hourMs = 60 * 60 * 1000

function sinceText(nowMs: number, publishedMs: number): string {
  const hours = Math.max(0, Math.floor((nowMs - publishedMs) / hourMs))
  if (hours < 1) return 'less than an hour ago'
  if (hours < 48) return `${hours} ${hours === 1 ? 'hour' : 'hours'} ago`
  return `${Math.floor(hours / 24)} days ago`
}
