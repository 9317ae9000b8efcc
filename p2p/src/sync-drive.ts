// Brings a drive up to a folder: what a checkpoint stands for first, then the checkpoint, and what only older ones needed goes last.
// A drive is a list that grows: what is replaced or taken away stays in it. Its way to forget single blocks also forgets hashes that
// their neighbours are proved by, and peers could no longer read those.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseCheckpoint, SteleError } from 'stele/clone'
import { type LogFile, listLogFiles, type Notes, readNotes } from './log-files.ts'

/** What is used of a Hyperdrive that can be written. */
export type WritableDrive = {
  readonly get: (path: string, options: { readonly wait: false }) => Promise<Uint8Array | null>
  readonly entry: (path: string) => Promise<DriveEntry | null>
  readonly list: (folder: string) => AsyncIterable<DriveEntry>
  readonly put: (
    path: string,
    bytes: Uint8Array,
    options?: { readonly metadata?: object },
  ) => Promise<void>
  readonly del: (path: string) => Promise<void>
}
type DriveEntry = {
  readonly key: string
  readonly value: {
    readonly blob: { readonly byteLength: number } | null
    readonly metadata: unknown
  }
}

/** What was done. */
export type Synced = {
  readonly origin: string
  /** Entries of the log. */
  readonly size: number
  readonly written: number
  readonly removed: number
  /** Of both those that a log changes only when something in it is taken down, or was damaged: what they were stays in the drive. */
  readonly replaced: number
}

/** Brings the drive up to the folder; runs of it follow one another. Throws `share_impossible`. */
export type SyncDrive = () => Promise<Synced>

type Known = Map<string, string>

/** Keeps a drive as this folder is. The first run compares all that there is. */
export function createSync(drive: WritableDrive, folder: string): SyncDrive {
  let known: Known | undefined
  return async () => {
    const notes = readNotes(folder)
    await requireSameLog(drive, folder, notes)
    known ??= await listDrive(drive)
    const gone = new Set(known.keys())
    const done = { written: 0, replaced: 0, removed: 0 }
    for (const file of listLogFiles(folder)) {
      gone.delete(file.path)
      if (known.get(file.path) === markOf(file)) continue
      const isThere = known.has(file.path)
      known.set(file.path, markOf(file))
      if (!(await putFile(drive, folder, file))) continue
      done.written++
      if (isThere) done.replaced++
    }
    for (const [path, bytes] of notes.files) {
      if (isSame(await drive.get(path, { wait: false }), bytes)) continue
      await drive.put(path, bytes)
      done.written++
    }
    for (const path of gone) {
      await drive.del(path)
      known.delete(path)
      done.removed++
      if (path.startsWith('/-/log/blob/')) done.replaced++
    }
    const { origin, size } = notes
    return { origin, size, ...done }
  }
}

/** An address stands for one log, which never shrinks: whoever has cloned it would refuse anything else. */
async function requireSameLog(
  drive: WritableDrive,
  folder: string,
  { origin, size, files }: Notes,
): Promise<void> {
  for (const [path, bytes] of files) {
    const shared = await drive.get(path, { wait: false })
    if (shared === null) continue
    const firstLine = (text: Uint8Array): string =>
      Buffer.from(text).toString().split('\n')[0] ?? ''
    if (path.endsWith('/key') && firstLine(shared) !== firstLine(bytes)) {
      const reason = `its log has another key than the one that has this address`
      throw new SteleError('share_impossible', { source: folder, reason })
    }
    if (!path.endsWith('/checkpoint')) continue
    const { size: sharedSize } = parseCheckpoint(Buffer.from(shared).toString())
    if (sharedSize > size) {
      const reason = `its log "${origin}" has ${size} entries, and ${sharedSize} were shared already. Bring it up to date first`
      throw new SteleError('share_impossible', { source: folder, reason })
    }
  }
}

async function listDrive(drive: WritableDrive): Promise<Known> {
  const known: Known = new Map()
  for await (const { key, value } of drive.list('/')) {
    if (/^\/-\/log\/(?:key|head|checkpoint)$/.test(key)) continue
    const { metadata, blob } = value
    const isMarked = typeof metadata === 'object' && metadata !== null && 'mtimeMs' in metadata
    const mtimeMs = isMarked ? Number(metadata.mtimeMs) : -1
    known.set(key, markOf({ path: key, size: blob?.byteLength ?? -1, mtimeMs }))
  }
  return known
}

function markOf({ size, mtimeMs }: LogFile): string {
  return `${size} ${mtimeMs}`
}

/** Says whether it was written: a file that was only touched is the same. */
async function putFile(drive: WritableDrive, folder: string, { path }: LogFile): Promise<boolean> {
  const place = join(folder, path)
  const stats = statSync(place, { throwIfNoEntry: false })
  if (stats === undefined) return false // Removed meanwhile, since nothing needs it.
  const bytes = readFileSync(place)
  const before = await drive.entry(path)
  if (
    before?.value.blob?.byteLength === bytes.length &&
    isSame(await drive.get(path, { wait: false }), bytes)
  ) {
    return false
  }
  await drive.put(path, bytes, { metadata: { mtimeMs: stats.mtimeMs } })
  return true
}

function isSame(found: Uint8Array | null, wanted: Uint8Array): boolean {
  return found !== null && Buffer.compare(found, wanted) === 0
}
