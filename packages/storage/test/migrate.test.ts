import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { migrate, schemaVersion } from '../src/migrate.ts'

const first = 'CREATE TABLE a (x INTEGER)'
const second = 'ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = x'
const third = 'CREATE INDEX a_y ON a (y)'

test('migrate() takes the steps that a database lacks, and only those', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, { steps: [first] }, 'x.db')
  db.exec('INSERT INTO a VALUES (7)')
  migrate(db, { steps: [first, second, third] }, 'x.db')
  migrate(db, { steps: [first, second, third] }, 'x.db')
  assert.deepEqual({ ...db.prepare('SELECT x, y FROM a').get() }, { x: 7, y: '7' })
  assert.equal(schemaVersion(db), 3)
})

test('migrate() refuses a database when a newer release has written it', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, { steps: [first, second] }, 'x.db')
  assert.throws(() => migrate(db, { steps: [first] }, 'x.db'), {
    code: 'data_invalid',
    message: /x\.db.*newer release.*version 2, this release knows 1/,
  })
  assert.equal(schemaVersion(db), 2)
})

test('migrate() leaves a database as it was when a step fails', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, { steps: [first] }, 'x.db')
  const torn = 'ALTER TABLE a ADD COLUMN z TEXT; SELECT * FROM nowhere'
  assert.throws(() => migrate(db, { steps: [first, torn, third] }, 'x.db'), {
    code: 'data_invalid',
    message: /schema version 2/,
  })
  assert.equal(schemaVersion(db), 1)
  assert.equal(db.prepare("SELECT * FROM pragma_table_info('a')").all().length, 1)
})
