// Counts what the edge tells of itself, since the server started.
import type { HttpEvent } from './event.ts'

/** The counts so far. */
export type Tally = {
  /** Counts what an access event notes. */
  readonly note: (event: HttpEvent) => void
  readonly noteAnswer: (status: number) => void
  /** Requests that were answered, by the first digit of their status. */
  readonly requests: ReadonlyMap<number, number>
  /** How many answers noted this. */
  readonly noted: (name: string) => number
}

/** Counts, all 0. */
export function createTally(): Tally {
  const requests = new Map<number, number>()
  const notes = new Map<string, number>()
  return {
    note: (event) => {
      if (event.type !== 'access') return
      for (const name of Object.keys(event.notes)) notes.set(name, (notes.get(name) ?? 0) + 1)
    },
    noteAnswer: (status) => {
      const digit = Math.floor(status / 100)
      requests.set(digit, (requests.get(digit) ?? 0) + 1)
    },
    requests,
    noted: (name) => notes.get(name) ?? 0,
  }
}
