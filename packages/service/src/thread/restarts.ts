// When a thread that ended is started again: at once or soon at first, and after a pause when it keeps ending.
import { type RestartLimits, usualRestarts } from './limits.ts'

/** What follows an end. `ends`: how many there were within the window, with this one. */
type RestartPlan = {
  readonly ends: number
  readonly isSuspension: boolean
  readonly afterMs: number
}

/** Counts ends and says what follows each. */
export type Restarts = { readonly plan: (nowMs: number, isDelayed: boolean) => RestartPlan }

/** A count that starts at zero. */
export function createRestarts(limits: RestartLimits = usualRestarts): Restarts {
  let ends: readonly number[] = []
  return {
    plan: (nowMs, isDelayed) => {
      ends = [...ends.filter((time) => nowMs - time < limits.windowMs), nowMs]
      const isSuspension = ends.length >= limits.maxEnds
      const delayMs = isDelayed ? limits.firstDelayMs * 2 ** (ends.length - 1) : 0
      const afterMs = isSuspension ? limits.suspensionMs : delayMs
      const plan = { ends: ends.length, isSuspension, afterMs }
      if (isSuspension) ends = [] // After the pause the count starts again at zero.
      return plan
    },
  }
}
