// Counts what the edge tells of itself, since the server started.
import type { HttpEvent } from './event.ts'

/** The counts so far. */
export type Tally = {
  /** Counts what was published. */
  readonly note: (event: HttpEvent) => void
  readonly noteAnswer: (status: number) => void
  /** Requests that were answered, by the first digit of their status. */
  readonly requests: ReadonlyMap<number, number>
  readonly publishes: number
}

/** Counts, all 0. */
export function createTally(): Tally {
  const requests = new Map<number, number>()
  let publishes = 0
  return {
    note: (event) => {
      if (event.type === 'access' && event.published !== undefined) publishes++
    },
    noteAnswer: (status) => {
      const digit = Math.floor(status / 100)
      requests.set(digit, (requests.get(digit) ?? 0) + 1)
    },
    requests,
    get publishes() {
      return publishes
    },
  }
}
