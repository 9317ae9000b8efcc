// Long logs, read a step at a time.
import { entriesPerStep } from './limits.ts'
import type { KeptEntry } from './parts.ts'

/** The entries `[from, to)` with their numbers, of which only a step is held at once. */
export function* entriesIn(
  read: (start: number, count: number) => readonly KeptEntry[],
  from: number,
  to: number,
): Generator<readonly [index: number, entry: KeptEntry], void> {
  for (let start = from; start < to; start += entriesPerStep) {
    const step = read(start, Math.min(entriesPerStep, to - start))
    for (const [offset, entry] of step.entries()) yield [start + offset, entry]
  }
}
