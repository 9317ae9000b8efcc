// The log's home in SQLite: a group is one transaction, and the head's row is swapped only against the head it builds on.
import type { DatabaseSync } from 'node:sqlite'
import type { StateReader } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { type EntryValue, type KeptEntry, parseEffects, readPart } from '@stele/entries/parts'
import { namedWrites, type WithheldPart, withholdValues } from '@stele/entries/takedowns'
import type { LoggedEntry } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import type { CommitGroup, LogStore, StateRow, StoredHead, Watermark } from '@stele/log'
import type { Hash } from '@stele/tlog/tree'
import { type BlobReader, blobSchema, createBlobReader, createBlobWriter } from './blob-store.ts'
import { createReading, emptyWriteAheadLog, inTransaction } from './database.ts'
import {
  createMemoryReader,
  createMemoryWriter,
  memorySchema,
  undoHashSchema,
} from './memory-store.ts'
import type { Schema } from './migrate.ts'
import { projectionSchema } from './projection-marks.ts'

// Level 0 of the tree lies in the entries; `node` holds the hashes of full tiles.
const firstStep = `
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY,
  leaf BLOB NOT NULL,
  hash BLOB NOT NULL,
  body BLOB,
  effects BLOB,
  value BLOB
);
CREATE TABLE IF NOT EXISTS node (
  level INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, number)
);
CREATE TABLE IF NOT EXISTS state (
  object TEXT NOT NULL,
  field TEXT NOT NULL,
  hash BLOB NOT NULL,
  value BLOB,
  blob TEXT,
  PRIMARY KEY (object, field)
);
CREATE TABLE IF NOT EXISTS sequence (account TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  checkpoint TEXT NOT NULL,
  head TEXT NOT NULL,
  leaf BLOB NOT NULL,
  clock INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS published (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  blob INTEGER NOT NULL
);
${memorySchema}${blobSchema}${projectionSchema}`

/** The log's database. Its first step also takes in what the releases before schema versions made. */
export const logSchema: Schema = { steps: [firstStep, undoHashSchema] }

/** What anyone may read of a committed log. */
export type LogReader = Pick<LogStore, 'get' | 'list' | 'head' | 'hashes'> & {
  readonly entries: (start: number, count: number) => readonly KeptEntry[]
  /** An entry to be shown: parts of more than so many bytes are left where they are. */
  readonly shortEntry: (index: number, mostBytes: number) => ShortEntry | undefined
  /** A state row as proofs carry it: the value in line, the blob's name, or withheld. */
  readonly row: (object: string, field: string) => StoredRow | undefined
  /** The rows of the state whose value this blob holds. */
  readonly rowsOfBlob: (
    blob: string,
  ) => readonly { readonly object: string; readonly field: string }[]
  readonly blobs: BlobReader
  /** The takedowns among the entries from this one on. */
  readonly takedowns: (from: number) => readonly KeptEntry[]
}

/** An entry without its values. A part that was too long to be read is the number of its bytes. */
type ShortEntry = {
  readonly leaf: Uint8Array
  readonly body: Uint8Array | number | null
  readonly effects: Uint8Array | number | null
}

/** A row of the state. */
type StoredRow = { readonly hash: Hash; readonly value: EntryValue }

