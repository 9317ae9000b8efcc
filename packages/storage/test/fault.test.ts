import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isDatabaseError, tellFull } from '../src/fault.ts'

function fullDatabase(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec('PRAGMA max_page_count = 2; CREATE TABLE t (bytes BLOB)')
  return db
}

test('tellFull() throws disk_full when the database has no room for the change', () => {
  const insert = fullDatabase().prepare('INSERT INTO t VALUES (zeroblob(100000))')
  assert.throws(() => tellFull(() => insert.run()), { code: 'disk_full' })
})

test('tellFull() gives what the change gives, and throws what else it throws', () => {
  assert.equal(
    tellFull(() => 7),
    7,
  )
  const twice = (): unknown => fullDatabase().exec('CREATE TABLE t (x)')
  assert.throws(
    () => tellFull(twice),
    (error) => error instanceof Error && isDatabaseError(error),
  )
})
