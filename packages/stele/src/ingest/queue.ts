// What waits, by account: accounts have turns, and what each sent is taken in its order.

/** A queue in which accounts have turns. */
export type TurnQueue<T> = {
  readonly add: (account: string, item: T) => void
  /** The oldest item of the first account that may; the account goes behind the others. */
  readonly take: (may: (account: string) => boolean) => T | undefined
  /** Everything, which then waits no more. */
  readonly takeAll: () => readonly T[]
  readonly count: () => number
  readonly countOf: (account: string) => number
}

export function createTurnQueue<T>(): TurnQueue<T> {
  const waiting = new Map<string, T[]>() // The first has the next turn.
  return {
    add: (account, item) => {
      const own = waiting.get(account) ?? []
      own.push(item)
      waiting.set(account, own)
    },
    take: (may) => {
      for (const [account, own] of waiting) {
        if (!may(account)) continue
        const item = own.shift()
        waiting.delete(account)
        if (own.length > 0) waiting.set(account, own)
        return item
      }
      return undefined
    },
    takeAll: () => {
      const all = [...waiting.values()].flat()
      waiting.clear()
      return all
    },
    count: () => [...waiting.values()].reduce((sum, { length }) => sum + length, 0),
    countOf: (account) => waiting.get(account)?.length ?? 0,
  }
}
