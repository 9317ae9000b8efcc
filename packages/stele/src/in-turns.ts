// Work on many things, some at a time.

/** Works on all of them, in their order, so many at a time. The first failure is thrown once all that was begun has ended. */
export async function inTurns<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries() // Of all of them: each takes what none has taken.
  const failures: unknown[] = []
  const one = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      try {
        await work(item, index)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, one))
  if (failures.length > 0) throw failures[0]
}
