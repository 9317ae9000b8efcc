// Tells whoever watches which entry's call this thread is in.
import type { CallWatch } from './ports.ts'

/** Runs something of an entry, watched. What is fetched between two tries is no part of its time. */
export function watched<T>(watch: CallWatch | undefined, entry: number, run: () => T): T {
  watch?.enter(entry)
  try {
    return run()
  } finally {
    watch?.leave()
  }
}
