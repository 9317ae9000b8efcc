// Simulated time: it stands still until it is moved, and then what was due runs, in order.
import type { Timers } from '@stele/service'

/** A clock with timers. Moving the clock back leaves the timers as they are, as a real one does. */
export type Time = {
  /** What the wall clock shows, in milliseconds since 1970. */
  readonly nowMs: () => number
  readonly timers: Timers
  /** Lets so much time pass, and runs what is due. */
  readonly pass: (durationMs: number, settle: () => Promise<void>) => Promise<void>
  /** Sets the wall clock, forwards or back. */
  readonly shift: (byMs: number) => void
  /** Forgets every timer: the process is gone. */
  readonly clear: () => void
}

type Due = { readonly atMs: number; readonly work: () => void; readonly everyMs?: number }

/** Time that begins at `startMs`. */
export function createTime(startMs: number): Time {
  let [elapsedMs, shiftMs, nextId] = [0, 0, 0]
  const due = new Map<number, Due>()
  const add = (one: Due): (() => void) => {
    const id = nextId++
    due.set(id, one)
    return () => void due.delete(id)
  }
  const earliest = (untilMs: number): [number, Due] | undefined => {
    let found: [number, Due] | undefined
    for (const [id, one] of due) {
      if (one.atMs <= untilMs && (found === undefined || one.atMs < found[1].atMs))
        found = [id, one]
    }
    return found
  }
  return {
    nowMs: () => startMs + elapsedMs + shiftMs,
    timers: {
      after: (delayMs, work) => add({ atMs: elapsedMs + delayMs, work }),
      every: (everyMs, work) => add({ atMs: elapsedMs + everyMs, work, everyMs }),
    },
    pass: async (durationMs, settle) => {
      const endMs = elapsedMs + durationMs
      for (let next = earliest(endMs); next !== undefined; next = earliest(endMs)) {
        const [id, { atMs, work, everyMs }] = next
        elapsedMs = atMs
        if (everyMs === undefined) due.delete(id)
        else due.set(id, { atMs: atMs + everyMs, work, everyMs })
        work()
        await settle()
      }
      elapsedMs = endMs
    },
    shift: (byMs) => {
      shiftMs += byMs
    },
    clear: () => due.clear(),
  }
}
