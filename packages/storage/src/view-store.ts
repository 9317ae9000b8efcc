// The registry's views in SQLite: ready pieces of packuments, and the search index. They can be made anew from the log.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { registryProjection, type ViewWrite } from '@stele/registry'
import type { PackageRow, SearchPage, VersionDetail, ViewReader } from '@stele/registry/reading'
import { reducePieces, type VersionPieces } from '@stele/releases/release'
import { type MarkedProjection, type ProjectionHome, versionOf } from '@stele/replica'
import { createReading, inTransaction } from './database.ts'
import { createMarks, markReader } from './projection-marks.ts'

const viewTables = ['view_packages', 'view_versions', 'view_owners', 'view_stars', 'view_search']

/** The tables of the views. Raise `viewForm` when they change: the views are then made again from the log. */
export const viewSchema = `
  CREATE TABLE IF NOT EXISTS view_packages (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rev TEXT NOT NULL,
    created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, latest TEXT,
    star_entry INTEGER NOT NULL DEFAULT -1, full_bytes INTEGER NOT NULL DEFAULT 0
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
  CREATE TABLE IF NOT EXISTS view_owners (
    account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE IF NOT EXISTS view_search USING fts5 (
    name, joined, keywords, description, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
  );
`

const viewForm = 3

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

/** Applies the changes of one entry, in order; the caller holds the transaction. */
export function applyViewWrites(db: DatabaseSync, writes: readonly ViewWrite[]): void {
  const statements = writeStatements(db)
  for (const write of writes) applyWrite(statements, write)
}

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
    search: createSearch(db),
  }
}

type WriteStatements = ReturnType<typeof prepareWrites>

const prepared = new WeakMap<DatabaseSync, WriteStatements>()

function writeStatements(db: DatabaseSync): WriteStatements {
  const statements = prepared.get(db) ?? prepareWrites(db)
  prepared.set(db, statements)
  return statements
}

function prepareWrites(db: DatabaseSync) {
  return {
    touch: db.prepare(
      `INSERT INTO view_packages (name, rev, created_ms, modified_ms) VALUES (:name, :rev, :timeMs, :timeMs)
       ON CONFLICT (name) DO UPDATE SET rev = excluded.rev, modified_ms = excluded.modified_ms`,
    ),
    version: db.prepare(
      `INSERT OR REPLACE INTO view_versions
       (name, entry, version, time_ms, publisher, tags, sha512, summary, abbreviated, "full", readme) VALUES
       (:name, :entry, :version, :timeMs, :publisher, :tags, :sha512, :summary, :abbreviated, :full, :readme)`,
    ),
    gone: db.prepare('DELETE FROM view_versions WHERE name = ? AND version = ?'),
    latest: db.prepare('UPDATE view_packages SET latest = ? WHERE name = ?'),
    indexed: db.prepare(
      `SELECT p.id, v.summary FROM view_packages p
       LEFT JOIN view_versions v ON v.name = p.name AND v.version = p.latest WHERE p.name = ?`,
    ),
    shown: db.prepare('SELECT keywords, description FROM view_search WHERE rowid = ?'),
    unindex: db.prepare('DELETE FROM view_search WHERE rowid = ?'),
    index: db.prepare(
      `INSERT INTO view_search (rowid, name, joined, keywords, description)
       VALUES (:id, :name, :joined, :keywords, :description)`,
    ),
    star: db.prepare('INSERT OR IGNORE INTO view_stars (account, name) VALUES (?, ?)'),
    unstar: db.prepare('DELETE FROM view_stars WHERE account = ? AND name = ?'),
    own: db.prepare('INSERT OR IGNORE INTO view_owners (account, name) VALUES (?, ?)'),
    disown: db.prepare('DELETE FROM view_owners WHERE account = ? AND name = ?'),
    starEntry: db.prepare('UPDATE view_packages SET star_entry = ? WHERE name = ?'),
    grow: db.prepare('UPDATE view_packages SET full_bytes = full_bytes + :by WHERE name = :name'),
    fullBytes: db.prepare(
      'SELECT octet_length("full") AS size FROM view_versions WHERE name = ? AND version = ?',
    ),
    ofEntry: db.prepare('SELECT name, version FROM view_versions WHERE entry = ?'),
    ofTarball: db.prepare('SELECT name, version, "full" FROM view_versions WHERE sha512 = ?'),
    latestOf: db.prepare('SELECT latest FROM view_packages WHERE name = ?'),
    newest: db.prepare(
      'SELECT version FROM view_versions WHERE name = ? ORDER BY entry DESC, version DESC LIMIT 1',
    ),
    reduce: db.prepare(
      `UPDATE view_versions SET sha512 = :sha512, summary = :summary, abbreviated = :abbreviated,
       "full" = :full, readme = :readme WHERE name = :name AND version = :version`,
    ),
    reviseAll: db.prepare('UPDATE view_packages SET rev = ?'),
  }
}

