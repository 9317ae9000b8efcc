// What verifications keep: a checkpoint for each log, and for each place where one was read (with the configuration, never thrown
// away), and the replay of what was read there (a cache).
import { createHash, hash } from 'node:crypto'
import { closeSync, existsSync, readSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readSnapshot, writeSnapshot } from '@stele/audit'
import type { Continuation, KeptLog, KeptRun } from '@stele/audit/report'
import { makeFoldersSync, putFileSync } from '@stele/storage/files'
import { formatKept, oddFile, openRegular, readKept } from './kept-file.ts'

/** The folders: `config` is to be kept, `cache` can be made again. */
export type KeptFolders = { readonly config: string; readonly cache: string }

/** Is told of a file that is not what a verification keeps: it is passed over. */
export type Warn = (warning: string) => void

/**
 * What was kept of a log, undefined where nothing was. The replay is of what `place` served: one that is missing, was changed, or
 * is of what another place served is left out.
 */
export function loadKept(
  folders: KeptFolders,
  { origin, place }: { readonly origin: string; readonly place: string },
  warn: Warn,
): KeptRun | undefined {
  const path = logFile(folders, origin)
  const kept = readKept(path, warn)
  if (kept === undefined) return undefined
  const { snapshot: _seal, ...log } = kept
  if (log.origin !== origin) {
    warn(oddFile(path))
    return undefined
  }
  const continuation = openReplay(folders, log, place)
  const tree = openReplay(folders, log, log.place)
  return {
    log,
    ...(continuation === undefined ? {} : { continuation }),
    ...(tree === undefined ? {} : { tree: () => tree()?.hashes }),
  }
}

/** The replay of the log at a place, where one was kept. */
function openReplay(
  folders: KeptFolders,
  { origin, key }: KeptLog,
  place: string,
): (() => Continuation | undefined) | undefined {
  const cached = snapshotFile(folders, place)
  const there = readKept(placeFile(folders, place), () => undefined)
  if (there === undefined || there.origin !== origin || there.key !== key) return undefined
  const { snapshot } = there
  if (snapshot === null || !existsSync(cached)) return undefined
  return () => loadSnapshot(cached, snapshot, there)
}

/** The log that was verified at a place before, undefined where none was. */
export function loadKnown(folders: KeptFolders, place: string, warn: Warn): KeptLog | undefined {
  const kept = readKept(placeFile(folders, place), warn)
  if (kept === undefined) return undefined
  const { snapshot: _seal, ...log } = kept
  return log
}

/** Forgets logs, and what was read at a place. What was saved as evidence stays. */
export function forgetKept(
  folders: KeptFolders,
  { origins, place }: { readonly origins: readonly string[]; readonly place: string },
): void {
  for (const origin of origins) rmSync(logFile(folders, origin), { force: true })
  rmSync(snapshotFile(folders, place), { force: true })
  rmSync(placeFile(folders, place), { force: true })
}

/** Keeps a verification: first the replay, then the checkpoints that name its seal, each at once or not at all. */
export function saveKept(folders: KeptFolders, { log, continuation }: KeptRun): void {
  const kept = continuation?.()
  const cached = snapshotFile(folders, log.place)
  const seal = kept === undefined ? null : saveSnapshot(cached, kept)
  writeWhole(placeFile(folders, log.place), formatKept(log, seal))
  writeWhole(logFile(folders, log.origin), formatKept(log, null))
}

/** Saves two histories that contradict each other. Gives the folder. */
export function saveFork(
  { config }: KeptFolders,
  notes: {
    readonly origin: string
    readonly seen: string
    readonly found: string
    /** What else was found, by its name. */
    readonly beside?: { readonly [name: string]: string }
  },
): string {
  const name = hash('sha256', notes.seen + notes.found).slice(0, 16)
  const folder = join(config, 'forks', `${idOf(notes.origin)}-${name}`)
  writeWhole(join(folder, 'seen.note'), notes.seen)
  writeWhole(join(folder, 'found.note'), notes.found)
  for (const [name, text] of Object.entries(notes.beside ?? {}))
    writeWhole(join(folder, `found.${name}`), text)
  return folder
}

/** Saves a report as evidence. Gives its file. */
export function saveEvidence({ config }: KeptFolders, origin: string, report: unknown): string {
  const text = `${JSON.stringify(report, undefined, 2)}\n`
  const path = join(config, 'evidence', `${idOf(origin)}-${hash('sha256', text).slice(0, 16)}.json`)
  writeWhole(path, text)
  return path
}

/** Writes a file so that it is there whole or not at all. */
export function writeWhole(path: string, text: string): void {
  replaceFile(path, [Buffer.from(text)])
}

function replaceFile(path: string, pieces: Iterable<Uint8Array>): void {
  makeFoldersSync(dirname(path))
  putFileSync(path, pieces)
}

function saveSnapshot(path: string, kept: Continuation): string {
  const digest = createHash('sha256')
  const hashed = function* (): Iterable<Uint8Array> {
    for (const piece of writeSnapshot(kept)) {
      digest.update(piece)
      yield piece
    }
  }
  replaceFile(path, hashed())
  return digest.digest('hex')
}

/** The replay in a file that its seal holds for; a cache that does not is as good as none. */
function loadSnapshot(path: string, seal: string, log: KeptLog): Continuation | undefined {
  const digest = createHash('sha256')
  const file = openRegular(path)
  if (file === undefined || file === 'odd') return undefined
  try {
    const kept = readSnapshot((target) => {
      for (let at = 0; at < target.length; ) {
        const count = readSync(file, target, at, target.length - at, null)
        if (count === 0) throw new RangeError('The file is cut')
        at += count
      }
      digest.update(target)
    })
    const isWhole = digest.digest('hex') === seal && kept?.hashes.count(0) === log.size
    return isWhole ? kept : undefined
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError) {
      rmSync(path, { force: true })
      return undefined
    }
    throw error
  } finally {
    closeSync(file)
  }
}

function logFile({ config }: KeptFolders, origin: string): string {
  return join(config, 'logs', `${idOf(origin)}.json`)
}

function placeFile({ config }: KeptFolders, place: string): string {
  return join(config, 'addresses', `${idOf(place)}.json`)
}

function snapshotFile({ cache }: KeptFolders, place: string): string {
  return join(cache, 'audit', `${idOf(place)}.snapshot`)
}

/** An origin or a place as a file's name: it may hold slashes, and be anything. */
function idOf(origin: string): string {
  return hash('sha256', origin).slice(0, 32)
}
