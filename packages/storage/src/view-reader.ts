// Reads of the registry's views.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { PackageRow, VersionDetail, ViewReader } from '@stele/registry/reading'
import { number, optional, type Row, text } from './columns.ts'
import { createReading } from './database.ts'
import { createSearch } from './view-search.ts'

/** The views' reader over a connection. Its snapshots cover whatever else is read through the same connection. */
export function createViewReader(db: DatabaseSync): ViewReader {
  const one = db.prepare(
    `SELECT rev, created_ms, modified_ms, latest, star_entry, full_bytes
     FROM view_packages WHERE name = ?`,
  )
  const detail = db.prepare(
    `SELECT entry, time_ms, publisher, tags, summary FROM view_versions
     WHERE name = ? AND version = ?`,
  )
  // An index covers it: none of the long texts is read.
  const names = db.prepare(
    'SELECT version FROM view_versions WHERE name = ? ORDER BY entry, version',
  )
  const starred = db.prepare('SELECT name FROM view_stars WHERE account = ? ORDER BY name')
  return {
    snapshot: createReading(db),
    package: (name) => packageOf(one.get(name)),
    versions: createVersions(db),
    versionNames: (name) => names.all(name).map((row) => text(row, 'version')),
    version: (name, version) => detailOf(detail.get(name, version)),
    text: createText(db),
    starredBy: (account) => starred.all(account).map((row) => text(row, 'name')),
    conflicts: createConflicts(db),
    search: createSearch(db),
  }
}

function createVersions(db: DatabaseSync): ViewReader['versions'] {
  const select = (form: 'full' | 'abbreviated'): StatementSync =>
    db.prepare(
      `SELECT version, time_ms, publisher, "${form}" AS piece FROM view_versions
       WHERE name = ? ORDER BY entry, version`,
    )
  const statements = { full: select('full'), abbreviated: select('abbreviated') }
  return (name, form) =>
    statements[form].all(name).map((row) => ({
      version: text(row, 'version'),
      timeMs: number(row, 'time_ms'),
      publisher: optional(row, 'publisher', text),
      piece: text(row, 'piece'),
    }))
}

function createConflicts(db: DatabaseSync): ViewReader['conflicts'] {
  const count = db.prepare('SELECT count(*) AS total FROM view_conflicts')
  const page = db.prepare(
    `SELECT name, version, integrity, seen_ms, entry FROM view_conflicts
     ORDER BY id DESC LIMIT :size OFFSET :from`,
  )
  return ({ from, size }) => ({
    total: number(count.get() ?? {}, 'total'),
    found: page.all({ from, size }).map((row) => ({
      name: text(row, 'name'),
      version: text(row, 'version'),
      integrity: text(row, 'integrity'),
      seenMs: number(row, 'seen_ms'),
      entry: number(row, 'entry'),
    })),
  })
}

function createText(db: DatabaseSync): ViewReader['text'] {
  const select = (column: 'full' | 'readme'): StatementSync =>
    db.prepare(`SELECT "${column}" AS text FROM view_versions WHERE name = ? AND version = ?`)
  const statements = { full: select('full'), readme: select('readme') }
  return (name, version, which) => {
    const row = statements[which].get(name, version)
    return row === undefined ? undefined : text(row, 'text')
  }
}

function packageOf(row: Row | undefined): PackageRow | undefined {
  if (row === undefined) return undefined
  return {
    rev: text(row, 'rev'),
    createdMs: number(row, 'created_ms'),
    modifiedMs: number(row, 'modified_ms'),
    latest: optional(row, 'latest', text),
    starEntry: number(row, 'star_entry'),
    fullBytes: number(row, 'full_bytes'),
  }
}

function detailOf(row: Row | undefined): VersionDetail | undefined {
  if (row === undefined) return undefined
  const tags: unknown = JSON.parse(text(row, 'tags'))
  return {
    entry: number(row, 'entry'),
    timeMs: number(row, 'time_ms'),
    publisher: optional(row, 'publisher', text),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    summary: text(row, 'summary'),
  }
}
