// Work on many things, some at a time.
import { maxAtOnce } from './limits.ts'

/** Does the work for each. The first failure is thrown when all that runs is done; nothing new is begun after it. */
export async function inTurns<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  let hasFailed = false
  const run = async (): Promise<void> => {
    while (!hasFailed && next < items.length) {
      const item = items[next++]
      if (item === undefined) continue
      try {
        await work(item)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: maxAtOnce }, run))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
