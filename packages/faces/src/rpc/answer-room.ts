// The memory that answers take until their clients have them, over all connections: who does not read must not hold it for long.
import { maxHeldAnswerBytes } from '../limits.ts'

/** What is held for one connection. */
type HeldAnswers = {
  /** Counts so many bytes, until what it gives is called. */
  readonly hold: (bytes: number) => () => void
  /** The connection is gone, and all that was held for it. */
  readonly end: () => void
}

/** The room that all connections of a server share. */
export type AnswerRoom = {
  /** `cut` ends the connection, because others need what it holds. */
  readonly open: (cut: () => void) => HeldAnswers
  readonly heldBytes: () => number
}

type Held = { readonly bytes: number; readonly cut: () => void }

/** Room for so many bytes. Beyond that the connection ends whose client has left an answer lying for longest. */
export function createAnswerRoom(limitBytes: number = maxHeldAnswerBytes): AnswerRoom {
  const all = new Set<Held>() // In the order in which they came.
  let total = 0
  const release = (one: Held): void => {
    if (all.delete(one)) total -= one.bytes
  }
  const makeRoom = (): void => {
    for (const oldest of all) {
      if (total <= limitBytes) return
      release(oldest)
      oldest.cut()
    }
  }
  return {
    heldBytes: () => total,
    open: (cut) => {
      const own = new Set<Held>()
      const end = (): void => {
        for (const one of own) release(one)
        own.clear()
      }
      const cutOwn = (): void => {
        end()
        cut()
      }
      return {
        end,
        hold: (bytes) => {
          const one = { bytes, cut: cutOwn }
          own.add(one)
          all.add(one)
          total += bytes
          makeRoom()
          return () => {
            own.delete(one)
            release(one)
          }
        },
      }
    },
  }
}
