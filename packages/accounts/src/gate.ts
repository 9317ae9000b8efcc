// Bounds how much of an expensive work runs at once and how much waits.

/** Runs a work when there is room; refuses it, with what `refuse` gives, when too many wait. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** A gate through which at most `running` works go at once, while at most `waiting` queue up. */
export function createGate(limits: {
  readonly running: number
  readonly waiting: number
  readonly refuse: () => Error
}): Gate {
  let running = 0
  const queue: (() => void)[] = []
  const leave = (): void => {
    const next = queue.shift()
    // The next in line takes this one's place, so `running` stays the same; it shrinks only when nobody waits.
    if (next === undefined) running--
    else next()
  }
  return async (work) => {
    if (running < limits.running) running++
    else if (queue.length >= limits.waiting) throw limits.refuse()
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
