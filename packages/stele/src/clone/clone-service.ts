// A copy of a service that any web server can serve, and anybody can verify: its log as static files, and its files as plain ones.
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CarriedLog,
  type CarryOptions,
  type CarryPorts,
  carryLog,
  type VerifyPorts,
} from '@stele/audit'
import { bundleWidth } from '@stele/entries/parts'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import { knownRules } from '@stele/registry'
import { type ApplyChanges, createPublicFiles } from '@stele/storage/files'
import { lockDataFolder } from '@stele/storage/folder'
import { parseVkey } from '@stele/tlog/notes'
import { parseCheckpoint } from '../sources/checkpoint.ts'
import { createFolderFetch } from '../sources/folder-fetch.ts'
import { incompleteMark } from '../sources/source.ts'
import { fileFault } from '../user-file.ts'
import { type CloneFolder, openCloneFolder, requireCloneFolder } from './clone-folder.ts'
import { type Contradiction, keepContradictions } from './contradiction.ts'
import { partNames } from './engine-parts.ts'
import { type LayeredFetch, layerFetch } from './layered-fetch.ts'
import { type FilesWritten, writeFiles } from './write-files.ts'

/** What a clone is made of. */
export type CloneOptions = {
  /** As people read it. */
  readonly url: string
  /** An absolute path. */
  readonly dir: string
  readonly fetch: VerifyPorts['fetch']
  readonly progress: VerifyPorts['progress']
  /** What must be its log: the line or the fingerprint of its key, and what was seen of it at this address. */
  readonly logKey?: string
  readonly known?: CarryOptions['known']
  /** Is given what proves that it is not the history that is known, before that is thrown. */
  readonly contradicted?: ((found: Contradiction) => void) | undefined
  /** What the run before kept: it must be of the checkpoint that is in the folder. */
  readonly from?: CarryOptions['from']
}

/** Opens the folder that a clone is written to. */
export type OpenFiles = (root: string) => ApplyChanges

/** What was done about the log. */
export type CopyReport<Contents> = {
  readonly url: string
  readonly dir: string
  readonly origin: string
  /** Entries in all, and how many of them the clone did not have yet. */
  readonly size: number
  readonly newEntries: number
  /** Files of the log that were written. */
  readonly logFiles: number
  /** The copy was damaged, and all of it was read again. */
  readonly repaired: boolean
  readonly contents: Contents
}

/** What was done. */
export type CloneReport = Omit<CopyReport<unknown>, 'contents'> & {
  readonly files: FilesWritten | null
}

/** What is written when the log is there, and before its checkpoint is. */
export type Copied = {
  readonly layers: LayeredFetch
  readonly folder: CloneFolder
  readonly log: CarriedLog
}

/** What a copy holds beside the log: the files of a service, the tarballs of a registry. */
export type CopiedContents<Contents> = {
  /** Throws where the log is of another kind. */
  readonly check: (url: string, log: CarriedLog) => void
  readonly write: (copied: Copied) => Promise<Contents> | Contents
}

/**
 * Makes a clone, or brings one up to date. What no reader looks for yet is written first, then the files, and
 * the checkpoint last. Throws what carryLog() does, `clone_impossible`, `data_locked`, and `data_invalid` also for a folder of something else.
 */
export function cloneService(options: CloneOptions): Promise<CloneReport> {
  return cloneThrough(createPublicFiles, options)
}

/** The same over another disk. */
export async function cloneThrough(
  openFiles: OpenFiles,
  options: CloneOptions,
): Promise<CloneReport> {
  const { contents, ...report } = await copyThrough(openFiles, options, filesOfService)
  return { ...report, files: contents }
}

const filesOfService: CopiedContents<FilesWritten | null> = {
  check: refuseRegistry,
  write: ({ folder, log }) => (log.state === undefined ? null : writeFiles(folder, log.state)),
}

/** A copy of a log with what belongs to it, over any disk. Throws what cloneService() does, and what `contents` do. */
export async function copyThrough<Contents>(
  openFiles: OpenFiles,
  options: CloneOptions,
  contents: CopiedContents<Contents>,
): Promise<CopyReport<Contents>> {
  const { dir } = options
  requireCloneFolder(dir)
  mkdirSync(dir, { recursive: true })
  const lock = lockDataFolder(dir)
  try {
    const here = readHere(dir)
    const known = here ?? options.known
    return await keepContradictions({ ...options, known }, (fetch) =>
      copyInto({ ...options, fetch, known }, openCloneFolder(dir, openFiles), {
        contents,
        size: here?.size ?? 0,
      }),
    )
  } catch (cause) {
    throw diskFault(dir, cause)
  } finally {
    lock.release()
  }
}

/** The disk is full, or gone: where Node names no file, the folder says enough. Other errors are left as they are. */
export function diskFault(dir: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause
  return new SteleError('data_invalid', { path: dir, reason: fileFault(cause) }, { cause })
}

