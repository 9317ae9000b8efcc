// An AccountStore in memory, for tests of what stands above it.
import type { AccountStore, TokenRow, UserRow } from '../src/public/store.ts'

export function createMemoryAccountStore(): AccountStore {
  const users = new Map<string, UserRow>()
  const tokens = new Map<string, TokenRow>()
  const drop = (isDoomed: (token: TokenRow) => boolean): boolean => {
    const doomed = [...tokens.values()].filter(isDoomed)
    for (const token of doomed) tokens.delete(token.key)
    return doomed.length > 0
  }
  return {
    user: (account) => users.get(account),
    users: () => [...users.values()].sort((a, b) => (a.account < b.account ? -1 : 1)),
    insertUser: (user) => {
      if (users.has(user.account)) return false
      users.set(user.account, user)
      return true
    },
    updateUser: (user) => {
      if (users.has(user.account)) users.set(user.account, user)
    },
    removeUser: (account, nowMs) => {
      drop((token) => token.account === account)
      const user = users.get(account)
      if (user === undefined) return
      const removed = { email: null, passwordHash: null, removed: true, updatedMs: nowMs }
      users.set(account, { ...user, ...removed })
    },
    insertToken: (token) => {
      tokens.set(token.key, token)
    },
    tokenByHash: (hash) => [...tokens.values()].find((t) => Buffer.compare(t.hash, hash) === 0),
    tokens: (account) => [...tokens.values()].filter((token) => token.account === account),
    removeToken: (account, key) => drop((token) => token.account === account && token.key === key),
    removeTokensExpiredBy: (account, timeMs) => {
      drop((t) => t.account === account && t.expiresMs !== null && t.expiresMs <= timeMs)
    },
    touchToken: (key, usedMs) => {
      const token = tokens.get(key)
      if (token !== undefined) tokens.set(key, { ...token, usedMs })
    },
  }
}
