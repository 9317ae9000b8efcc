// Opens a SQLite database the one way that is durable: WAL, and an fsync for every commit.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { busyTimeoutMs } from './limits.ts'

/** A connection that writes, and leaves nothing behind of what it deletes. `schema` is SQL that can run again and again. */
export function openDatabase(path: string, schema: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000')
  db.exec('PRAGMA secure_delete = ON') // What was taken down must not lie on in free pages.
  db.exec(schema)
  return db
}

/** A connection that only reads, to a database that is made if need be. */
export function openReader(path: string, schema: string): DatabaseSync {
  const db = openDatabase(path, schema)
  db.exec('PRAGMA query_only = ON')
  return db
}

/** Runs the work in one transaction: all of it or, when it throws, nothing. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
