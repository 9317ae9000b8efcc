import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { testAccountStore } from '../../accounts/test/account-store-suite.ts'
import { openAccountStore } from '../src/account-store.ts'

testAccountStore('openAccountStore()', (work) => {
  const store = openAccountStore(':memory:')
  try {
    work(store)
  } finally {
    store.close()
  }
})

function inFolder(work: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'stele-accounts-'))
  try {
    work(join(folder, 'accounts.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const user = {
  account: 'alice',
  email: null,
  passwordHash: null,
  createdMs: 1,
  updatedMs: 1,
  removed: false,
}

test('openAccountStore() finds what an earlier one stored, with WAL and full synchronisation', () => {
  inFolder((path) => {
    const first = openAccountStore(path)
    first.insertUser(user)
    first.close()
    const second = openAccountStore(path)
    assert.deepEqual(second.user('alice'), user)
    second.close()
    const db = new DatabaseSync(path)
    assert.deepEqual({ ...db.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
    db.close()
  })
})

test('openAccountStore() keeps its files from other users of the machine, also those it finds open', () => {
  if (process.platform === 'win32') return
  inFolder((path) => {
    for (const files of ['new', 'found']) {
      const store = openAccountStore(path)
      store.insertUser({ ...user, account: files })
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        assert.equal(statSync(file).mode & 0o077, 0, `${files}: ${file}`)
      }
      store.close()
      chmodSync(path, 0o644)
    }
  })
})

test('openAccountStore() overwrites what is removed', () => {
  inFolder((path) => {
    const store = openAccountStore(path)
    store.insertUser({ ...user, email: 'gone@example.com' })
    store.removeUser('alice', 2)
    store.close()
    assert.equal(readFileSync(path).includes('gone@example.com'), false)
  })
})

test('openAccountStore() refuses a file that is no such store', () => {
  const isRefusal = (error: unknown): boolean => isSteleError(error, 'data_invalid')
  inFolder((path) => {
    writeFileSync(path, 'this is no database, and long enough to be looked at as one. '.repeat(20))
    assert.throws(() => openAccountStore(path), isRefusal)
  })
  inFolder((path) => {
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    assert.throws(() => openAccountStore(path), isRefusal)
  })
})
