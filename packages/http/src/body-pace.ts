// Bodies that come too slowly: they hold memory and a place, and whoever sends them could do so for minutes.
import { SteleError } from '@stele/errors'
import { bodyPaceMs, minPaceBytes } from './limits.ts'

/** Calls back again and again until it is cancelled. */
export type Every = (periodMs: number, work: () => void) => () => void

/** Watches one body. `isSlow` hears of it once, if less came than has to in a period; `least` says how much that is at its end. */
export function watchPace(
  every: Every,
  isSlow: (error: SteleError) => void,
  least: () => number = () => minPaceBytes,
): { readonly came: (sizeBytes: number) => void; readonly end: () => void } {
  let sinceBytes = 0
  const end = every(bodyPaceMs, () => {
    const leastBytes = least()
    if (sinceBytes < leastBytes) {
      end()
      isSlow(new SteleError('body_too_slow', { leastBytes, periodMs: bodyPaceMs }))
    }
    sinceBytes = 0
  })
  return {
    came: (sizeBytes) => {
      sinceBytes += sizeBytes
    },
    end,
  }
}

/** By the process's own clock. */
export const everyOnClock: Every = (periodMs, work) => {
  const timer = setInterval(work, periodMs)
  return () => clearInterval(timer)
}
