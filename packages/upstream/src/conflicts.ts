// An upstream shows, or sends, other bytes of a release than it did at first: told to the operator and the log, once for each.
import { isSteleError } from '@stele/errors'
import type { UpstreamPorts } from './ports.ts'
import type { Differing } from './take-in.ts'

/** Notes a conflict of a package's release. What the log refuses now is told again with the next request. */
export async function noteConflict(
  { state, calls, report }: Pick<UpstreamPorts, 'state' | 'calls' | 'report'>,
  name: string,
  { version, pinned, shown }: Differing,
): Promise<void> {
  if (state.hasConflict(name, version, shown)) return
  report({ kind: 'conflict', spec: `${name}@${version}`, pinned, shown })
  try {
    await calls.conflict(name, version, shown)
  } catch (error) {
    if (!isSteleError(error)) throw error
  }
}