/** Reads the log in this database. */
export function createLogReader(db: DatabaseSync, blobFolder: string): LogReader {
  const head = db.prepare('SELECT * FROM head WHERE id = 1')
  const leafHashes = db.prepare(
    'SELECT hash FROM entry WHERE number >= ? AND number < ? ORDER BY number',
  )
  const nodes = db.prepare(
    'SELECT hash FROM node WHERE level = ? AND number >= ? AND number < ? ORDER BY number',
  )
  const entries = db.prepare(
    'SELECT leaf, body, effects, value FROM entry WHERE number >= ? AND number < ? ORDER BY number',
  )
  const short = db.prepare(
    `SELECT leaf, iif(length(body) > :most, length(body), body) AS body,
       iif(length(effects) > :most, length(effects), effects) AS effects
     FROM entry WHERE number = :index`,
  )
  // The second byte of a leaf is the kind of its entry.
  const ofKind = db.prepare(
    'SELECT leaf, body, effects, value FROM entry WHERE number >= ? AND substr(leaf, 2, 1) = ? ORDER BY number',
  )
  // Read for takedowns alone, so that no index serves it.
  const ofBlob = db.prepare('SELECT object, field FROM state WHERE blob = ?')
  const blobs = createBlobReader(db, blobFolder)
  return {
    takedowns: (from) => ofKind.all(from, Uint8Array.of(entryKinds.takedown)).map(readEntry),
    ...createStateReader(db, blobs),
    row: createRowReader(db),
    rowsOfBlob: (blob) =>
      ofBlob
        .all(blob)
        .map((row) => ({ object: String(row['object']), field: String(row['field']) })),
    blobs,
    head: () => {
      const row = head.get()
      return row === undefined ? undefined : readHead(row)
    },
    hashes: (tileLevel, start, count) => {
      const rows =
        tileLevel === 0
          ? leafHashes.all(start, start + count)
          : nodes.all(tileLevel, start, start + count)
      return rows.map((row) => bytesOf(row['hash']))
    },
    entries: (start, count) => entries.all(start, start + count).map(readEntry),
    shortEntry: (index, most) => {
      const row = short.get({ index, most })
      if (row === undefined) return undefined
      const part = (value: unknown): Uint8Array | number | null =>
        typeof value === 'number' ? value : partOf(value)
      return { leaf: bytesOf(row['leaf']), body: part(row['body']), effects: part(row['effects']) }
    },
  }
}

/** The log's store, as its home has it. */
export type HomeStore = LogStore &
  LogReader & {
    /** Erases what commits have withheld, but the disk may still hold. Gives why something is left, undefined once nothing is. */
    readonly eraseWithheld: () => string | undefined
  }

/** The log's store over a connection that writes. `project` runs inside each commit's transaction, after the rest of it. */
export function createLogStore(
  db: DatabaseSync,
  blobFolder: string,
  project: (entries: readonly LoggedEntry[]) => void,
): HomeStore {
  const reader = createLogReader(db, blobFolder)
  const lastSequence = db.prepare('SELECT last FROM sequence WHERE account = ?')
  const sequenceTotal = db.prepare('SELECT total(last) AS total FROM sequence')
  const blobs = createBlobWriter(db, blobFolder)
  const write = createGroupWriter(db, blobs)
  blobs.withheld().forEach(blobs.removeFile)
  return {
    ...reader,
    reading: createReading(db),
    lastSequence: (account) => Number(lastSequence.get(accountKey(account))?.['last'] ?? 0),
    sequenceTotal: () => Number(sequenceTotal.get()?.['total']),
    ...createRowScan(db, reader.blobs),
    ...createMemoryReader(db, reader.blobs),
    commit: (group) => {
      inTransaction(db, () => {
        write(group)
        project(group.logged)
      })
      for (const part of group.withhold) if ('blob' in part) blobs.removeFile(part.blob)
    },
    eraseWithheld: () => emptyWriteAheadLog(db),
  }
}

function readEntry(row: Record<string, unknown>): KeptEntry {
  return {
    leaf: bytesOf(row['leaf']),
    body: partOf(row['body']),
    effects: partOf(row['effects']),
    values: partOf(row['value']),
  }
}

/** How far the public folder is; kept beside the log, but no part of it. */
export function createWatermark(db: DatabaseSync): {
  readonly read: () => Watermark
  readonly save: (watermark: Watermark) => void
} {
  const read = db.prepare('SELECT size, blob FROM published WHERE id = 1')
  const save = db.prepare('INSERT OR REPLACE INTO published (id, size, blob) VALUES (1, ?, ?)')
  return {
    read: () => {
      const row = read.get()
      return { size: Number(row?.['size'] ?? 0), blobNumber: Number(row?.['blob'] ?? 0) }
    },
    save: ({ size, blobNumber }) => void save.run(size, blobNumber),
  }
}

