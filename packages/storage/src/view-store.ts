// The registry's views in SQLite: ready pieces of packuments, and the search index. They can be made anew from the log.
import type { DatabaseSync } from 'node:sqlite'
import { registryProjection, type ViewWrite } from '@stele/registry'
import { type MarkedProjection, type ProjectionHome, versionOf } from '@stele/replica'
import { inTransaction } from './database.ts'
import { createMarks, markReader } from './projection-marks.ts'
import { applyViewWrites } from './view-writes.ts'

const viewTables = [
  'view_packages',
  'view_versions',
  'view_owners',
  'view_stars',
  'view_conflicts',
  'view_search',
]

/** The tables of the views. Raise `viewForm` when they change: the views are then made again from the log. */
export const viewSchema = `
  CREATE TABLE IF NOT EXISTS view_packages (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rev TEXT NOT NULL,
    created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, latest TEXT,
    star_entry INTEGER NOT NULL DEFAULT -1, full_bytes INTEGER NOT NULL DEFAULT 0,
    reshapes INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS view_versions (
    name TEXT NOT NULL, entry INTEGER NOT NULL, version TEXT NOT NULL, time_ms INTEGER NOT NULL,
    publisher TEXT, tags TEXT NOT NULL, sha512 TEXT NOT NULL, summary TEXT NOT NULL,
    abbreviated TEXT NOT NULL, "full" TEXT NOT NULL, readme TEXT NOT NULL,
    UNIQUE (name, entry, version), UNIQUE (name, version)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS view_stars (
    account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS view_conflicts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, what TEXT NOT NULL, shown TEXT NOT NULL,
    seen_ms INTEGER NOT NULL, entry INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS view_conflicts_by_what ON view_conflicts (what);
  CREATE TABLE IF NOT EXISTS view_owners (
    account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE IF NOT EXISTS view_search USING fts5 (
    name, joined, keywords, description, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
  );
`

const viewForm = 7

/** The home of the registry's projection. */
export function createViewHome(db: DatabaseSync): ProjectionHome<ViewWrite> {
  return {
    version: viewForm,
    ...createMarks(db, registryProjection.name),
    reset: () => resetViews(db),
    apply: (writes) => applyViewWrites(db, writes),
  }
}

/** Makes the views' tables, empty, where there are none of this form. */
export function prepareViews(db: DatabaseSync): void {
  const form = markReader(db, registryProjection.name)()?.version.split('.')[1]
  if (form !== String(viewForm)) inTransaction(db, () => resetViews(db))
}

/** How far the views are, and by which version of their plan and form; readable before there are any. */
export function registryViewMark(db: DatabaseSync): MarkedProjection {
  const { name } = registryProjection
  return {
    name,
    version: versionOf(registryProjection, { version: viewForm }),
    mark: markReader(db, name),
  }
}

function resetViews(db: DatabaseSync): void {
  db.prepare('DELETE FROM projection WHERE name = ?').run(registryProjection.name)
  for (const table of viewTables) db.exec(`DROP TABLE IF EXISTS ${table}`)
  db.exec(viewSchema)
}
