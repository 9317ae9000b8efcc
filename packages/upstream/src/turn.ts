// Large packuments are read one after the other: several at once would hold as many times the memory.

/** A place in the line of a gate. */
type Place = {
  /** Resolves when nobody before it is there any more. */
  readonly came: Promise<void>
  /** Gives the place up, whether its turn came or not. To be called once. */
  readonly leave: () => void
}

/** A gate that one passes at a time, in the order in which they came. */
export type Gate = {
  /** True where nobody has the turn, or waits for it. */
  readonly isFree: () => boolean
  readonly enter: () => Place
}

/** The turn of one packument, which takes it at most once. */
export type Turn = {
  /** Takes it where it is free. True where it is taken then, or was before. */
  readonly tryTake: () => boolean
  /** Waits for it. Nothing that others need should be held meanwhile, as a connection. */
  readonly take: () => Promise<void>
  readonly isTaken: () => boolean
  readonly release: () => void
}

/** A gate that is free. */
export function createGate(): Gate {
  let last: Promise<void> = Promise.resolve()
  let count = 0
  return {
    isFree: () => count === 0,
    enter: () => {
      const came = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      count += 1
      const leave = (): void => {
        count -= 1
        void came.then(resolve)
      }
      return { came, leave }
    },
  }
}

/** A turn that is not taken yet. */
export function createTurn(gate: Gate): Turn {
  let place: Place | undefined
  let isOver = false
  return {
    tryTake: () => {
      if (gate.isFree()) place ??= gate.enter()
      return place !== undefined
    },
    take: async () => {
      place ??= gate.enter()
      await place.came
    },
    isTaken: () => place !== undefined,
    release: () => {
      if (isOver) return
      isOver = true
      place?.leave()
    },
  }
}
