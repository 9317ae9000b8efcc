// Tells when the machine's clock lies behind the log's: then every entry is dated as the last one, until it catches up.

import { clockToleranceMs, clockWarningMs } from './limits.ts'
import type { LogEvent } from './ports.ts'

/**
 * Gives a function to be told of the time and of the last entry's, which reports a clock that is far behind, once an hour.
 * A warning only: the log's time never goes back, so one entry dated by a wrong clock in the future cannot be mended, and
 * refusing writes until that time has come would be worse than wrong dates.
 */
export function createClockWatch(
  report: (event: LogEvent) => void,
): (nowMs: number, lastTimeMs: number) => void {
  let toldMs = Number.NEGATIVE_INFINITY
  return (nowMs, lastTimeMs) => {
    const behindMs = lastTimeMs - nowMs
    if (behindMs < clockToleranceMs || Math.abs(nowMs - toldMs) < clockWarningMs) return
    toldMs = nowMs
    report({ event: 'clock_behind', behindMs })
  }
}
