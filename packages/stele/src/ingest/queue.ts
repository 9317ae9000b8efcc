// What waits, by address and account: addresses have turns, the accounts of an address have turns among each other, and what
// an account sent is taken in its order.

/** Who sent something. */
export type Sender = { readonly client: string; readonly account: string }

/** A queue in which senders have turns. */
export type TurnQueue<T> = {
  readonly add: (sender: Sender, item: T) => void
  /** The oldest item of the first account that may; its address goes behind the others, and it behind those of its address. */
  readonly take: (may: (account: string) => boolean) => T | undefined
  /** The newest item of the account, which then waits no more. */
  readonly drop: (sender: Sender) => T | undefined
  /** Everything, which then waits no more. */
  readonly takeAll: () => readonly T[]
  readonly count: () => number
  readonly countOf: (account: string) => number
  readonly countAt: (client: string) => number
  /** Everybody who has something waiting. */
  readonly senders: () => readonly Sender[]
}

/** An empty queue. */
export function createTurnQueue<T>(): TurnQueue<T> {
  const waiting = new Map<string, Map<string, T[]>>() // The first has the next turn.
  const items = function* (): Iterable<readonly [Sender, T[]]> {
    for (const [client, accounts] of waiting) {
      for (const [account, own] of accounts) yield [{ client, account }, own]
    }
  }
  const sum = (isCounted: (sender: Sender) => boolean): number =>
    Array.from(items()).reduce(
      (all, [sender, own]) => all + (isCounted(sender) ? own.length : 0),
      0,
    )
  /** Puts address and account behind the others, or takes them out where nothing of theirs waits any more. */
  const goBehind = ({ client, account }: Sender, own: T[]): void => {
    const accounts = waiting.get(client)
    accounts?.delete(account)
    if (own.length > 0) accounts?.set(account, own)
    waiting.delete(client)
    if (accounts !== undefined && accounts.size > 0) waiting.set(client, accounts)
  }
  return {
    add: ({ client, account }, item) => {
      const accounts = waiting.get(client) ?? new Map<string, T[]>()
      waiting.set(client, accounts)
      accounts.set(account, [...(accounts.get(account) ?? []), item])
    },
    take: (may) => {
      for (const [sender, own] of items()) {
        if (!may(sender.account)) continue
        const item = own.shift()
        goBehind(sender, own)
        return item
      }
      return undefined
    },
    drop: ({ client, account }) => {
      const own = waiting.get(client)?.get(account)
      const item = own?.pop()
      if (own?.length === 0) goBehind({ client, account }, own)
      return item
    },
    takeAll: () => {
      const all = Array.from(items()).flatMap(([, own]) => own)
      waiting.clear()
      return all
    },
    count: () => sum(() => true),
    countOf: (wanted) => sum(({ account }) => account === wanted),
    countAt: (wanted) => sum(({ client }) => client === wanted),
    senders: () => Array.from(items(), ([sender]) => sender),
  }
}
