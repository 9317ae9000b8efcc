// Does a few pieces of work side by side.

/** Runs `work` on each item, at most `limit` at a time. Throws the first failure, once what was running has ended. */
export async function forEachParallel<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let isStopped = false
  const run = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && !isStopped; next = rest.next()) {
      try {
        await work(next.value)
      } catch (error) {
        isStopped = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: limit }, run))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
