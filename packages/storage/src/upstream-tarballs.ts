// Tarballs of upstreams as files, within the space that they may take: what was not used for longest goes first. They are
// copies, which can be fetched again, but for those of packages that no upstream is asked for any more: these stay.
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import type { HeldTarball, Receiving, Tarballs } from '@stele/upstream'
import { number, text } from './columns.ts'
import { emptyWriteAheadLog, inTransaction } from './database.ts'
import { syncFolder } from './durable.ts'
import { ignoreFull, tellFullLater } from './fault.ts'
import { codeOf } from './folders.ts'
import { busyRetryS, tarballGraceMs, tarballRoom, tarballsPerRemoval } from './limits.ts'
import { createSoundFiles } from './sound-files.ts'
import { createUses, type Uses } from './uses.ts'

/** Whose tarballs they are, and which of them are the only copies there are. */
export const tarballNamesStep = `
  CREATE TABLE tarball_name (
    integrity TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (integrity, name)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE tarball ADD COLUMN only_copy INTEGER NOT NULL DEFAULT 0;
`

/** The tarballs, and what is to be done before their database is closed. */
type OpenTarballs = {
  readonly tarballs: Tarballs
  /** Resolves when files that nothing names are gone. */
  readonly swept: Promise<void>
  readonly close: () => void
}

/** Where they lie, and how many bytes they may take. `now` is in ms, and never goes back. */
type TarballPlace = {
  readonly folder: string
  readonly maxBytes: number
  readonly now: () => number
  /** True for a package that no upstream is asked for any more. */
  readonly isOwn: (name: string) => boolean
  /** A file holds other bytes than were kept: it is as if it were not there. */
  readonly onDamaged: (path: string) => void
}

/** Opens the tarballs of a folder that is there. What was half fetched when the last process ended is removed. */
export function openTarballs(db: DatabaseSync, place: TarballPlace): OpenTarballs {
  const { folder, maxBytes } = place
  removeTemporaries(folder)
  const uses = createTarballUses(db, place.now)
  const files = createSoundFiles(place.onDamaged)
  const rows = createRows(db)
  const find = db.prepare('SELECT sha512, size FROM tarball WHERE integrity = ?')
  const named = db.prepare(
    'SELECT DISTINCT sha512 FROM tarball JOIN tarball_name USING (integrity) WHERE name = ?',
  )
  const pathOf = (sha512: string): string => join(folder, sha512.slice(0, 2), sha512)
  const removeFile = (sha512: string): void => rmSync(pathOf(sha512), { force: true })
  const makeRoom = createRemoval(db, place, { uses, rows, removeFile })

  const keepFile: KeepFile = async ({ integrity, sha512, sizeBytes, name }, temporary) => {
    const path = pathOf(sha512)
    await mkdir(dirname(path), { recursive: true })
    rows.keep({ integrity, sha512, sizeBytes, name }) // First: a file without a row is swept.
    uses.touch(sha512)
    await rename(temporary, path)
    files.note({ sha512, sizeBytes, path })
    await makeRoom()
    return { sha512, sizeBytes, path }
  }
  const swept = sweep(db, folder)
  swept.catch(() => undefined) // Nobody may be waiting for it.
  return {
    tarballs: {
      maxBytes,
      find: (integrity, name) => {
        const row = find.get(integrity)
        if (row === undefined) return undefined
        const sha512 = text(row, 'sha512')
        const held = { sha512, sizeBytes: number(row, 'size'), path: pathOf(sha512) }
        // Gone, or damaged by whatever else writes there: it is fetched again.
        uses.touch(sha512) // At once: it must not be removed while it is looked at.
        const give = (isSound: boolean): HeldTarball | undefined => {
          if (!isSound || !db.isOpen) return undefined
          ignoreFull(() => rows.noteName(integrity, name))
          return held
        }
        const isSound = files.isSound(held)
        return typeof isSound === 'boolean' ? give(isSound) : isSound.then(give)
      },
      makeDurable: (name) => {
        const files = named.all(name).map((row) => pathOf(text(row, 'sha512')))
        return tellFullLater(() => makeDurable(db, folder, files))
      },
      receive: (name) => tellFullLater(() => receive({ folder, name }, keepFile)),
      open: async ({ path }) => {
        const file = await open(path, 'r')
        return { read: readerOf(file), close: () => file.close() }
      },
    },
    swept,
    close: uses.close,
  }
}

