// Schemas by version: a database is brought to this release's version step by step, or refused when it is newer.
import type { DatabaseSync } from 'node:sqlite'
import { SteleError } from '@stele/errors'

/**
 * What a database holds. Step `n` (from 0) is SQL that leads from version `n` to `n + 1`, which SQLite keeps as
 * `user_version`. A step that was released is never changed: a new one is added.
 */
export type Schema = { readonly steps: readonly string[] }

/**
 * Brings the database to the schema's version, a transaction a step. Throws `data_invalid` for one that a newer
 * release has written, and for one whose step fails, which then is as it was.
 */
export function migrate(db: DatabaseSync, { steps }: Schema, path: string): void {
  const found = schemaVersion(db)
  if (found > steps.length) {
    const reason = `it was written by a newer release of Stele (its schema has version ${found}, this release knows ${steps.length}); start that release`
    throw new SteleError('data_invalid', { path, reason })
  }
  for (const [step, sql] of steps.entries()) {
    if (step >= found) takeStep(db, { sql, version: step + 1, path })
  }
}

/** The version of the schema that this database has; 0 for an empty one. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

function takeStep(
  db: DatabaseSync,
  { sql, version, path }: { readonly sql: string; readonly version: number; readonly path: string },
): void {
  try {
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${version}; COMMIT`)
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    const message = cause instanceof Error ? cause.message : String(cause)
    const reason = `it could not be brought to schema version ${version}: ${message}`
    throw new SteleError('data_invalid', { path, reason }, { cause })
  }
}
