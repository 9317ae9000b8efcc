// Checks passwords under limits: how often one may be tried, how many are hashed at once, who need not be hashed again.
import { createHmac } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { clientKey } from '@stele/formats/networks'
import type { AccountStore } from './account-store.ts'
import { createGate } from './gate.ts'
import {
  hashRetryS,
  maxHashesRunning,
  maxHashesWaiting,
  maxRememberedPasswords,
  type RateLimits,
  rememberPasswordMs,
} from './limits.ts'
import { hashPassword, isPassword, type PasswordCost, saltBytes } from './password.ts'
import { createRateLimiter } from './rate-limit.ts'

/** Whose password it is said to be, and the address that the request came from. */
export type PasswordClaim = {
  readonly account: string
  readonly password: string
  readonly address: string
}

export type PasswordCheck = {
  /** Silent when the password is right. Throws password_wrong (also for an unknown user), rate_limited. */
  readonly verify: (claim: PasswordClaim) => Promise<void>
  /** PHC text of a new password. Throws rate_limited when too many are being hashed. */
  readonly hash: (password: string) => Promise<string>
}

export function createPasswordCheck(ports: {
  readonly store: AccountStore
  readonly now: () => number
  readonly random: (size: number) => Uint8Array
  readonly cost: PasswordCost
  readonly limits: RateLimits
}): PasswordCheck {
  const { store, now, random, cost, limits } = ports
  const byAddress = createRateLimiter('log-ins', limits.failedLogInsByAddress, now)
  const byAccount = createRateLimiter('log-ins', limits.failedLogInsByAccount, now)
  const remembered = createMemory(random(32), now)
  const gate = createGate({
    running: maxHashesRunning,
    waiting: maxHashesWaiting,
    refuse: () => {
      const reason = 'too many passwords are being checked'
      return new SteleError('server_busy', { reason, retryAfterS: hashRetryS })
    },
  })
  return {
    hash: (password) => gate(() => hashPassword(password, random(saltBytes), cost)),
    verify: async ({ account, password, address }) => {
      const stored = store.user(account)?.passwordHash ?? undefined
      if (remembered.has(stored, password)) return
      // Counted before the work, so that a burst cannot slip through; a success is no try that the limit is about.
      byAddress.take(clientKey(address))
      byAccount.take(accountKey(account))
      const isRight = await gate(() => isPassword(password, stored, cost))
      // Hashing takes a while: who was removed meanwhile, or changed the password, is not let in with the old one.
      const isStill = (store.user(account)?.passwordHash ?? undefined) === stored
      if (!isRight || !isStill) {
        throw new SteleError('password_wrong', { account: accountKey(account) })
      }
      byAddress.giveBack(clientKey(address))
      byAccount.giveBack(accountKey(account))
      remembered.add(stored, password)
    },
  }
}

/** No account has a longer name; what an attacker sends as one must not fill the memory. */
function accountKey(account: string): string {
  return account.slice(0, 64)
}

type Memory = {
  readonly has: (stored: string | undefined, password: string) => boolean
  readonly add: (stored: string | undefined, password: string) => void
}

/** Right passwords, for some minutes, under a key of this process alone: clients with Basic send theirs at every request. */
function createMemory(key: Uint8Array, now: () => number): Memory {
  const until = new Map<string, number>()
  // The stored hash is part of the name, so that a changed password is forgotten at once.
  const nameOf = (stored: string, password: string): string =>
    createHmac('sha256', key).update(stored).update('\0').update(password).digest('base64')
  return {
    has: (stored, password) =>
      stored !== undefined && (until.get(nameOf(stored, password)) ?? 0) > now(),
    add: (stored, password) => {
      if (stored === undefined) return
      const oldest = until.keys().next()
      if (until.size >= maxRememberedPasswords && oldest.done !== true) until.delete(oldest.value)
      until.set(nameOf(stored, password), now() + rememberPasswordMs)
    },
  }
}
