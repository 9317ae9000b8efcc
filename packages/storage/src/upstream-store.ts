// What upstreams said, in a SQLite file of its own: copies, that can be deleted at any time while no server runs.
import type { DatabaseSync } from 'node:sqlite'
import type { Kept, KeptHead, Tarballs } from '@stele/upstream'
import { bytes, number, optional, text } from './columns.ts'
import { inTransaction, openDatabase } from './database.ts'
import { tellFull } from './fault.ts'
import { makeFolder } from './folders.ts'
import {
  maxMissingKept,
  missingPerRemoval,
  packumentGraceMs,
  packumentShare,
  packumentsPerRemoval,
} from './limits.ts'
import type { Schema } from './migrate.ts'
import { createPackumentHeads, type PackumentHeads } from './packument-heads.ts'
import { openTarballs, tarballNamesStep } from './upstream-tarballs.ts'
import { createUses, type Uses } from './uses.ts'

/** What is kept of upstreams. */
export type UpstreamStore = {
  readonly kept: Kept
  readonly tarballs: Tarballs
  /** Resolves when what earlier processes left unfinished is gone. */
  readonly swept: Promise<void>
  readonly close: () => void
}

const firstStep = `
  CREATE TABLE packument (
    name TEXT NOT NULL, form TEXT NOT NULL, upstream TEXT NOT NULL, checked_ms INTEGER NOT NULL,
    etag TEXT, digest TEXT, modified_ms INTEGER, template BLOB,
    PRIMARY KEY (name, form)
  ) STRICT;
  CREATE TABLE pins (name TEXT PRIMARY KEY, pins BLOB NOT NULL) STRICT;
  CREATE TABLE tarball (
    integrity TEXT PRIMARY KEY, sha512 TEXT NOT NULL, size INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** When tarballs were used last, and what is needed to let some of them go. */
const secondStep = `
  ALTER TABLE tarball ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX tarball_used ON tarball (used);
  CREATE INDEX tarball_sha512 ON tarball (sha512);
  CREATE INDEX packument_missing ON packument (checked_ms) WHERE digest IS NULL;
`

/** What the log said when a packument was made. */
const basisStep = 'ALTER TABLE packument ADD COLUMN basis TEXT'

/** How much each takes, and which was asked for last, without a look at what they hold. */
const sizeStep = `
  ALTER TABLE packument ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
  UPDATE packument SET size = length(template) WHERE template IS NOT NULL;
  CREATE INDEX packument_checked ON packument (checked_ms, size);
`

/** Which packuments were used last: those of an upstream that is down are not checked, and used all the same. */
const usedStep = `
  ALTER TABLE packument ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
  DROP INDEX packument_checked;
  CREATE INDEX packument_used ON packument (used, size);