async function copyInto<Contents>(
  options: CloneOptions & { readonly known: CarryOptions['known'] },
  folder: CloneFolder,
  {
    contents,
    size,
  }: {
    readonly contents: CopiedContents<Contents>
    /** Entries that are here. */
    readonly size: number
  },
): Promise<CopyReport<Contents>> {
  const { url, dir, fetch, known } = options
  const follow: Follow = (layers, entries, from) =>
    carryLog(
      { fetch: layers.fetch, progress: options.progress, nowMs: Date.now, entries },
      {
        ...(options.logKey === undefined ? {} : { key: options.logKey }),
        ...(known && { known }),
        from,
      },
    )
  const layers = layerFetch({ remote: fetch, local: createFolderFetch(dir), folder })
  let [log, repaired] = [await followHere(follow, layers, { folder, from: options.from }), false]
  if (log === undefined) {
    // What is here is damaged. Nothing of it is written over before all that comes instead was verified.
    layers.leaveOut(() => true)
    log = await follow(layers, () => undefined)
    await follow(layers, (start, entries) => folder.putEntries(start, entries, { isOver: true }))
    repaired = true
  }
  const taken = layers.namedBy(log.withheld.filter(({ takedown }) => takedown >= size))
  if (taken.length > 0) {
    // What was here before may hold what the service has taken down since.
    layers.leaveOut((path) => taken.includes(path))
    log = await follow(layers, (start, entries) =>
      folder.putEntries(start, entries, { isOver: true }),
    )
  }
  contents.check(url, log)
  for (const name of log.settingBlobs) await storeScript(layers, name)
  for (const [path, bytes] of log.tiles()) folder.put(path, bytes, repaired)
  folder.sync()
  const written = await contents.write({ layers, folder, log })
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
    repaired,
    contents: written,
  }
}

/** Of what held something that was taken down: what was not written again. */
function isOutdated(path: string, size: number): boolean {
  const [, width] = /\.p\/(\d+)$/.exec(path) ?? []
  return path.includes('/blob/') || (width !== undefined && Number(width) !== size % bundleWidth)
}

type Follow = (
  layers: LayeredFetch,
  entries: CarryPorts['entries'],
  from?: CarryOptions['from'],
) => Promise<CarriedLog>

/** Follows the log with what is here where there is any; undefined where that is damaged, or was of another history. */
async function followHere(
  follow: Follow,
  layers: LayeredFetch,
  { folder, from }: { readonly folder: CloneFolder; readonly from: CarryOptions['from'] },
): Promise<CarriedLog | undefined> {
  const put: CarryPorts['entries'] = (start, entries) =>
    folder.putEntries(start, entries, { isOver: false })
  try {
    return await follow(layers, put, from)
  } catch (error) {
    const isFault = isSteleError(error, 'file_mismatch') || isSteleError(error, 'entry_mismatch')
    if (isFault && (layers.hasUsedLocal() || from !== undefined)) return undefined
    throw error
  }
}

/** What was copied before, undefined at a first time. Throws `data_invalid` where it cannot be read. */
export function readHere(dir: string): (CarryOptions['known'] & object) | undefined {
  const [keyFile, noteFile] = [join(dir, '-/log/key'), join(dir, '-/log/checkpoint')]
  if (!existsSync(noteFile)) return undefined
  try {
    const [line = ''] = readFileSync(keyFile, 'utf8').split('\n')
    const { name, vkey: key } = parseVkey(line)
    const note = readFileSync(noteFile, 'utf8')
    const { origin, size, root: hash } = parseCheckpoint(note)
    if (origin !== name) throw new Error(`the key is of "${name}", the checkpoint of "${origin}"`)
    const root = Buffer.from(hash).toString('base64')
    const day = statSync(noteFile).mtime.toISOString().slice(0, 10)
    return { origin, key, size, root, note, seen: `cloned here on ${day}`, day }
  } catch (cause) {
    const reason = `its key and checkpoint cannot be read: ${reasonOf(cause)}`
    throw new SteleError('data_invalid', { path: dir, reason }, { cause })
  }
}

/** A registry's tarballs are no values of its state, so that a clone of this kind would not be whole. */
function refuseRegistry(url: string, { settingBlobs }: CarriedLog): void {
  if (!settingBlobs.some((name) => knownRules().includes(name))) return
  const reason =
    'it is a registry. Clones are for services of scripts; "stele mirror" copies a registry'
  throw new SteleError('clone_impossible', { url, reason })
}

/** A script or an engine, with the parts of that. */
async function storeScript({ fetchBlob }: LayeredFetch, name: string): Promise<void> {
  const bytes = await fetchBlob(name)
  if (bytes === undefined) return // Missing: whoever runs the log says so.
  for (const part of partNames(bytes)) await fetchBlob(part)
}
