// Work that takes hundreds of MB for some seconds: one piece of it at a time, whoever it is for.

/** Runs work on so many bytes: at once where they are few, else when no other such work runs. */
export type HeavyWork = <T>(sizeBytes: number, work: () => Promise<T>) => Promise<T>

/** Bytes from which on reading them is heavy: it takes up to ten times as much. */
export const heavyBytes: number = 8 * 1024 * 1024

/** None runs yet. Those that wait go in the order in which they came. */
export function createHeavyWork(): HeavyWork {
  let last: Promise<unknown> = Promise.resolve()
  return (sizeBytes, work) => {
    if (sizeBytes < heavyBytes) return work()
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}