/** The files were written to the disk when they were kept; their names and rows were not. */
async function makeDurable(
  db: DatabaseSync,
  folder: string,
  files: readonly string[],
): Promise<void> {
  for (const part of new Set(files.map(dirname))) {
    if (existsSync(part)) await syncFolder(part) // Somebody may have removed what was in it.
  }
  await syncFolder(folder)
  const reason = emptyWriteAheadLog(db)
  if (reason !== undefined) {
    throw new SteleError('server_busy', { reason, retryAfterS: busyRetryS })
  }
}

type KeptTarball = {
  readonly integrity: string
  readonly sha512: string
  readonly sizeBytes: number
  readonly name: string
}

/** The rows of tarballs, and how many bytes they have that may go. */
type Rows = {
  readonly totalBytes: () => number
  readonly keep: (kept: KeptTarball) => void
  /** Whose it is too: several packages may have the same bytes. Writes what was not known only. */
  readonly noteName: (integrity: string, name: string) => void
  /** In one transaction: lets go, for each, its rows, or keeps them for good where it is the only copy. */
  readonly drop: (removed: readonly string[], staying: readonly string[]) => void
}

function createRows(db: DatabaseSync): Rows {
  db.exec('UPDATE tarball SET only_copy = 0 WHERE only_copy = 1') // Upstreams may be asked again since.
  const sum = db.prepare('SELECT coalesce(sum(size), 0) AS size FROM tarball WHERE only_copy = 0')
  const before = db.prepare('SELECT size FROM tarball WHERE integrity = ? AND only_copy = 0')
  const keep = db.prepare(
    'INSERT OR REPLACE INTO tarball (integrity, sha512, size) VALUES (:integrity, :sha512, :size)',
  )
  const hasName = db.prepare('SELECT 1 FROM tarball_name WHERE integrity = ? AND name = ?')
  const keepName = db.prepare('INSERT OR IGNORE INTO tarball_name VALUES (:integrity, :name)')
  const sizeOf = db.prepare(
    'SELECT coalesce(sum(size), 0) AS size FROM tarball WHERE sha512 = ? AND only_copy = 0',
  )
  const forgetNames = db.prepare(
    'DELETE FROM tarball_name WHERE integrity IN (SELECT integrity FROM tarball WHERE sha512 = ?)',
  )
  const forget = db.prepare('DELETE FROM tarball WHERE sha512 = ?')
  const stay = db.prepare('UPDATE tarball SET only_copy = 1 WHERE sha512 = ?')
  let totalBytes = number(sum.get(), 'size')
  return {
    totalBytes: () => totalBytes,
    keep: ({ integrity, sha512, sizeBytes, name }) => {
      const old = before.get(integrity)
      inTransaction(db, () => {
        keepName.run({ integrity, name })
        keep.run({ integrity, sha512, size: sizeBytes })
      })
      totalBytes += sizeBytes - (old === undefined ? 0 : number(old, 'size'))
    },
    noteName: (integrity, name) => {
      if (hasName.get(integrity, name) === undefined) keepName.run({ integrity, name })
    },
    drop: (removed, staying) => {
      let droppedBytes = 0
      inTransaction(db, () => {
        for (const sha512 of staying) {
          droppedBytes += number(sizeOf.get(sha512), 'size')
          stay.run(sha512)
        }
        for (const sha512 of removed) {
          droppedBytes += number(sizeOf.get(sha512), 'size')
          forgetNames.run(sha512)
          forget.run(sha512)
        }
      })
      totalBytes -= droppedBytes
    },
  }
}

/** When each file was used last, by its SHA-512. */
function createTarballUses(db: DatabaseSync, now: () => number): Uses {
  const newest = db.prepare('SELECT max(used) AS used FROM tarball').get()?.['used']
  const note = db.prepare('UPDATE tarball SET used = :order WHERE sha512 = :sha512')
  return createUses(db, {
    newest: typeof newest === 'number' ? newest : 0,
    note: (sha512, order) => void note.run({ sha512, order }),
    now,
    graceMs: tarballGraceMs,
  })
}