function createStateReader(db: DatabaseSync, blobs: BlobReader): StateReader {
  const get = db.prepare('SELECT hash, value, blob FROM state WHERE object = ? AND field = ?')
  const list = db.prepare('SELECT field FROM state WHERE object = ? ORDER BY field')
  return {
    get: (object, field) => {
      const row = get.get(object, field)
      if (row === undefined) return undefined
      const value = storedValue(row, blobs)
      if (value !== undefined) return value
      const hash = Buffer.from(bytesOf(row['hash'])).toString('hex')
      throw new SteleError('value_withheld', { object, field, hash })
    },
    list: (object) => list.all(object).map((row) => String(row['field'])),
  }
}

function createRowReader(db: DatabaseSync): LogReader['row'] {
  const get = db.prepare('SELECT hash, value, blob FROM state WHERE object = ? AND field = ?')
  return (object, field) => {
    const row = get.get(object, field)
    if (row === undefined) return undefined
    const { hash, value, blob } = row
    if (value instanceof Uint8Array) return { hash: bytesOf(hash), value: { bytes: value } }
    if (typeof blob === 'string') return { hash: bytesOf(hash), value: { blob } }
    return { hash: bytesOf(hash), value: { withheld: true } }
  }
}

/** All rows of the state, for a start. Rows as arrays, without their values, take half the time. */
function createRowScan(
  db: DatabaseSync,
  blobs: BlobReader,
): Pick<LogStore, 'stateHashes' | 'rowCount' | 'rowsAfter'> {
  const hashes = db.prepare('SELECT object, field, hash FROM state ORDER BY object, field')
  hashes.setReturnArrays(true)
  const count = db.prepare('SELECT count(*) AS rows FROM state')
  const after = db.prepare(
    `SELECT object, field, hash, value, blob FROM state WHERE (object, field) > (?, ?)
     ORDER BY object, field LIMIT ?`,
  )
  return {
    *stateHashes() {
      for (const row of hashes.iterate()) {
        const [object, field, hash]: unknown[] = Array.isArray(row) ? row : []
        yield [String(object), String(field), bytesOf(hash)]
      }
    },
    rowCount: () => Number(count.get()?.['rows']),
    // No object is empty, so that an empty one comes before all.
    rowsAfter: (key, limit) =>
      after.all(key?.object ?? '', key?.field ?? '', limit).map((row) => ({
        object: String(row['object']),
        field: String(row['field']),
        hash: bytesOf(row['hash']),
        read: () => storedValue(row, blobs),
      })),
  }
}

/** The value of a row, undefined where it is withheld. */
function storedValue(row: Record<string, unknown>, blobs: BlobReader): Uint8Array | undefined {
  const { value, blob } = row
  if (value instanceof Uint8Array) return value
  return typeof blob === 'string' ? blobs.read(blob) : undefined
}

function createGroupWriter(
  db: DatabaseSync,
  blobs: ReturnType<typeof createBlobWriter>,
): (group: CommitGroup) => void {
  const entry = db.prepare('INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)')
  const node = db.prepare('INSERT INTO node VALUES (?, ?, ?)')
  const sequence = db.prepare(
    `INSERT INTO sequence (account, last) VALUES (?, ?)
     ON CONFLICT (account) DO UPDATE SET last = excluded.last`,
  )
  const writeRow = createRowWriter(db)
  const swap = createHeadSwap(db)
  const withhold = createWithholder(db)
  const memory = createMemoryWriter(db)
  return (group) => {
    swap(group)
    for (const staged of group.entries) {
      const { index, leaf, leafHash, body, effects, values } = staged
      entry.run(index, leaf, leafHash, body, effects, values)
    }
    for (const { tileLevel, index, hash } of group.hashes) {
      if (tileLevel > 0) node.run(tileLevel, index, hash)
    }
    if (group.keepsUndo) group.rows.forEach(memory.remember)
    group.rows.forEach(writeRow)
    if (group.snapshot !== undefined) memory.save(group.head.size, group.snapshot)
    for (const [account, last] of group.sequences) sequence.run(accountKey(account), last)
    group.blobs.forEach(blobs.keep)
    for (const part of group.withhold) if ('blob' in part) blobs.withhold(part.blob)
    // Values first: the effects say which rows of the state hold them.
    const parts = group.withhold.filter((part) => 'entry' in part)
    for (const part of parts) if (part.part === 'values') withhold(part)
    for (const part of parts) if (part.part !== 'values') withhold(part)
  }
}

