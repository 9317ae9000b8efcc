// What failed is tried again a few times, and then no more while the process runs: it takes a thread each time.
import { maxLearningTries, maxTriesKept } from './limits.ts'

/** Counts failures by key. */
type Tries = {
  readonly mayTry: (key: string) => boolean
  readonly failed: (key: string) => void
  readonly succeeded: (key: string) => void
}

/** No failures yet. Of many, the oldest are forgotten. */
export function createTries(): Tries {
  const counts = new Map<string, number>() // What failed longest ago is the first.
  return {
    mayTry: (key) => (counts.get(key) ?? 0) < maxLearningTries,
    failed: (key) => {
      const count = (counts.get(key) ?? 0) + 1
      counts.delete(key)
      counts.set(key, count)
      const [oldest] = counts.keys()
      if (counts.size > maxTriesKept && oldest !== undefined) counts.delete(oldest)
    },
    succeeded: (key) => void counts.delete(key),
  }
}
