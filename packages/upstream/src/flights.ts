// Work that many want at once, done once; and work that must not be done side by side.

/** Runs what has the same key once at a time: whoever asks meanwhile gets the same result. */
export type Flights<T> = (key: string, work: () => Promise<T>) => Promise<T>

/** Nothing runs yet. With `until`, a result holds until that has settled too. */
export function createFlights<T>(until?: (result: T) => Promise<unknown> | undefined): Flights<T> {
  const running = new Map<string, Promise<T>>()
  return (key, work) => {
    const found = running.get(key)
    if (found !== undefined) return found
    const flight = work()
    running.set(key, flight)
    const land = (): unknown => running.delete(key)
    flight.then((result) => until?.(result)).then(land, land)
    return flight
  }
}

/** Runs what has the same key one after the other. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Nothing waits yet. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, turn)
    const end = (): void => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(end, end)
    return turn
  }
}

/** What goes on, whether anybody waits for it or not. */
export type UnderWay = {
  readonly track: <T>(work: Promise<T>) => Promise<T>
  /** Resolves when all of it has ended, and what it started too. */
  readonly settled: () => Promise<void>
}

/** Nothing goes on yet. */
export function createUnderWay(): UnderWay {
  const running = new Set<Promise<unknown>>()
  return {
    track: (work) => {
      running.add(work)
      const end = (): unknown => running.delete(work)
      work.then(end, end)
      return work
    },
    settled: async () => {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
