// The files of a public folder, changed step by step: what a thread of its own does, since each step waits for the disk.
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, linkSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { isMissing, makeFolderSync, putFileSync, syncFolderSync } from './durable.ts'
import { bytesPerRead } from './limits.ts'

/** One change. What comes before a `sync` is durable after it, and a file's bytes are durable before its name appears. */
export type FolderChange =
  | { readonly put: string; readonly bytes: Uint8Array }
  /** A copy of the file at this path, which stays as it is. */
  | { readonly copy: string; readonly from: string }
  /** Another name of the file at this path; a copy where the disk has no such thing. What had the name is replaced. */
  | { readonly link: string; readonly from: string }
  | { readonly remove: string }
  /** A folder, for as long as nothing lies in it. */
  | { readonly folder: string }
  | { readonly sync: true }

/** Makes the changes in their order. Throws what the file system says; those after it are not made. */
export type ApplyChanges = (changes: readonly FolderChange[]) => void

/** Changes of the folder at this path. Paths in a change are relative to it. `syncFolder` makes durable what is in a folder. */
export function createPublicFiles(
  root: string,
  syncFolder: (path: string) => void = syncFolderSync,
): ApplyChanges {
  const unsynced = new Set<string>()
  const folders = createFolders(root, unsynced)
  // Unfinished files lie apart from what is served: what a kill left of them goes with the next start.
  const temporaryFolder = join(root, '.tmp')
  rmSync(temporaryFolder, { recursive: true, force: true })
  const put = (place: string, pieces: () => Iterable<Uint8Array>): void => {
    folders.make(temporaryFolder)
    folders.make(dirname(place))
    putFileSync(place, pieces(), { temporary: join(temporaryFolder, randomUUID()) })
    unsynced.add(dirname(place))
  }
  /** Once more where somebody has taken away a folder that was there. */
  const putAgain = (place: string, pieces: () => Iterable<Uint8Array>): void => {
    try {
      put(place, pieces)
    } catch (error) {
      if (!isMissing(error)) throw error
      folders.forget(root)
      put(place, pieces)
    }
  }
  const link = (place: string, from: string): void => {
    folders.make(temporaryFolder)
    const temporary = join(temporaryFolder, randomUUID())
    try {
      linkSync(from, temporary)
    } catch (error) {
      if (isMissing(error)) throw error
      putAgain(place, () => piecesOf(from))
      return
    }
    folders.make(dirname(place))
    renameSync(temporary, place)
    rmSync(temporary, { force: true }) // Two names of one file: then renaming does nothing.
    unsynced.add(dirname(place))
  }
  const remove = (place: string): void => {
    unsynced.add(dirname(place))
    folders.forget(place)
    rmSync(place, { recursive: true, force: true })
  }
  const sync = (): void => {
    for (const folder of unsynced) syncFolder(folder)
    unsynced.clear()
  }
  return (changes) => {
    for (const change of changes) {
      if ('put' in change) putAgain(join(root, change.put), () => [change.bytes])
      else if ('copy' in change) putAgain(join(root, change.copy), () => piecesOf(change.from))
      else if ('link' in change) link(join(root, change.link), change.from)
      else if ('remove' in change) remove(join(root, change.remove))
      else if ('folder' in change) folders.make(join(root, change.folder))
      else sync()
    }
  }
}

/** The bytes of a file, all in the same memory: each piece is to be used before the next is taken. */
function* piecesOf(path: string): Iterable<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    const piece = Buffer.allocUnsafe(bytesPerRead)
    for (let size = readSync(file, piece); size > 0; size = readSync(file, piece)) {
      yield piece.subarray(0, size)
    }
  } finally {
    closeSync(file)
  }
}

/**
 * Makes folders, each once: nearly every file goes into one that is there. Also one that is there may have been made a
 * moment ago by somebody who could not make it durable.
 */
function createFolders(root: string, unsynced: Set<string>) {
  const made = new Set<string>()
  const make = (path: string): void => {
    if (made.has(path)) return
    const isMade = existsSync(path)
    if (!isMade || path.length > root.length) make(dirname(path))
    if (!isMade) makeFolderSync(path)
    if (!isMade || path.length >= root.length) unsynced.add(dirname(path))
    made.add(path)
  }
  return {
    make,
    /** The folder and those within may be gone. */
    forget: (path: string): void => {
      for (const one of made) if (one === path || one.startsWith(`${path}${sep}`)) made.delete(one)
    },
  }
}
