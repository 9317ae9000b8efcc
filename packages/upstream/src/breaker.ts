// Leaves an upstream alone that fails again and again, and tries it now and then.
import { breakerFailures, breakerRestMs, maxBreakerRestMs } from './limits.ts'

/** The breaker of one upstream. */
export type Breaker = {
  /** How long the upstream is still left alone, ms; 0: it may be asked. */
  readonly restMs: () => number
  /**
   * Lets a request pass, which then tells how it went, once, or not at all where that says nothing of the upstream.
   * Undefined while the upstream is left alone; after that, one passes in a while, to try.
   */
  readonly pass: () => Passed | undefined
}

/** A request that may ask. */
export type Passed = {
  readonly succeeded: () => void
  /** `what` was asked for: one thing that fails again and again is counted once. */
  readonly failed: (what: string | symbol) => void
}

/** A breaker that lets everything pass. `now` is in ms. */
export function createBreaker(now: () => number): Breaker {
  const failing = new Set<string | symbol>() // What failed since something succeeded.
  let opened = 0 // Times in a row.
  let untilMs = 0
  let round = 0 // A failure counts only in the round in which its request began.
  const rest = (): void => {
    round += 1
    untilMs = now() + Math.min(breakerRestMs * 2 ** Math.max(0, opened - 1), maxBreakerRestMs)
  }
  const restMs = (): number => Math.max(0, untilMs - now())
  return {
    restMs,
    pass: () => {
      if (restMs() > 0) return undefined
      if (opened > 0) rest() // The others wait for how this one goes.
      const own = round
      return {
        succeeded: () => {
          failing.clear()
          ;[opened, untilMs] = [0, 0]
        },
        failed: (what) => {
          if (own !== round) return
          if (opened === 0 && failing.add(what).size < breakerFailures) return
          opened += 1
          rest()
        },
      }
    },
  }
}
