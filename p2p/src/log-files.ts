// The files of a log in a folder: the ones that a web server would serve of it.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSteleError, parseCheckpoint, SteleError } from 'stele/clone'
import { maxNoteBytes } from './limits.ts'

/** A file, and what tells that it has changed. */
export type LogFile = { readonly path: string; readonly size: number; readonly mtimeMs: number }

/** What a reader begins with, and what names the log: written last, in this order. */
export type Notes = {
  readonly origin: string
  readonly size: number
  readonly files: readonly (readonly [path: string, bytes: Buffer])[]
}

const root = '/-/log'
/** What tells whether there is something new. */
export const checkpointFile = '-/log/checkpoint'
const noteNames = ['key', 'head', 'checkpoint'] as const
const notePaths: readonly string[] = noteNames.map((name) => `${root}/${name}`)
/** Paths that a log's form makes. What else lies in the folder is nobody's business. */
const logPath = /^(?:\/[a-z0-9-][a-z0-9.-]*)+$/

/** All files of the log but its notes. Links are not followed. */
export function* listLogFiles(folder: string): Iterable<LogFile> {
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const one of readdirSync(join(folder, path), { withFileTypes: true })) {
      const below = `${path}/${one.name}`
      if (!logPath.test(below) || notePaths.includes(below)) continue
      if (one.isDirectory()) waiting.push(below)
      const stats = one.isFile()
        ? lstatSync(join(folder, below), { throwIfNoEntry: false })
        : undefined
      if (stats !== undefined) yield { path: below, size: stats.size, mtimeMs: stats.mtimeMs }
    }
  }
}

/** Changes whenever another checkpoint is put there. */
export function markCheckpoint(folder: string): string {
  const stats = lstatSync(join(folder, checkpointFile), { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`
}

/** The notes as they are now: read before the files, so that all that they stand for is among those. Throws `share_impossible`. */
export function readNotes(folder: string): Notes {
  const files = noteNames.toReversed().map((name) => readNote(folder, name))
  const checkpoint = files.find(([path]) => path.endsWith('checkpoint'))?.[1].toString() ?? ''
  return { ...readCheckpoint(folder, checkpoint), files: files.toReversed() }
}

function readNote(folder: string, name: string): readonly [path: string, bytes: Buffer] {
  const path = `${root}/${name}`
  const stats = lstatSync(join(folder, path), { throwIfNoEntry: false })
  if (stats?.isFile() === true && stats.size <= maxNoteBytes) {
    return [path, readFileSync(join(folder, path))]
  }
  const reason = `it holds no log, since "${path.slice(1)}" is not there`
  throw new SteleError('share_impossible', { source: folder, reason })
}

function readCheckpoint(folder: string, note: string): Pick<Notes, 'origin' | 'size'> {
  try {
    const { origin, size } = parseCheckpoint(note)
    return { origin, size }
  } catch (cause) {
    if (!isSteleError(cause)) throw cause
    const reason = 'its checkpoint is not in the expected form'
    throw new SteleError('share_impossible', { source: folder, reason }, { cause })
  }
}