/** What takes tarballs away. */
type Removing = {
  readonly uses: Uses
  readonly rows: Rows
  readonly removeFile: (sha512: string) => void
}

/**
 * Removes what was not used for longest, where there is too much: a little at a time, so that others are answered meanwhile.
 * Resolves when there is room, or when the rest is in use.
 */
function createRemoval(
  db: DatabaseSync,
  { maxBytes, isOwn }: TarballPlace,
  { uses, rows, removeFile }: Removing,
): () => Promise<void> {
  const oldest = db.prepare(
    'SELECT sha512, size FROM tarball WHERE only_copy = 0 ORDER BY used LIMIT ?',
  )
  const namesOf = db.prepare(
    'SELECT name FROM tarball JOIN tarball_name USING (integrity) WHERE sha512 = ?',
  )
  const isOnlyCopy = (sha512: string): boolean =>
    namesOf.all(sha512).some((named) => isOwn(text(named, 'name')))

  /** Gives false where nothing more can go now. */
  const removeSome = (): boolean => {
    uses.save()
    let leftBytes = rows.totalBytes()
    const chosen = new Set<string>() // Two integrities may have one file.
    for (const row of oldest.all(tarballsPerRemoval)) {
      const sha512 = text(row, 'sha512')
      // In the order of use: all that follow are in use too.
      if (leftBytes <= maxBytes * tarballRoom || uses.isRecent(sha512)) break
      chosen.add(sha512)
      leftBytes -= number(row, 'size')
    }
    if (chosen.size === 0) return false
    const { staying = [], removed = [] } = Object.groupBy(chosen, (sha512) =>
      isOnlyCopy(sha512) ? 'staying' : 'removed',
    )
    rows.drop(removed, staying) // First: a row without its file would count.
    for (const sha512 of removed) removeFile(sha512)
    return true
  }
  const removeAll = async (): Promise<void> => {
    let isGoingOn = true
    while (isGoingOn && db.isOpen && rows.totalBytes() > maxBytes * tarballRoom) {
      isGoingOn = false
      ignoreFull(() => {
        isGoingOn = removeSome()
      })
      await nextTurn()
    }
  }
  let removing: Promise<void> | undefined
  return async () => {
    if (rows.totalBytes() <= maxBytes) return
    removing ??= removeAll().finally(() => {
      removing = undefined
    })
    await removing
  }
}

/** What was on its way when a process was killed is in nobody's hands any more. */
function removeTemporaries(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.tmp')) rmSync(join(folder, name), { force: true })
  }
}

/** Removes files that no row names: of a database that was deleted, or that forgot its last moments in a power cut. */
async function sweep(db: DatabaseSync, folder: string): Promise<void> {
  const isNamed = db.prepare('SELECT 1 FROM tarball WHERE sha512 = ?')
  for (const part of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue
    for (const name of await namesIn(join(folder, part))) {
      if (!db.isOpen) return
      if (isNamed.get(name) === undefined) rmSync(join(folder, part, name), { force: true })
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

type KeepFile = (kept: KeptTarball, temporary: string) => Promise<HeldTarball>

async function receive(
  { folder, name }: { readonly folder: string; readonly name: string },
  keepFile: KeepFile,
): Promise<Receiving> {
  const temporary = join(folder, `${randomUUID()}.tmp`)
  const file = await open(temporary, 'wx+')
  let sizeBytes = 0
  return {
    append: (chunk) =>
      tellFullLater(async () => {
        for (let done = 0; done < chunk.length; ) {
          const { bytesWritten } = await file.write(chunk, done, chunk.length - done, sizeBytes)
          done += bytesWritten // A disk that is almost full takes a part, and says so with the next one.
          sizeBytes += bytesWritten
        }
      }),
    read: readerOf(file),
    keep: (integrity, sha512) =>
      tellFullLater(async () => {
        await file.sync() // Else a power cut may leave a file of this name that holds something else.
        await file.close()
        return keepFile({ integrity, sha512, sizeBytes, name }, temporary)
      }),
    drop: async () => {
      await file.close()
      await rm(temporary, { force: true })
    },
  }
}

function readerOf(file: Awaited<ReturnType<typeof open>>): Receiving['read'] {
  return async (offset, wanted) => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, offset)
    return buffer.subarray(0, bytesRead)
  }
}
