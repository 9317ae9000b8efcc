// A copy of a service that any web server can serve, and anybody can verify: its log as static files, and its files as plain ones.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CarriedLog,
  type CarryOptions,
  type CarryPorts,
  carryLog,
  type VerifyPorts,
} from '@stele/audit'
import { bundleWidth } from '@stele/entries/parts'
import { isSteleError, SteleError } from '@stele/errors'
import { parseEngine } from '@stele/host'
import { knownRules } from '@stele/registry'
import type { ApplyChanges } from '@stele/storage/files'
import { lockDataFolder } from '@stele/storage/folder'
import { parseVkey } from '@stele/tlog/notes'
import { fileFault } from '../user-file.ts'
import { createFolderFetch } from '../verify/folder-fetch.ts'
import { type LayeredFetch, layerFetch } from './clone-fetch.ts'
import { type FilesWritten, writeFiles } from './clone-files.ts'
import { type CloneFolder, openCloneFolder } from './clone-folder.ts'
import { filesFolder, incompleteMark } from './source.ts'

/** What a clone is made of. */
export type CloneOptions = {
  /** As people read it. */
  readonly url: string
  /** An absolute path. */
  readonly dir: string
  readonly fetch: VerifyPorts['fetch']
  readonly progress: VerifyPorts['progress']
  /** What must be its log: its key or fingerprint, and what was seen of it at this address. */
  readonly key?: string
  readonly known?: CarryOptions['known']
  /** Changes the folder; on this disk when absent. */
  readonly openFiles?: (root: string) => ApplyChanges
}

/** What was done. */
export type CloneReport = {
  readonly url: string
  readonly dir: string
  readonly origin: string
  /** Entries in all, and how many of them the clone did not have yet. */
  readonly size: number
  readonly newEntries: number
  /** Files of the log that were written. */
  readonly logFiles: number
  readonly files: FilesWritten | null
  /** The clone was damaged, and all of it was read again. */
  readonly repaired: boolean
}

/**
 * Makes a clone, or brings one up to date. What is written first is nothing that a reader looks for; then come the files, and the
 * checkpoint last. Throws what carryLog() does, `clone_impossible`, `data_locked`, `data_invalid`.
 */
export async function cloneService(options: CloneOptions): Promise<CloneReport> {
  const { url, dir } = options
  refuseOther(url, dir)
  mkdirSync(dir, { recursive: true })
  const lock = lockDataFolder(dir)
  try {
    return await cloneInto(options, openCloneFolder(dir, options.openFiles))
  } catch (cause) {
    // The disk is full, or gone: where Node names no file, the folder says enough.
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause
    throw new SteleError('data_invalid', { path: dir, reason: fileFault(cause) }, { cause })
  } finally {
    lock.release()
  }
}

/** A folder of something else must not be filled with a clone. */
export function refuseOther(url: string, dir: string): void {
  if (!existsSync(dir)) return
  const isBegun = existsSync(join(dir, '-/log'))
  const others = readdirSync(dir).filter((name) => !ownNames.has(name))
  if (isBegun || others.length === 0) return
  const reason = `"${dir}" holds ${JSON.stringify(others[0])}, and no clone: give a folder that is empty or not there yet`
  throw new SteleError('clone_impossible', { url, reason })
}

/** A first run that was killed leaves such, the lock's journal among them. */
const ownNames: ReadonlySet<string> = new Set([
  'lock.db',
  'lock.db-journal',
  '.tmp',
  filesFolder,
  incompleteMark,
  '-',
])

