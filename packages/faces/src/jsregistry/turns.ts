// Work that holds much memory, or the thread for long: one piece at a time, and never for long.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { maxHeldMs } from '../limits.ts'

/** Runs one piece of work after the other, while at most `most` wait. Throws server_busy, with this reason, where more would. */
export function createTurns(
  most: number,
  { reason, retryAfterS }: { readonly reason: string; readonly retryAfterS: number },
): <T>(work: () => Promise<T>) => Promise<T> {
  let count = 0
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    if (count > most) throw new SteleError('server_busy', { reason, retryAfterS })
    count++
    const mine = last.then(work).finally(() => count--)
    last = mine.catch(() => undefined)
    return mine
  }
}

/** To be awaited again and again in long work: lets all others have their turn where it has held the thread for a while. */
export function createPauses(): () => Promise<void> {
  let sinceMs = performance.now()
  return async () => {
    if (performance.now() - sinceMs < maxHeldMs) return
    await nextTurn()
    sinceMs = performance.now()
  }
}
