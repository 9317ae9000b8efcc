// What a script with a memory needs to come back: its last snapshot, and the rows as they were when it was made.
import type { DatabaseSync } from 'node:sqlite'
import type { LogStore, StateRow } from '@stele/log'
import type { BlobReader } from './blob-store.ts'

/** SQL of the two tables, as the first step of the schema makes them. */
export const memorySchema = `
CREATE TABLE IF NOT EXISTS undo (
  object TEXT NOT NULL,
  field TEXT NOT NULL,
  value BLOB,
  blob TEXT,
  PRIMARY KEY (object, field)
);
CREATE TABLE IF NOT EXISTS memory (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  snapshot BLOB NOT NULL
);
`

/** A row that was there has its hash, whether its value can be read or not. */
export const undoHashSchema = 'ALTER TABLE undo ADD COLUMN hash BLOB'

/** The last snapshot of the script's memory, and what rows were when it was made. */
export function createMemoryReader(
  db: DatabaseSync,
  blobs: BlobReader,
): Pick<LogStore, 'memory' | 'undo'> {
  const memory = db.prepare('SELECT size, snapshot FROM memory WHERE id = 1')
  const undo = db.prepare('SELECT object, field, value, blob, hash FROM undo')
  return {
    memory: () => {
      const row = memory.get()
      if (row === undefined) return undefined
      return { size: Number(row['size']), snapshot: blobOf(row['snapshot']) }
    },
    *undo() {
      for (const row of undo.iterate()) {
        const [object, field] = [String(row['object']), String(row['field'])]
        const { value, blob, hash } = row
        const long = typeof blob === 'string' ? blobs.read(blob) : undefined
        const bytes = value instanceof Uint8Array ? value : (long ?? null)
        if (bytes === null && hash instanceof Uint8Array) yield { object, field, withheld: hash }
        else yield { object, field, value: bytes }
      }
    },
  }
}

/** Statements that a commit uses to remember rows and to keep a snapshot. */
export function createMemoryWriter(db: DatabaseSync): {
  readonly remember: (row: StateRow) => void
  readonly save: (size: number, snapshot: Uint8Array) => void
} {
  const copy = db.prepare(
    `INSERT OR IGNORE INTO undo (object, field, value, blob, hash)
     SELECT object, field, value, blob, hash FROM state WHERE object = ? AND field = ?`,
  )
  const absent = db.prepare('INSERT OR IGNORE INTO undo (object, field) VALUES (?, ?)')
  const save = db.prepare('INSERT OR REPLACE INTO memory VALUES (1, ?, ?)')
  const clear = db.prepare('DELETE FROM undo')
  return {
    remember: ({ object, field }) => {
      copy.run(object, field)
      absent.run(object, field) // Does nothing where the row was copied, now or before.
    },
    save: (size, snapshot) => {
      save.run(size, snapshot)
      clear.run()
    },
  }
}

function blobOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('The snapshot in the database is not a blob')
  return value
}
