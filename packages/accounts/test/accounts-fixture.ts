// Accounts over a store in memory, a clock that tests move, and random bytes that are the same in every run.
import { createHash } from 'node:crypto'
import { type Accounts, createAccounts, type RateLimits } from '../src/index.ts'
import type { AccountStore } from '../src/public/store.ts'
import { createMemoryAccountStore } from './memory-account-store.ts'

/** The least that argon2 takes: 8 KiB. */
export const cheapCost = { memoryKib: 8, passes: 1, parallelism: 1 } as const

export type Fixture = {
  readonly accounts: Accounts
  readonly store: AccountStore
  readonly clock: { nowMs: number }
}

export function createFixture(rateLimits: Partial<RateLimits> = {}): Fixture {
  const clock = { nowMs: 1_000_000 }
  const store = createMemoryAccountStore()
  const accounts = createAccounts({
    store,
    now: () => clock.nowMs,
    random: createRandom(),
    settings: { passwordCost: cheapCost, rateLimits },
  })
  return { accounts, store, clock }
}

function createRandom(): (size: number) => Uint8Array {
  let count = 0
  return (size) => {
    count++
    return createHash('shake256', { outputLength: size }).update(String(count)).digest()
  }
}

export const alice = { account: 'alice', password: 'correct horse', address: '192.0.2.1' } as const
