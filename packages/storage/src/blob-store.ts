// Blobs by the hex of their SHA-512: small ones in the database's rows, large ones as files beside it.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { CallBlob } from '@stele/entries/calls'
import { blobPath, logFolder } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { isMissing, writeDurably } from './durable.ts'
import { reasonOf } from './folders.ts'
import { blobsPerStep, maxInlineBlobBytes } from './limits.ts'

/** SQL of the blob table: `bytes` is NULL for a blob that lies in a file; both NULL once it is withheld. */
export const blobSchema = `
CREATE TABLE IF NOT EXISTS blob (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  size INTEGER,
  bytes BLOB
);
CREATE INDEX IF NOT EXISTS blob_withheld ON blob (name) WHERE size IS NULL;`

/** Where a blob's bytes are. */
type StoredBlob = Uint8Array | { readonly path: string; readonly size: number }

/** Reads blobs. */
export type BlobReader = {
  /** The bytes of a small blob, the file of a large one, undefined where there is none. */
  readonly find: (name: string) => StoredBlob | undefined
  /** The file of a large one, if it is there. */
  readonly file: (name: string) => string | undefined
  /** The bytes, of small and large ones. Throws `data_invalid` where the file of a large one cannot be read. */
  readonly read: (name: string) => Uint8Array | undefined
  /** The bytes of a large one that keepLargeBlobs() has kept, committed or not. */
  readonly readStored: (name: string) => Uint8Array | undefined
  /** Some of the blobs stored after this number, oldest first. */
  readonly after: (blobNumber: number) => readonly { blobNumber: number; name: string }[]
}

/** A reader of the blobs of this database, whose large ones lie in `folder`. */
export function createBlobReader(db: DatabaseSync, folder: string): BlobReader {
  const find = db.prepare('SELECT size, bytes FROM blob WHERE name = ?')
  const after = db.prepare('SELECT number, name FROM blob WHERE number > ? ORDER BY number LIMIT ?')
  const findBlob = (name: string): StoredBlob | undefined => {
    const row = find.get(name)
    if (row === undefined || row['size'] === null) return undefined
    const bytes = row['bytes']
    if (bytes instanceof Uint8Array) return bytes
    return { path: blobFile(folder, name), size: Number(row['size']) }
  }
  return {
    find: findBlob,
    file: (name) => {
      const blob = findBlob(name)
      const path = blob === undefined || blob instanceof Uint8Array ? undefined : blob.path
      return path !== undefined && existsSync(path) ? path : undefined
    },
    read: (name) => {
      const blob = findBlob(name)
      return blob === undefined || blob instanceof Uint8Array ? blob : readBlobFile(blob.path, name)
    },
    readStored: (name) => {
      const path = blobFile(folder, name)
      return existsSync(path) ? readFileSync(path) : undefined
    },
    after: (blobNumber) =>
      after
        .all(blobNumber, blobsPerStep)
        .map((row) => ({ blobNumber: Number(row['number']), name: String(row['name']) })),
  }
}

/** The path is told without the data folder's: also whoever is no operator may read it. */
function readBlobFile(path: string, name: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const fault = isMissing(cause) ? 'the file is missing' : reasonOf(cause)
    const reason = `${fault}. The log has this blob: put the file there again, from a backup, or from a mirror, where it is "${logFolder}${blobPath(name)}"`
    const parts = ['blobs', name.slice(0, 2), name]
    throw new SteleError('data_invalid', { path: parts.join('/'), reason }, { cause })
  }
}

/** Keeps large blobs in files at once, and gives what remains to be kept with the call. */
export async function keepLargeBlobs(
  folder: string,
  blobs: readonly CallBlob[],
): Promise<readonly CallBlob[]> {
  return Promise.all(
    blobs.map(async (blob) => {
      if (!('bytes' in blob) || !needsFile(blob)) return blob
      // Also where such a file is there: nobody knows whether it is durable yet, nor what is in it.
      await writeDurably(blobFile(folder, blob.name), blob.bytes)
      return { name: blob.name, storedBytes: blob.bytes.length }
    }),
  )
}

/** True for a blob that lies in a file of its own. */
export function needsFile(blob: CallBlob): boolean {
  return !('bytes' in blob) || blob.bytes.length > maxInlineBlobBytes
}

/** Statements that a commit uses to keep and to withhold blobs. */
export function createBlobWriter(
  db: DatabaseSync,
  folder: string,
): {
  readonly keep: (blob: CallBlob) => void
  readonly withhold: (name: string) => void
  /** Removes the file of a blob that is withheld. Not before the commit: what fails must leave things as they were. */
  readonly removeFile: (name: string) => void
  /** The withheld blobs, of which a crash may have left the files. */
  readonly withheld: () => readonly string[]
} {
  const insert = db.prepare(
    'INSERT INTO blob (name, size, bytes) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
  )
  const withhold = db.prepare('UPDATE blob SET size = NULL, bytes = NULL WHERE name = ?')
  const withheld = db.prepare('SELECT name FROM blob WHERE size IS NULL')
  return {
    keep: (blob) => {
      if ('bytes' in blob) insert.run(blob.name, blob.bytes.length, blob.bytes)
      else insert.run(blob.name, blob.storedBytes, null)
    },
    withhold: (name) => void withhold.run(name),
    removeFile: (name) => rmSync(blobFile(folder, name), { force: true }),
    withheld: () => withheld.all().map((row) => String(row['name'])),
  }
}

/** Where a large blob lies. */
export function blobFile(folder: string, name: string): string {
  return join(folder, name.slice(0, 2), name)
}
