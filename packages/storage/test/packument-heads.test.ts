// Heads of packuments in memory, and what is written down of them.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { maxHeadsKept, maxUsesKept } from '../src/limits.ts'
import { createPackumentHeads, type PackumentHeads } from '../src/packument-heads.ts'

type World = {
  readonly heads: PackumentHeads
  readonly put: (name: string, digest: string | null) => void
  /** When it was checked, as it is written down. */
  readonly written: (name: string) => unknown
}

function openWorld(t: TestContext): World {
  const db = new DatabaseSync(':memory:')
  t.after(() => db.close())
  db.exec(`CREATE TABLE packument (
    name TEXT, form TEXT, upstream TEXT, checked_ms INTEGER, etag TEXT, digest TEXT, modified_ms INTEGER, basis TEXT,
    PRIMARY KEY (name, form)
  )`)
  const insert = db.prepare(
    "INSERT OR REPLACE INTO packument VALUES (?, 'full', 'up', 1, NULL, ?, NULL, NULL)",
  )
  const select = db.prepare('SELECT checked_ms FROM packument WHERE name = ?')
  return {
    heads: createPackumentHeads(db),
    put: (name, digest) => void insert.run(name, digest),
    written: (name) => select.get(name)?.['checked_ms'],
  }
}

const now = (checkedMs: number, digest: string | undefined = 'd') => ({
  upstream: 'up',
  checkedMs,
  digest,
})

test('check() is found at once, and written down when the store is closed', (t) => {
  const { heads, put, written } = openWorld(t)
  put('a', 'd')
  assert.equal(heads.check(['a', 'full'], now(5)), true)
  assert.equal(heads.find('a', 'full')?.checkedMs, 5)
  assert.equal(written('a'), 1)
  heads.close()
  assert.equal(written('a'), 5)
})

test('check() is false for another packument than the one that is kept, and for none', (t) => {
  const { heads, put } = openWorld(t)
  put('a', 'd')
  put('b', null)
  assert.equal(heads.check(['a', 'full'], now(5, 'other')), false)
  assert.equal(heads.check(['b', 'full'], now(5, undefined)), false)
  assert.equal(heads.check(['c', 'full'], now(5)), false)
  assert.equal(heads.find('a', 'full')?.checkedMs, 1)
})

test('forget() has the row read again, and nothing written over it', (t) => {
  const { heads, put, written } = openWorld(t)
  put('a', 'd')
  heads.check(['a', 'full'], now(5))
  put('a', 'e')
  heads.forget('a', 'full')
  assert.equal(heads.find('a', 'full')?.digest, 'e')
  heads.close()
  assert.equal(written('a'), 1)
})

test('find() does not remember that there is no packument', (t) => {
  const { heads, put } = openWorld(t)
  put('a', null)
  assert.equal(heads.find('a', 'full')?.digest, undefined)
  assert.equal(heads.find('b', 'full'), undefined)
  put('a', 'd')
  put('b', 'd')
  for (const name of ['a', 'b']) assert.equal(heads.find(name, 'full')?.digest, 'd')
})

test('check() writes down what gathered, and what leaves the memory', (t) => {
  const { heads, put, written } = openWorld(t)
  const names = Array.from({ length: maxUsesKept }, (_, at) => `a${at}`)
  for (const name of names) {
    put(name, 'd')
    heads.check([name, 'full'], now(5))
  }
  assert.equal(written('a0'), 5)
  heads.check(['a0', 'full'], now(6))
  for (let at = 0; at < maxHeadsKept; at++) {
    put(`b${at}`, 'd')
    heads.find(`b${at}`, 'full')
  }
  assert.equal(written('a0'), 6)
  assert.equal(heads.find('a0', 'full')?.checkedMs, 6)
})
