// When each of many copies was used last: in memory, since a warm registry writes nothing, and now and then in the database.
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './database.ts'
import { ignoreFull } from './fault.ts'
import { maxUsesKept } from './limits.ts'

/** Uses of what a key stands for. */
export type Uses = {
  /** Notes a use now. Gives its place in the order of all uses. */
  readonly touch: (key: string) => number
  /** Writes down what is not yet, in the transaction that is open. */
  readonly write: () => void
  /** Writes it down in a transaction of its own. */
  readonly save: () => void
  /** The same before the database is closed, as far as the disk has room. */
  readonly close: () => void
  /** True for what somebody may be about to read. */
  readonly isRecent: (key: string) => boolean
}

type Used = {
  /** The place of the last use that was written down. */
  readonly newest: number
  readonly note: (key: string, order: number) => void
  /** In ms; it never goes back. */
  readonly now: () => number
  readonly graceMs: number
}

/** Uses, of which none is recent yet. */
export function createUses(db: DatabaseSync, { newest, note, now, graceMs }: Used): Uses {
  const unwritten = new Map<string, number>()
  const recentMs = new Map<string, number>() // What was used last stands last.
  let order = newest // A count, and no time: clocks go back.
  const isOver = (atMs: number): boolean => now() - atMs >= graceMs
  const noteAll = (): void => {
    for (const [key, place] of unwritten) note(key, place)
  }
  const save = (): void => {
    inTransaction(db, noteAll)
    unwritten.clear()
  }
  let saveAt = maxUsesKept
  return {
    write: () => {
      noteAll()
      unwritten.clear()
    },
    save,
    close: () => ignoreFull(save),
    isRecent: (key) => !isOver(recentMs.get(key) ?? Number.NEGATIVE_INFINITY),
    touch: (key) => {
      order += 1
      unwritten.set(key, order)
      recentMs.delete(key)
      recentMs.set(key, now())
      for (const [one, atMs] of recentMs) {
        if (!isOver(atMs)) break
        recentMs.delete(one)
      }
      if (unwritten.size >= saveAt) {
        ignoreFull(save)
        saveAt = unwritten.size + maxUsesKept
      }
      return order
    },
  }
}
