// Opens a SQLite database the one way that is durable: WAL, and an fsync for every commit.
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isSteleError, SteleError } from '@stele/errors'
import { makeFolder, reasonOf, refuseForbidden } from './folders.ts'
import { busyTimeoutMs, eraseBusyMs, walPages } from './limits.ts'
import { migrate, type Schema } from './migrate.ts'

/**
 * A connection that writes, and leaves nothing behind of what it deletes, to a database that is made or brought to this
 * schema first. Throws `data_invalid`.
 */
export function openDatabase(path: string, schema: Schema): DatabaseSync {
  makeFolder(dirname(path))
  refuseForbidden(path) // SQLite says "unable to open database file" whatever the reason is.
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000')
    db.exec(`PRAGMA wal_autocheckpoint = ${walPages}`)
    db.exec('PRAGMA secure_delete = ON') // What was taken down must not lie on in free pages.
    migrate(db, schema, path)
    return db
  } catch (cause) {
    db.close()
    if (isSteleError(cause)) throw cause
    throw unusable(path, cause)
  }
}

function unusable(path: string, cause: unknown): SteleError {
  return new SteleError('data_invalid', { path, reason: reasonOf(cause) }, { cause })
}

/** A connection that only reads, to a database that is made if need be. */
export function openReader(path: string, schema: Schema): DatabaseSync {
  const db = openDatabase(path, schema)
  db.exec('PRAGMA query_only = ON; PRAGMA cache_size = -2000') // Ready answers are kept by those who read it.
  return db
}

/**
 * Empties the write-ahead log, which otherwise holds old pages for as long as it likes. Gives why that cannot be done
 * now; a reader that holds an old snapshot prevents it, in any process.
 */
export function emptyWriteAheadLog(db: DatabaseSync): string | undefined {
  try {
    db.exec(`PRAGMA busy_timeout = ${eraseBusyMs}`)
    const row = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    return row?.['busy'] === 0 ? undefined : 'another program is reading the database'
  } catch (error) {
    return reasonOf(error) // What it belongs to is committed: whatever failed, it is to be tried again.
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
}

/** What differs as soon as this connection can see a commit of another one. A look at shared memory: 3 µs. */
export function createDataVersion(db: DatabaseSync): () => number {
  const version = db.prepare('PRAGMA data_version')
  return () => Number(version.get()?.['data_version'])
}

/** Runs the work in one transaction: all of it or, when it throws, nothing. Inside another one it is part of that. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work()
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

/** Runs reads in one transaction: SQLite then takes and checks its locks once for all of them. */
export function createReading(db: DatabaseSync): <T>(read: () => T) => T {
  const begin = db.prepare('BEGIN')
  const end = db.prepare('COMMIT')
  return (read) => {
    if (db.isTransaction) return read()
    begin.run()
    try {
      return read()
    } finally {
      end.run()
    }
  }
}