function applyWrite(statements: WriteStatements, write: ViewWrite): void {
  switch (write.kind) {
    case 'touch': {
      const { name, rev, timeMs } = write
      statements.touch.run({ name, rev, timeMs })
      return
    }
    case 'version': {
      const { kind: _, pieces, tags, ...row } = write
      statements.version.run({ ...row, tags: JSON.stringify(tags), ...textsOf(pieces) })
      statements.grow.run({ name: write.name, by: Buffer.byteLength(pieces.full) })
      return
    }
    case 'gone':
      statements.grow.run({ name: write.name, by: -sizeOf(statements, write) })
      statements.gone.run(write.name, write.version)
      return
    case 'latest':
      statements.latest.run(write.version, write.name)
      reindex(statements, write.name)
      return
    case 'owner':
      ;(write.isOwner ? statements.own : statements.disown).run(write.account, write.name)
      return
    case 'star':
      ;(write.starred ? statements.star : statements.unstar).run(write.account, write.name)
      statements.starEntry.run(write.entry, write.name)
      return
    case 'withheld_entry':
      withholdEntry(statements, write.entry)
      return
    case 'withheld_tarball':
      withholdTarball(statements, write.sha512)
      return
    case 'revise_all':
      statements.reviseAll.run(write.rev)
  }
}

function textsOf(pieces: VersionPieces): Record<string, string> {
  const { sha512, summary, abbreviated, full, readme } = pieces
  return { sha512, summary, abbreviated, full, readme }
}

function withholdEntry(statements: WriteStatements, entry: number): void {
  for (const row of statements.ofEntry.all(entry)) {
    const [name, version] = [text(row, 'name'), text(row, 'version')]
    statements.grow.run({ name, by: -sizeOf(statements, { name, version }) })
    statements.gone.run(name, version)
    const isLatest =
      optional(statements.latestOf.get(name) ?? { latest: null }, 'latest') === version
    if (!isLatest) continue
    const newest = statements.newest.get(name)
    statements.latest.run(newest === undefined ? null : text(newest, 'version'), name)
    reindex(statements, name)
  }
}

function withholdTarball(statements: WriteStatements, sha512: string): void {
  for (const row of statements.ofTarball.all(sha512)) {
    const [name, version] = [text(row, 'name'), text(row, 'version')]
    const pieces = reducePieces(text(row, 'full'), sha512)
    const by = Buffer.byteLength(pieces.full) - sizeOf(statements, { name, version })
    statements.reduce.run({ name, version, ...textsOf(pieces) })
    statements.grow.run({ name, by })
    reindex(statements, name)
  }
}

/** Bytes of a version's full form, 0 where it is not there. */
function sizeOf(
  { fullBytes }: WriteStatements,
  { name, version }: { readonly name: string; readonly version: string },
): number {
  const row = fullBytes.get(name, version)
  return row === undefined ? 0 : number(row, 'size')
}

/** Makes a package's row of the search index what its latest version shows; as a rule that is what the one before showed. */
function reindex(statements: WriteStatements, name: string): void {
  const row = statements.indexed.get(name)
  if (row === undefined) throw new Error(`The views have no package "${name}" to index`)
  const id = number(row, 'id')
  const before = statements.shown.get(id)
  const summary = row['summary']
  const now = typeof summary === 'string' ? shownOf(summary) : undefined // Else every version was removed.
  if (before !== undefined) {
    if (before['keywords'] === now?.keywords && before['description'] === now?.description) return
    statements.unindex.run(id)
  }
  if (now === undefined) return
  const { keywords, description } = now
  const joined = name.slice(name.indexOf('/') + 1).replace(/[^\p{L}\p{N}]/gu, '')
  statements.index.run({ id, name, joined, keywords, description })
}

