// An upstream shows, or sends, other bytes of a release than it did at first, or tells another record of it: told to the
// operator and the log, once for each other bytes, as many as the rules take of a version, and for the first other record. What the log refuses now
// is told again with the next request.
import { isSteleError } from '@stele/errors'
import { maxConflictsPerVersion } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'
import type { Differing } from './take-in.ts'

/** Notes a conflict of a package's release. */
export async function noteConflict(
  { state, calls, report }: Pick<UpstreamPorts, 'state' | 'calls' | 'report'>,
  name: string,
  { version, pinned, shown }: Differing,
): Promise<void> {
  if (!isNewConflict(state, name, { version, shown })) return
  report({ kind: 'conflict', spec: `${name}@${version}`, pinned, shown })
  await unlessRefused(calls.conflict(name, version, shown))
}

/** True for one that is not in the log, and that the rules take: of one version they take so many. */
export function isNewConflict(
  { hasConflict, conflictCount }: UpstreamPorts['state'],
  name: string,
  { version, shown }: Pick<Differing, 'version' | 'shown'>,
): boolean {
  const hasRoom = conflictCount(name, version) < maxConflictsPerVersion
  return hasRoom && !hasConflict(name, version, shown)
}

/** Notes that a package's release is told with another record. */
export async function noteDifference(
  { state, calls, report }: Pick<UpstreamPorts, 'state' | 'calls' | 'report'>,
  name: string,
  { version, pinned, shown }: Differing,
): Promise<void> {
  if (state.differs(name, version) !== undefined) return // The first one is noted, and no other.
  report({ kind: 'difference', spec: `${name}@${version}`, pinned, shown })
  await unlessRefused(calls.differ(name, version, shown))
}

async function unlessRefused(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isSteleError(error)) throw error
  }
}
