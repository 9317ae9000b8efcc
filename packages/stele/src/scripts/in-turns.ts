// Work on many things, some at a time.

/** Works on all of them, in their order, so many at a time. The first failure is thrown once all that was begun has ended. */
export async function inTurns<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const failures: unknown[] = []
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await work(next)
      } catch (error) {
        failures.push(error)
        waiting.length = 0
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, one))
  if (failures.length > 0) throw failures[0]
}