function shownOf(summary: string): { readonly keywords: string; readonly description: string } {
  const shown: unknown = JSON.parse(summary) // Written by the registry, not by strangers.
  const members = typeof shown === 'object' && shown !== null ? shown : {}
  const { keywords = [], description = '' } = members as {
    keywords?: unknown
    description?: unknown
  }
  const words: readonly unknown[] = Array.isArray(keywords) ? keywords : [keywords]
  return {
    keywords: words.filter((word) => typeof word === 'string').join(' '),
    description: typeof description === 'string' ? description : '',
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
      publisher: optional(row, 'publisher'),
      piece: text(row, 'piece'),
    }))
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

// An exact name comes first; then by relevance, a word of the name counting most; then by name, so that pages join.
const best = '(p.name = :exact) DESC, bm25(view_search, 10.0, 8.0, 4.0, 1.0), p.name'
const inScope = `(:scope = '' OR substr(p.name, 1, length(:scope)) = :scope)`
const owned = 'JOIN view_owners o ON o.name = p.name AND o.account = :maintainer'

function matching(join: string): string {
  return `FROM view_search JOIN view_packages p ON p.id = view_search.rowid ${join}
    WHERE view_search MATCH :match AND ${inScope}`
}

function all(join: string): string {
  return `FROM view_packages p ${join} WHERE p.latest IS NOT NULL AND ${inScope}`
}

type Searching = { readonly total: StatementSync; readonly page: StatementSync }

function createSearch(db: DatabaseSync): ViewReader['search'] {
  const found = 'SELECT p.name, p.latest'
  const count = 'SELECT count(*) AS total'
  const page = 'LIMIT :size OFFSET :from'
  const matched = (join: string): Searching => ({
    total: db.prepare(`${count} ${matching(join)}`),
    page: db.prepare(`${found} ${matching(join)} ORDER BY ${best} ${page}`),
  })
  const every = (join: string): Searching => ({
    total: db.prepare(`${count} ${all(join)}`),
    page: db.prepare(`${found} ${all(join)} ORDER BY (p.name = :exact) DESC, p.name ${page}`),
  })
  const anyones = { matched: matched(''), every: every('') }
  const ones = { matched: matched(owned), every: every(owned) }
  return (asked) => {
    const { exact, from, size } = asked
    const match = matchOf(asked)
    const { maintainer } = asked
    const among = maintainer === undefined ? anyones : ones
    const statements = match === '' ? among.every : among.matched
    const scope = asked.scope === undefined ? '' : `${asked.scope}/`
    const wanted = {
      scope,
      ...(match === '' ? {} : { match }),
      ...(maintainer === undefined ? {} : { maintainer }),
    }
    return {
      total: number(statements.total.get(wanted), 'total'),
      found: statements.page
        .all({ ...wanted, exact, from, size })
        .map((row) => ({ name: text(row, 'name'), version: text(row, 'latest') })),
    }
  }
}

/** The query in the index's own language: every word as a quoted prefix, so that nothing in it is an operator. */
function matchOf({ words, keywords }: SearchPage): string {
  const anywhere = words.map((word) => `"${word}" *`)
  const among = keywords.map((word) => `keywords : "${word}" *`)
  return [...anywhere, ...among].join(' AND ')
}

type Row = Readonly<Record<string, SQLOutputValue>>

function packageOf(row: Row | undefined): PackageRow | undefined {
  if (row === undefined) return undefined
  return {
    rev: text(row, 'rev'),
    createdMs: number(row, 'created_ms'),
    modifiedMs: number(row, 'modified_ms'),
    latest: optional(row, 'latest'),
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
    publisher: optional(row, 'publisher'),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    summary: text(row, 'summary'),
  }
}

function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new Error(`The views' column ${column} does not hold text`)
}

function optional(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

function number(row: Row | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value === 'number') return value
  throw new Error(`The views' column ${column} does not hold a number`)
}
