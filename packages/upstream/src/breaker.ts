// Leaves an upstream alone that fails again and again, and tries it once in a while.
import { breakerFailures, breakerRestMs, maxBreakerRestMs } from './limits.ts'

/** The breaker of one upstream. */
export type Breaker = {
  /** How long the upstream is left alone, ms; 0: it may be asked. One request in a while passes, to try. */
  readonly restMs: () => number
  readonly succeeded: () => void
  readonly failed: () => void
}

/** A breaker that lets everything pass. `now` is in ms. */
export function createBreaker(now: () => number): Breaker {
  let failures = 0
  let untilMs = 0
  return {
    restMs: () => {
      const left = untilMs - now()
      if (left > 0) return left
      if (failures >= breakerFailures) untilMs = now() + restOf(failures) // The others wait for how this one goes.
      return 0
    },
    succeeded: () => {
      failures = 0
      untilMs = 0
    },
    failed: () => {
      failures += 1
      if (failures >= breakerFailures) untilMs = now() + restOf(failures)
    },
  }
}

function restOf(failures: number): number {
  return Math.min(breakerRestMs * 2 ** (failures - breakerFailures), maxBreakerRestMs)
}