function createRowWriter(db: DatabaseSync): (row: StateRow) => void {
  // Not REPLACE, which would give the row another place, and write its index again.
  const put = db.prepare(
    `INSERT INTO state (object, field, hash, value, blob) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (object, field) DO UPDATE
     SET hash = excluded.hash, value = excluded.value, blob = excluded.blob`,
  )
  const remove = db.prepare('DELETE FROM state WHERE object = ? AND field = ?')
  return ({ object, field, value }) => {
    if (value === null) remove.run(object, field)
    else if ('blob' in value) put.run(object, field, value.hash, null, value.blob)
    else put.run(object, field, value.hash, value.bytes, null)
  }
}

/** The compare-and-swap: never a smaller tree, never another root of the same size, never past another writer. */
function createHeadSwap(db: DatabaseSync): (group: CommitGroup) => void {
  const insert = db.prepare('INSERT INTO head VALUES (1, ?, ?, ?, ?, ?, ?)')
  const update = db.prepare(
    `UPDATE head SET size = ?, root = ?, checkpoint = ?, head = ?, leaf = ?, clock = ?
     WHERE id = 1 AND size = ? AND root = ?`,
  )
  return ({ previous, head }) => {
    const { size, root, checkpoint, head: text, leaf, clockS } = head
    if (previous === undefined) {
      insert.run(size, root, checkpoint, text, leaf, clockS)
      return
    }
    const forks = size === previous.size && Buffer.compare(root, previous.root) !== 0
    if (size < previous.size || forks) throw new Error('A commit must extend the log')
    const row = [size, root, checkpoint, text, leaf, clockS, previous.size, previous.root] as const
    if (update.run(...row).changes !== 1)
      throw new Error('The head is not the one that was extended')
  }
}

/** Removes a part of an entry; values that are named also from the rows of the state that the entry was the last to write. */
function createWithholder(
  db: DatabaseSync,
): (part: Extract<WithheldPart, { readonly entry: number }>) => void {
  const columns = {
    body: db.prepare('UPDATE entry SET body = NULL WHERE number = ?'),
    effects: db.prepare('UPDATE entry SET effects = NULL WHERE number = ?'),
  }
  const entryOf = db.prepare('SELECT effects, value FROM entry WHERE number = ?')
  const setValues = db.prepare('UPDATE entry SET value = ? WHERE number = ?')
  const empty = db.prepare(
    'UPDATE state SET value = NULL, blob = NULL WHERE object = ? AND field = ? AND hash = ?',
  )
  return (part) => {
    if (part.part !== 'values') {
      columns[part.part].run(part.entry)
      return
    }
    const row = entryOf.get(part.entry)
    const [effects, record] = [row?.['effects'], row?.['value']].map((one) => partOf(one ?? null))
    setValues.run(withholdValues(part, record ?? null), part.entry)
    if (effects === undefined || effects === null) return
    const { writes } = parseEffects(readPart(effects))
    for (const { object, field, valueHash } of namedWrites(part, writes)) {
      empty.run(object, field, Buffer.from(valueHash, 'hex'))
    }
  }
}

function readHead(row: Record<string, unknown>): StoredHead {
  return {
    size: Number(row['size']),
    root: bytesOf(row['root']),
    checkpoint: String(row['checkpoint']),
    head: String(row['head']),
    leaf: bytesOf(row['leaf']),
    clockS: Number(row['clock']),
  }
}

/** Anonymous callers are one account, whose key no name can be. */
function accountKey(account: string | null): string {
  return JSON.stringify(account)
}

function partOf(value: unknown): Uint8Array | null {
  return value === null ? null : bytesOf(value)
}

function bytesOf(value: unknown): Hash {
  if (!(value instanceof Uint8Array)) throw new Error('The database holds no bytes where it should')
  return value
}
