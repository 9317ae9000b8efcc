// Changes of the registry's views, as rows: what an entry adds, what is removed, what is taken down.
import type { DatabaseSync } from 'node:sqlite'
import type { ViewWrite } from '@stele/registry'
import { reducePieces, type VersionPieces } from '@stele/releases/release'
import { number, optional, text } from './columns.ts'

/** Applies the changes of one entry, in order; the caller holds the transaction. */
export function applyViewWrites(db: DatabaseSync, writes: readonly ViewWrite[]): void {
  const statements = writeStatements(db)
  for (const write of writes) applyWrite(statements, write)
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
      `INSERT INTO view_versions
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
    conflict: db.prepare(
      `INSERT INTO view_conflicts (name, version, what, shown, seen_ms, entry)
       VALUES (:name, :version, :what, :shown, :seenMs, :entry)`,
    ),
    forgetConflicts: db.prepare('DELETE FROM view_conflicts WHERE entry = ?'),
    starEntry: db.prepare('UPDATE view_packages SET star_entry = ? WHERE name = ?'),
    grow: db.prepare('UPDATE view_packages SET full_bytes = full_bytes + :by WHERE name = :name'),
    reshape: db.prepare('UPDATE view_packages SET reshapes = reshapes + 1 WHERE name = ?'),
    has: db.prepare('SELECT 1 FROM view_versions WHERE name = ? AND version = ?'),
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
    // A deletion only hides words from the search index: they stay in its segments until those are merged.
    mergeIndex: db.prepare("INSERT INTO view_search (view_search) VALUES ('optimize')"),
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
      if (statements.has.get(row.name, row.version) !== undefined) remove(statements, row)
      statements.version.run({ ...row, tags: JSON.stringify(tags), ...textsOf(pieces) })
      statements.grow.run({ name: write.name, by: Buffer.byteLength(pieces.full) })
      return
    }
    case 'gone':
      remove(statements, write)
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
    case 'conflict': {
      const { kind: _, ...row } = write
      statements.conflict.run(row)
      return
    }
    case 'withheld_entry':
      statements.forgetConflicts.run(write.entry)
      withholdEntry(statements, write)
      return
    case 'withheld_tarball':
      withholdTarball(statements, write.sha512)
      return
    case 'revise_all':
      statements.reviseAll.run(write.rev)
      statements.mergeIndex.run()
  }
}

function textsOf(pieces: VersionPieces): Record<string, string> {
  const { sha512, summary, abbreviated, full, readme } = pieces
  return { sha512, summary, abbreviated, full, readme }
}

function withholdEntry(
  statements: WriteStatements,
  { entry, kept }: Extract<ViewWrite, { kind: 'withheld_entry' }>,
): void {
  for (const row of statements.ofEntry.all(entry)) {
    const [name, version] = [text(row, 'name'), text(row, 'version')]
    if (kept.some((one) => one.name === name && one.version === version)) continue
    remove(statements, { name, version })
    const isLatest =
      optional(statements.latestOf.get(name) ?? { latest: null }, 'latest', text) === version
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
    statements.reshape.run(name)
    reindex(statements, name)
  }
}

function remove(
  statements: WriteStatements,
  { name, version }: { readonly name: string; readonly version: string },
): void {
  statements.grow.run({ name, by: -sizeOf(statements, { name, version }) })
  statements.reshape.run(name)
  statements.gone.run(name, version)
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
