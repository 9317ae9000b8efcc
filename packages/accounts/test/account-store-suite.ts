// What every AccountStore must do. Each adapter's test runs it over a store of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountStore, TokenRow, UserRow } from '../src/public/store.ts'

const user: UserRow = {
  account: 'alice',
  email: 'alice@example.com',
  passwordHash: '$argon2id$x',
  createdMs: 1,
  updatedMs: 2,
  removed: false,
}
const token: TokenRow = {
  key: 'aa',
  account: 'alice',
  hash: new Uint8Array(32).fill(1),
  name: 'ci',
  first: 'stele_abcd',
  last: 'wxyz',
  readonly: true,
  networks: ['10.0.0.0/8', '::/0'],
  createdMs: 10,
  usedMs: null,
  expiresMs: 50,
}

/** Runs the suite. `withStore` opens an empty store, runs the work, and closes it. */
export function testAccountStore(
  name: string,
  withStore: (work: (store: AccountStore) => void) => void,
): void {
  const check = (title: string, work: (store: AccountStore) => void): void => {
    void test(`${name} ${title}`, () => withStore(work))
  }
  check('gives a user back as stored, and nothing for another name', (store) => {
    assert.equal(store.insertUser(user), true)
    assert.deepEqual(store.user('alice'), user)
    assert.equal(store.user('bob'), undefined)
    assert.equal(store.user("alice' OR '1'='1"), undefined)
  })
  check('keeps the first user of a name', (store) => {
    store.insertUser(user)
    assert.equal(store.insertUser({ ...user, email: null }), false)
    assert.deepEqual(store.user('alice'), user)
  })
  check('lists users by name', (store) => {
    for (const account of ['bob', 'alice', 'carol']) store.insertUser({ ...user, account })
    assert.deepEqual(
      store.users().map((row) => row.account),
      ['alice', 'bob', 'carol'],
    )
  })
  check('replaces a user, and makes none', (store) => {
    store.insertUser(user)
    const changed = { ...user, email: null, passwordHash: null, updatedMs: 3 }
    store.updateUser(changed)
    assert.deepEqual(store.user('alice'), changed)
    store.updateUser({ ...user, account: 'bob' })
    assert.equal(store.user('bob'), undefined)
  })
  check('forgets all of a removed user but the name', (store) => {
    store.insertUser(user)
    store.insertToken(token)
    store.removeUser('alice', 99)
    assert.deepEqual(store.user('alice'), {
      ...user,
      email: null,
      passwordHash: null,
      updatedMs: 99,
      removed: true,
    })
    assert.deepEqual(store.tokens('alice'), [])
    assert.equal(store.insertUser(user), false)
  })
  check('finds a token by its hash alone', (store) => {
    store.insertUser(user)
    store.insertToken(token)
    const found = store.tokenByHash(token.hash)
    assert.deepEqual(
      { ...found, hash: Buffer.from(found?.hash ?? []) },
      { ...token, hash: Buffer.from(token.hash) },
    )
    assert.equal(store.tokenByHash(new Uint8Array(32)), undefined)
  })
  check("lists an account's tokens, oldest first", (store) => {
    store.insertUser(user)
    store.insertUser({ ...user, account: 'bob' })
    const rows = [
      ['c', 1, 'alice'],
      ['a', 2, 'alice'],
      ['b', 3, 'bob'],
    ] as const
    for (const [key, createdMs, account] of rows) {
      store.insertToken({ ...token, key, createdMs, account, hash: Buffer.from(key) })
    }
    assert.deepEqual(
      store.tokens('alice').map((row) => row.key),
      ['c', 'a'],
    )
  })
  check('removes a token of its own account alone', (store) => {
    store.insertUser(user)
    store.insertToken(token)
    assert.equal(store.removeToken('bob', 'aa'), false)
    assert.equal(store.removeToken('alice', 'aa'), true)
    assert.equal(store.removeToken('alice', 'aa'), false)
    assert.equal(store.tokenByHash(token.hash), undefined)
  })
  check('drops the tokens that expired, and keeps those without an end', (store) => {
    store.insertUser(user)
    store.insertToken(token)
    store.insertToken({ ...token, key: 'bb', hash: Buffer.from('b'), expiresMs: null })
    store.removeTokensExpiredBy('alice', 49)
    assert.equal(store.tokens('alice').length, 2)
    store.removeTokensExpiredBy('alice', 50)
    assert.deepEqual(
      store.tokens('alice').map((row) => row.key),
      ['bb'],
    )
  })
  check('notes the last use', (store) => {
    store.insertUser(user)
    store.insertToken(token)
    store.touchToken('aa', 77)
    assert.equal(store.tokens('alice')[0]?.usedMs, 77)
  })
}
