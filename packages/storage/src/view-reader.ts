// Reads of the registry's views.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ChangedPart, PackageRow, VersionDetail, ViewReader } from '@stele/registry/reading'
import type { Form } from '@stele/releases/release'
import { bytes, number, optional, type Row, text } from './columns.ts'
import { createReading } from './database.ts'
import { createSearch } from './view-search.ts'

/** The views' reader over a connection. Its snapshots cover whatever else is read through the same connection. */
export function createViewReader(db: DatabaseSync): ViewReader {
  const one = db.prepare(
    `SELECT rev, created_ms, modified_ms, latest, star_entry, full_bytes, reshapes
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
    joined: createJoined(db),
    versionNames: (name) => names.all(name).map((row) => text(row, 'version')),
    version: (name, version) => detailOf(detail.get(name, version)),
    text: createText(db),
    starredBy: (account) => starred.all(account).map((row) => text(row, 'name')),
    conflicts: createConflicts(db),
    search: createSearch(db),
  }
}

/** Put together by SQLite itself: a row of each version costs five times as much, most of it for objects that are let go of at once. */
function createJoined(db: DatabaseSync): ViewReader['joined'] {
  // A subquery keeps its order below group_concat(): the one case for which SQLite promises it.
  const select = (form: Form, { tail, join }: { tail: string; join: string }): StatementSync =>
    db.prepare(
      `SELECT CAST(group_concat(member, ',') AS BLOB) AS versions, group_concat(time, ',') AS times,
         max(entry) AS last_entry FROM (
         SELECT '"' || version || '":' || :open || "${form}" || ${tail} ||
             coalesce(CASE WHEN publisher IS NOT NULL THEN :before || json_quote(publisher) || :after END, '') || :close AS member,
           '"' || version || '":"' || strftime('%Y-%m-%dT%H:%M:%S', time_ms / 1000, 'unixepoch') ||
             printf('.%03dZ"', time_ms % 1000) AS time, entry
         FROM view_versions ${join} WHERE name = :name AND entry > :later ORDER BY entry, version)`,
    )
  const plain = { tail: `''`, join: '' }
  const tailed = {
    tail: `coalesce(tail.value, '')`,
    join: 'LEFT JOIN json_each(:tails) AS tail ON tail.key = version',
  }
  const statements = {
    full: { plain: select('full', plain), tailed: select('full', tailed) },
    abbreviated: { plain: select('abbreviated', plain), tailed: select('abbreviated', tailed) },
  }
  return (name, form, { open, tails, publisher = [null, null], close, after: later = -1 }) => {
    const [before, after] = publisher
    const asked = { name, open, before, after, close, later }
    const row =
      tails.size === 0
        ? statements[form].plain.get(asked)
        : statements[form].tailed.get({
            ...asked,
            tails: JSON.stringify(Object.fromEntries(tails)),
          })
    return {
      versions: (row && optional(row, 'versions', bytes)) ?? new Uint8Array(),
      times: (row && optional(row, 'times', text)) ?? '',
      lastEntry: (row && optional(row, 'last_entry', number)) ?? undefined,
    }
  }
}

function createConflicts(db: DatabaseSync): ViewReader['conflicts'] {
  const count = db.prepare('SELECT count(*) AS total FROM view_conflicts WHERE what = ?')
  const countOf = (what: ChangedPart): number => number(count.get(what) ?? {}, 'total')
  const page = db.prepare(
    `SELECT name, version, what, shown, seen_ms, entry FROM view_conflicts
     WHERE :what IS NULL OR what = :what ORDER BY id DESC LIMIT :size OFFSET :from`,
  )
  return ({ from, size, what = null }) => ({
    counts: { tarball: countOf('tarball'), record: countOf('record') },
    found: page.all({ from, size, what }).map((row) => ({
      name: text(row, 'name'),
      version: text(row, 'version'),
      what: text(row, 'what') === 'record' ? 'record' : 'tarball',
      shown: text(row, 'shown'),
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
    reshapes: number(row, 'reshapes'),
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
