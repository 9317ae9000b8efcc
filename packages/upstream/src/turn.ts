// Large packuments are read one after the other: several at once would hold as many times the memory.

/** Resolves when nobody else has the turn, with what ends it. */
export type Gate = () => Promise<() => void>

/** The turn of one packument, which takes it at most once. */
export type Turn = {
  readonly take: () => Promise<void>
  readonly isTaken: () => boolean
  readonly release: () => void
}

/** A gate that one passes at a time, in the order in which they came. */
export function createGate(): Gate {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    return resolve
  }
}

/** A turn that is not taken yet. */
export function createTurn(gate: Gate): Turn {
  let taking: Promise<() => void> | undefined
  return {
    take: async () => {
      taking ??= gate()
      await taking
    },
    isTaken: () => taking !== undefined,
    release: () => void taking?.then((end) => end()),
  }
}