`

/** Which pins are nowhere else: of those that are there, nobody knows until they are kept again. */
const onlyPinsStep = 'ALTER TABLE pins ADD COLUMN only_copy INTEGER NOT NULL DEFAULT 1'

/** The schema of the file. */
const upstreamSchema: Schema = {
  steps: [firstStep, secondStep, tarballNamesStep, basisStep, sizeStep, usedStep, onlyPinsStep],
}

/** Where what upstreams said is kept, and how many bytes their tarballs may take; their packuments may take an eighth as much. */
export type UpstreamPlace = {
  readonly path: string
  readonly folder: string
  readonly maxBytes: number
  /** In ms; it never goes back. */
  readonly now?: () => number
  /** True for a package that no upstream is asked for any more: its tarballs are the only copies, and stay. */
  readonly isOwn: (name: string) => boolean
  /** A tarball's file holds other bytes than were kept. */
  readonly onDamaged?: (path: string) => void
}

/** Opens the file, and the folder of the tarballs. Throws `data_invalid`. */
export function openUpstreamStore({
  path,
  folder,
  maxBytes,
  now = () => performance.now(),
  isOwn,
  onDamaged = () => undefined,
}: UpstreamPlace): UpstreamStore {
  const db = openDatabase(path, upstreamSchema)
  db.exec('DELETE FROM packument WHERE digest IS NOT NULL AND template IS NULL') // It would be nowhere for ever.
  db.exec('PRAGMA synchronous = NORMAL') // What the last seconds before a power cut brought is fetched again; where it cannot be, makeDurable() comes first.
  makeFolder(folder)
  const { tarballs, swept, close } = openTarballs(db, {
    folder,
    maxBytes,
    now,
    isOwn,
    onDamaged,
  })
  const uses = createPackumentUses(db, now)
  const heads = createPackumentHeads(db)
  return {
    kept: createKept(db, { maxBytes: maxBytes / packumentShare, uses, heads }),
    tarballs,
    swept,
    close: () => {
      close()
      uses.close()
      heads.close()
      db.close()
    },
  }
}

/** What is known of packuments beside their texts. */
type Packuments = { readonly uses: Uses; readonly heads: PackumentHeads }

/** Which of them somebody looked at, and when. */
function createPackumentUses(db: DatabaseSync, now: () => number): Uses {
  const newest = db.prepare('SELECT max(used) AS used FROM packument').get()?.['used']
  const note = db.prepare(
    'UPDATE packument SET used = :order WHERE name = :name AND form = :form AND digest IS NOT NULL',
  )
  return createUses(db, {
    newest: typeof newest === 'number' ? newest : 0,
    note: (key, order) => {
      const [form = '', name = ''] = key.split(' ')
      note.run({ form, name, order })
    },
    now,
    graceMs: packumentGraceMs,
  })
}

/** Pins of packages without a packument that their upstreams can show again as they were. The others are as few as what upstreams changed. */
const removablePins =
  'DELETE FROM pins WHERE only_copy = 0 AND NOT EXISTS (SELECT 1 FROM packument WHERE packument.name = pins.name)'

function createKept(
  db: DatabaseSync,
  { maxBytes, uses, heads }: Packuments & { readonly maxBytes: number },
): Kept {
  const template = db.prepare('SELECT template FROM packument WHERE name = ? AND form = ?')
  const pins = db.prepare('SELECT pins FROM pins WHERE name = ?')
  const save = db.prepare(
    `INSERT INTO packument VALUES (:name, :form, :upstream, :checkedMs, :etag, :digest, :modifiedMs, :template, :basis, :size, :used)
     ON CONFLICT DO UPDATE SET upstream = :upstream, checked_ms = :checkedMs, etag = :etag, digest = :digest,
       modified_ms = :modifiedMs, template = :template, basis = :basis, size = :size, used = :used`,
  )
  const touchMissing = db.prepare(
    'UPDATE packument SET upstream = ?, checked_ms = ? WHERE name = ? AND form = ? AND digest IS NULL',
  )
  const savePins = db.prepare(
    `INSERT INTO pins VALUES (:name, :pins, :isOnlyCopy)
     ON CONFLICT DO UPDATE SET pins = :pins, only_copy = :isOnlyCopy`,
  )
  const dropPins = db.prepare('DELETE FROM pins WHERE name = ?')
  const forgetMissing = createForgetting(db)
  const space = createSpace(db, maxBytes, { uses, heads })
  db.exec(removablePins) // Of what upstreams removed.
  const exists = db.prepare('DELETE FROM packument WHERE name = ? AND form <> ? AND digest IS NULL')
  return {
    head: (name, form) => {
      const found = heads.find(name, form)
      if (found?.digest !== undefined) uses.touch(`${form} ${name}`)
      return found
    },
    template: (name, form) => {
      const row = template.get(name, form)
      return row === undefined ? undefined : (optional(row, 'template', bytes) ?? undefined)
    },
    pins: (name) => {
      const row = pins.get(name)
      return row === undefined ? undefined : bytes(row, 'pins')
    },
    save: (name, form, { template: packed, pins: packedPins, isOnlyCopy, ...rest }) => {
      const write = (): void => {
        const size = packed.length + (packedPins?.length ?? 0) // The pins count for each form.
        const used = uses.touch(`${form} ${name}`)
        space.take(name, form, size)
        save.run({ name, form, ...rowOf(rest), template: packed, size, used })
        if (packedPins === undefined) dropPins.run(name)
        else savePins.run({ name, pins: packedPins, isOnlyCopy: isOnlyCopy ? 1 : 0 })
        exists.run(name, form) // Else the other form would be nowhere for a while.
        space.removeOldest()
      }
      heads.forget(name, form)
      space.change(() => inTransaction(db, write))
    },
    saveHead: (name, form, rest) => {
      // Without its template it would be nowhere.
      if (heads.check([name, form], rest) || rest.digest !== undefined) return
      const write = (): void => {
        if (touchMissing.run(rest.upstream, rest.checkedMs, name, form).changes !== 0) return
        space.take(name, form, 0)
        forgetMissing()
        save.run({ name, form, ...rowOf(rest), template: null, size: 0, used: 0 })
      }
      heads.forget(name, form)
      space.change(write)
    },
  }
}

/** Before one more name is kept that is nowhere: the oldest of many are forgotten, and those of earlier processes at once. */
function createForgetting(db: DatabaseSync): () => void {
  db.exec('DELETE FROM packument WHERE digest IS NULL')
  const forget = db.prepare(
    `DELETE FROM packument WHERE (name, form) IN
       (SELECT name, form FROM packument WHERE digest IS NULL ORDER BY checked_ms LIMIT ?)`,
  )
  let count = 0 // At least as many as there are.
  return () => {
    count += 1
    if (count > maxMissingKept) count -= Number(forget.run(missingPerRemoval).changes)
  }
}

/** The space that packuments take. */
type Space = {
  /** A packument is about to take so many bytes, in the place of what it took before. */
  readonly take: (name: string, form: string, sizeBytes: number) => void
  /** Removes those that were not used for longest, where there is too much: some at a time, since each has to be found and freed. */
  readonly removeOldest: () => void
  /** Makes such a change; where it fails, all of them are counted anew. Throws `disk_full`. */
  readonly change: (write: () => void) => void
}

function createSpace(db: DatabaseSync, maxBytes: number, { uses, heads }: Packuments): Space {
  const sum = db.prepare('SELECT coalesce(sum(size), 0) AS size FROM packument')
  const oldest = db.prepare(
    'SELECT name, form, size FROM packument WHERE size > 0 ORDER BY used LIMIT ?',
  )
  const remove = db.prepare('DELETE FROM packument WHERE name = ? AND form = ?')
  const removePins = db.prepare(`${removablePins} AND name = ?`)
  const sizeOf = db.prepare('SELECT size FROM packument WHERE name = ? AND form = ?')
  let total = 0
  const count = (): void => {
    total = number(sum.get(), 'size')
  }
  count()
  return {
    change: (write) => {
      try {
        tellFull(write)
      } catch (error) {
        count()
        throw error
      }
    },
    take: (name, form, sizeBytes) => {
      const before = sizeOf.get(name, form)
      total += sizeBytes - (before === undefined ? 0 : number(before, 'size'))
    },
    removeOldest: () => {
      if (total <= maxBytes) return
      uses.write()
      for (const row of oldest.all(packumentsPerRemoval)) {
        const [name, form] = [text(row, 'name'), text(row, 'form')]
        if (total <= maxBytes || uses.isRecent(`${form} ${name}`)) return // The later ones are recent too.
        remove.run(name, form)
        heads.forget(name, form)
        removePins.run(name)
        total -= number(row, 'size')
      }
    },
  }
}

function rowOf({ upstream, checkedMs, etag, digest, modifiedMs, basis }: KeptHead): {
  readonly upstream: string
  readonly checkedMs: number
  readonly etag: string | null
  readonly digest: string | null
  readonly modifiedMs: number | null
  readonly basis: string | null
} {
  return {
    upstream,
    checkedMs,
    etag: etag ?? null,
    digest: digest ?? null,
    modifiedMs: modifiedMs ?? null,
    basis: basis ?? null,
  }
}
