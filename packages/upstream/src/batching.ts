// Many small calls in one: what gathers while one call runs goes into the next.
import { isSteleError } from '@stele/errors'

type Waiting<Item> = {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Where items go, `max` at most in one call, which rejects with rule_refused when it refuses any of them. */
type Batches<Item> = {
  readonly call: (items: readonly Item[]) => Promise<void>
  readonly max: number
  /** Items of the same key wait for one. */
  readonly keyOf: (item: Item) => string
}

/** Resolves when the item's call does; one that is refused does not spoil the others. */
export function createBatches<Item>({
  call,
  max,
  keyOf,
}: Batches<Item>): (item: Item) => Promise<void> {
  const waiting = new Map<string, Promise<void>>()
  let queue: Waiting<Item>[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (queue.length > 0) {
      const batch = queue.slice(0, max)
      queue = queue.slice(batch.length)
      await settle(batch)
    }
    isRunning = false
  }

  async function settle(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      await call(batch.map(({ item }) => item))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      const isOfSome = batch.length > 1 && isSteleError(error, 'rule_refused')
      if (!isOfSome) {
        for (const { reject } of batch) reject(error) // It would go no better with fewer of them.
        return
      }
      const half = Math.ceil(batch.length / 2)
      await settle(batch.slice(0, half))
      await settle(batch.slice(half))
    }
  }

  return (item) => {
    const key = keyOf(item)
    const known = waiting.get(key)
    if (known !== undefined) return known
    const done = new Promise<void>((resolve, reject) => queue.push({ item, resolve, reject }))
    waiting.set(key, done)
    const end = (): unknown => waiting.delete(key)
    done.then(end, end)
    if (!isRunning) void run()
    return done
  }
}