async function cloneInto(options: CloneOptions, folder: CloneFolder): Promise<CloneReport> {
  const { url, dir, fetch } = options
  const here = readHere(dir)
  const known = here ?? options.known
  const follow = (layers: LayeredFetch, entries: CarryPorts['entries']): Promise<CarriedLog> =>
    carryLog(
      { fetch: layers.fetch, progress: options.progress, nowMs: Date.now, entries },
      { ...(options.key === undefined ? {} : { key: options.key }), ...(known && { known }) },
    )
  const layers = layerFetch({ remote: fetch, local: createFolderFetch(dir), folder })
  let [log, repaired] = [await followHere(follow, layers, folder), false]
  if (log === undefined) {
    // What is here is damaged. Nothing of it is written over before all that comes instead was verified.
    layers.leaveOut(() => true)
    log = await follow(layers, () => undefined)
    await follow(layers, (start, entries) => folder.putEntries(start, entries, { isOver: true }))
    repaired = true
  }
  const size = here?.size ?? 0
  const taken = layers.namedBy(log.withheld.filter(({ takedown }) => takedown >= size))
  if (taken.length > 0) {
    // What was here before may hold what the service has taken down since.
    layers.leaveOut((path) => taken.includes(path))
    log = await follow(layers, (start, entries) =>
      folder.putEntries(start, entries, { isOver: true }),
    )
  }
  refuseRegistry(url, log)
  for (const name of log.settingBlobs) await storeScript(layers, name)
  for (const [path, bytes] of log.tiles()) folder.put(path, bytes, repaired)
  folder.sync()
  const files = log.state === undefined ? null : writeFiles(folder, log.state)
  folder.publish(log, size)
  folder.remove(taken.filter((path) => isOutdated(path, log.size)))
  folder.change([{ remove: incompleteMark }, { sync: true }])
  return {
    url,
    dir,
    origin: log.origin,
    size: log.size,
    newEntries: log.size - size,
    logFiles: folder.written,
    files,
    repaired,
  }
}

/** Of what held something that was taken down: what was not written again. */
function isOutdated(path: string, size: number): boolean {
  const [, width] = /\.p\/(\d+)$/.exec(path) ?? []
  return path.includes('/blob/') || (width !== undefined && Number(width) !== size % bundleWidth)
}

/** Follows the log with what is here where there is any; undefined where that is damaged. */
async function followHere(
  follow: (layers: LayeredFetch, entries: CarryPorts['entries']) => Promise<CarriedLog>,
  layers: LayeredFetch,
  folder: CloneFolder,
): Promise<CarriedLog | undefined> {
  try {
    return await follow(layers, (start, entries) =>
      folder.putEntries(start, entries, { isOver: false }),
    )
  } catch (error) {
    const isFault = isSteleError(error, 'file_mismatch') || isSteleError(error, 'entry_mismatch')
    if (isFault && layers.hasUsedLocal()) return undefined
    throw error
  }
}

/** What was cloned before, undefined at a first time. Throws `data_invalid` where it cannot be read. */
function readHere(dir: string): (CarryOptions['known'] & object) | undefined {
  const [keyFile, noteFile] = [join(dir, '-/log/key'), join(dir, '-/log/checkpoint')]
  if (!existsSync(noteFile)) return undefined
  try {
    const { name: origin, vkey: key } = parseVkey(
      readFileSync(keyFile, 'utf8').split('\n')[0] ?? '',
    )
    const note = readFileSync(noteFile, 'utf8')
    const [named, size, root = ''] = note.split('\n')
    if (named !== origin || !/^\d{1,15}$/.test(size ?? '')) throw new Error('it is no checkpoint')
    const day = statSync(noteFile).mtime.toISOString().slice(0, 10)
    return { origin, key, size: Number(size), root, note, seen: `cloned here on ${day}`, day }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    const reason = `its key and checkpoint cannot be read: ${said}`
    throw new SteleError('data_invalid', { path: dir, reason }, { cause })
  }
}

/** A registry's tarballs are no values of its state, so that a clone of this kind would not be whole. */
function refuseRegistry(url: string, { settingBlobs }: CarriedLog): void {
  if (!settingBlobs.some((name) => knownRules().includes(name))) return
  const reason =
    'it is a registry. Clones are for services of scripts; copy the public folder of a registry instead'
  throw new SteleError('clone_impossible', { url, reason })
}

/** A script or an engine, with the parts of that. */
async function storeScript({ fetchBlob }: LayeredFetch, name: string): Promise<void> {
  const bytes = await fetchBlob(name)
  if (bytes === undefined) return // Missing: whoever runs the log says so.
  for (const part of partsOf(bytes)) await fetchBlob(part)
}

function partsOf(bytes: Uint8Array): readonly string[] {
  try {
    return Object.values(parseEngine(bytes).parts)
  } catch (error) {
    if (isSteleError(error, 'engine_invalid')) return [] // A script.
    throw error
  }
}
