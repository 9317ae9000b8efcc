// What upstreams said, in a SQLite file of its own, and their tarballs as files: copies, that can be deleted at any time
// while no server runs.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { HeldTarball, Kept, KeptHead, Receiving, Tarballs } from '@stele/upstream'
import { bytes, number, optional, type Row, text } from './columns.ts'
import { inTransaction, openDatabase } from './database.ts'
import { makeFolder } from './folders.ts'
import type { Schema } from './migrate.ts'

/** What is kept of upstreams. */
export type UpstreamStore = {
  readonly kept: Kept
  readonly tarballs: Tarballs
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

/** The schema of the file. */
const upstreamSchema: Schema = { steps: [firstStep] }

/** Opens the file, and the folder of the tarballs. Throws `data_invalid`. */
export function openUpstreamStore(path: string, folder: string): UpstreamStore {
  const db = openDatabase(path, upstreamSchema)
  db.exec('PRAGMA synchronous = NORMAL') // What the last seconds before a power cut brought is fetched again.
  makeFolder(folder)
  return { kept: createKept(db), tarballs: createTarballs(db, folder), close: () => db.close() }
}

function createKept(db: DatabaseSync): Kept {
  const head = db.prepare(
    'SELECT upstream, checked_ms, etag, digest, modified_ms FROM packument WHERE name = ? AND form = ?',
  )
  const template = db.prepare('SELECT template FROM packument WHERE name = ? AND form = ?')
  const pins = db.prepare('SELECT pins FROM pins WHERE name = ?')
  const save = db.prepare(
    `INSERT INTO packument VALUES (:name, :form, :upstream, :checkedMs, :etag, :digest, :modifiedMs, :template)
     ON CONFLICT DO UPDATE SET upstream = :upstream, checked_ms = :checkedMs, etag = :etag, digest = :digest,
       modified_ms = :modifiedMs, template = :template`,
  )
  const touch = db.prepare(
    'UPDATE packument SET upstream = :upstream, checked_ms = :checkedMs WHERE name = :name AND form = :form AND digest IS :digest',
  )
  const savePins = db.prepare(
    'INSERT INTO pins VALUES (:name, :pins) ON CONFLICT DO UPDATE SET pins = :pins',
  )
  return {
    head: (name, form) => {
      const row = head.get(name, form)
      return row === undefined ? undefined : headOf(row)
    },
    template: (name, form) => {
      const row = template.get(name, form)
      return row === undefined ? undefined : (optional(row, 'template', bytes) ?? undefined)
    },
    pins: (name) => {
      const row = pins.get(name)
      return row === undefined ? undefined : bytes(row, 'pins')
    },
    save: (name, form, { template: packed, pins: packedPins, ...rest }) => {
      inTransaction(db, () => {
        save.run({ name, form, ...rowOf(rest), template: packed })
        savePins.run({ name, pins: packedPins })
      })
    },
    saveHead: (name, form, rest) => {
      const { digest, ...row } = rowOf(rest)
      const { upstream, checkedMs } = row
      const { changes } = touch.run({ name, form, upstream, checkedMs, digest })
      if (changes === 0) save.run({ name, form, ...row, digest, template: null })
    },
  }
}

function headOf(row: Row): KeptHead {
  return {
    upstream: text(row, 'upstream'),
    checkedMs: number(row, 'checked_ms'),
    etag: optional(row, 'etag', text) ?? undefined,
    digest: optional(row, 'digest', text) ?? undefined,
    modifiedMs: optional(row, 'modified_ms', number) ?? undefined,
  }
}

function rowOf({ upstream, checkedMs, etag, digest, modifiedMs }: KeptHead): {
  readonly upstream: string
  readonly checkedMs: number
  readonly etag: string | null
  readonly digest: string | null
  readonly modifiedMs: number | null
} {
  return {
    upstream,
    checkedMs,
    etag: etag ?? null,
    digest: digest ?? null,
    modifiedMs: modifiedMs ?? null,
  }
}

function createTarballs(db: DatabaseSync, folder: string): Tarballs {
  const find = db.prepare('SELECT sha512, size FROM tarball WHERE integrity = ?')
  const keep = db.prepare('INSERT OR REPLACE INTO tarball VALUES (:integrity, :sha512, :size)')
  const pathOf = (sha512: string): string => join(folder, sha512.slice(0, 2), sha512)
  return {
    find: (integrity) => {
      const row = find.get(integrity)
      if (row === undefined) return undefined
      const sha512 = text(row, 'sha512')
      const path = pathOf(sha512)
      return existsSync(path) ? { sha512, sizeBytes: number(row, 'size'), path } : undefined
    },
    receive: () =>
      receive(folder, async (integrity, sha512, sizeBytes, temporary) => {
        const path = pathOf(sha512)
        await mkdir(dirname(path), { recursive: true })
        await rename(temporary, path)
        keep.run({ integrity, sha512, size: sizeBytes })
        return { sha512, sizeBytes, path }
      }),
    read: async ({ path }, offset, sizeBytes) => {
      const file = await open(path, 'r')
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, offset)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
  }
}

type KeepFile = (
  integrity: string,
  sha512: string,
  sizeBytes: number,
  temporary: string,
) => Promise<HeldTarball>

async function receive(folder: string, keepFile: KeepFile): Promise<Receiving> {
  const temporary = join(folder, `${randomUUID()}.tmp`)
  const file = await open(temporary, 'wx+')
  let sizeBytes = 0
  return {
    append: async (chunk) => {
      await file.write(chunk, 0, chunk.length, sizeBytes)
      sizeBytes += chunk.length
    },
    read: async (offset, wanted) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, offset)
      return buffer.subarray(0, bytesRead)
    },
    keep: async (integrity, sha512) => {
      await file.sync() // Else a power cut may leave a file of this name that holds something else.
      await file.close()
      return keepFile(integrity, sha512, sizeBytes, temporary)
    },
    drop: async () => {
      await file.close()
      await rm(temporary, { force: true })
    },
  }
}
