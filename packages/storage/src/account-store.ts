// Users and tokens in a SQLite file of their own: secrets never lie in the log's database.
import { chmodSync, closeSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { AccountStore, TokenRow, UserRow } from '@stele/accounts/store'
import { isSteleError, SteleError } from '@stele/errors'
import { bytes, number, optional, type Row, text } from './columns.ts'
import { inTransaction, openDatabase } from './database.ts'
import { tellFull } from './fault.ts'
import type { Schema } from './migrate.ts'

/** A store that can be closed. */
export type OpenAccountStore = AccountStore & { readonly close: () => void }

const firstStep = `
  CREATE TABLE users (
    account TEXT PRIMARY KEY, email TEXT, password_hash TEXT,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, removed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tokens (
    key TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES users (account), hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, readonly INTEGER NOT NULL,
    networks TEXT NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER, expires_ms INTEGER
  ) STRICT;
  CREATE INDEX tokens_of_account ON tokens (account, created_ms);
`
const accountSchema: Schema = { steps: [firstStep] }

/**
 * Opens, or makes, the store at a path (`:memory:` for none). Each change is on disk when its function returns.
 * Throws data_invalid for a file that is not such a store.
 */
export function openAccountStore(path: string): OpenAccountStore {
  const db = openAccounts(path)
  return { ...userFunctions(db), ...tokenFunctions(db), close: () => db.close() }
}

function openAccounts(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') keepPrivate(path)
    const db = openDatabase(path, accountSchema)
    db.exec('PRAGMA foreign_keys = ON')
    return db
  } catch (cause) {
    if (isSteleError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('data_invalid', { path, reason }, { cause })
  }
}

/** Password hashes are nobody else's to read, however open the folder is. SQLite gives its other files the same mode. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

type UserFunctions = Pick<
  AccountStore,
  'user' | 'users' | 'insertUser' | 'updateUser' | 'removeUser'
>

function userFunctions(db: DatabaseSync): UserFunctions {
  const one = db.prepare('SELECT * FROM users WHERE account = ?')
  const all = db.prepare('SELECT * FROM users ORDER BY account')
  const insert = db.prepare(
    `INSERT INTO users VALUES (:account, :email, :passwordHash, :createdMs, :updatedMs, :removed)
     ON CONFLICT DO NOTHING`,
  )
  const update = db.prepare(
    `UPDATE users SET email = :email, password_hash = :passwordHash, created_ms = :createdMs,
     updated_ms = :updatedMs, removed = :removed WHERE account = :account`,
  )
  const remove = db.prepare(
    `UPDATE users SET email = NULL, password_hash = NULL, removed = 1, updated_ms = ? WHERE account = ?`,
  )
  const dropTokens = db.prepare('DELETE FROM tokens WHERE account = ?')
  const values = (user: UserRow): Record<string, string | number | null> => ({
    ...user,
    removed: Number(user.removed),
  })
  return {
    user: (account) => {
      const row = one.get(account)
      return row === undefined ? undefined : userOf(row)
    },
    users: () => all.all().map(userOf),
    insertUser: (user) => tellFull(() => insert.run(values(user)).changes === 1),
    updateUser: (user) => {
      tellFull(() => update.run(values(user)))
    },
    removeUser: (account, nowMs) => {
      tellFull(() =>
        inTransaction(db, () => {
          dropTokens.run(account)
          remove.run(nowMs, account)
        }),
      )
    },
  }
}

type TokenFunctions = Omit<AccountStore, keyof UserFunctions>

function tokenFunctions(db: DatabaseSync): TokenFunctions {
  const insert = db.prepare(
    `INSERT INTO tokens VALUES (:key, :account, :hash, :name, :first, :last, :readonly, :networks,
     :createdMs, :usedMs, :expiresMs)`,
  )
  const byHash = db.prepare('SELECT * FROM tokens WHERE hash = ?')
  const ofAccount = db.prepare('SELECT * FROM tokens WHERE account = ? ORDER BY created_ms, key')
  const remove = db.prepare('DELETE FROM tokens WHERE account = ? AND key = ?')
  const removeExpired = db.prepare('DELETE FROM tokens WHERE account = ? AND expires_ms <= ?')
  const touch = db.prepare('UPDATE tokens SET used_ms = ? WHERE key = ?')
  return {
    insertToken: (token) => {
      const networks = JSON.stringify(token.networks)
      tellFull(() => insert.run({ ...token, readonly: Number(token.readonly), networks }))
    },
    tokenByHash: (hash) => {
      const row = byHash.get(hash)
      return row === undefined ? undefined : tokenOf(row)
    },
    tokens: (account) => ofAccount.all(account).map(tokenOf),
    removeToken: (account, key) => tellFull(() => remove.run(account, key).changes === 1),
    removeTokensExpiredBy: (account, timeMs) => {
      tellFull(() => removeExpired.run(account, timeMs))
    },
    touchToken: (key, usedMs) => {
      tellFull(() => touch.run(usedMs, key))
    },
  }
}

function userOf(row: Row): UserRow {
  return {
    account: text(row, 'account'),
    email: optional(row, 'email', text),
    passwordHash: optional(row, 'password_hash', text),
    createdMs: number(row, 'created_ms'),
    updatedMs: number(row, 'updated_ms'),
    removed: number(row, 'removed') === 1,
  }
}

function tokenOf(row: Row): TokenRow {
  return {
    key: text(row, 'key'),
    account: text(row, 'account'),
    hash: bytes(row, 'hash'),
    name: text(row, 'name'),
    first: text(row, 'first'),
    last: text(row, 'last'),
    readonly: number(row, 'readonly') === 1,
    networks: networksOf(text(row, 'networks')),
    createdMs: number(row, 'created_ms'),
    usedMs: optional(row, 'used_ms', number),
    expiresMs: optional(row, 'expires_ms', number),
  }
}

function networksOf(json: string): readonly string[] {
  const list: unknown = JSON.parse(json)
  if (!Array.isArray(list)) throw new Error('A stored token has no list of networks')
  return list.map(String)
}
