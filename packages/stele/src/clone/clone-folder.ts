// The folder of a clone: the static files of a log, written so that whoever reads a checkpoint there finds what it stands for.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CarriedLog } from '@stele/audit'
import { bundleWidth, formatRecordBundle, type KeptEntry } from '@stele/entries/parts'
import { bundleKinds, bundlePath, logFolder } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { type ApplyChanges, createPublicFiles, type FolderChange } from '@stele/storage/files'
import { bundlesOf, formatEntryBundle, tilePath, tilesOf } from '@stele/tlog/tiles'
import { filesFolder, incompleteMark } from '../sources/source.ts'

/** Changes of a clone. Paths are below `/-/log/` where nothing else is said. */
export type CloneFolder = {
  readonly root: string
  /** Files of the log that were written. */
  readonly written: number
  /** Whether there is a file at this address, such as `/-/log/key`. */
  readonly has: (address: string) => boolean
  /** The partial pieces of a full one that are here. */
  readonly partialsOf: (full: string) => readonly string[]
  /** Writes a file; one that is there stays unless it `isOver`. */
  readonly put: (path: string, bytes: Uint8Array, isOver: boolean) => void
  /** Writes the bundles of entries from `start` on, a multiple of 256. */
  readonly putEntries: (
    start: number,
    entries: readonly KeptEntry[],
    options: { readonly isOver: boolean },
  ) => void
  readonly remove: (addresses: readonly string[]) => void
  /** Changes in the folder itself, by paths below it. */
  readonly change: (changes: readonly FolderChange[]) => void
  /** What was written is durable after it. */
  readonly sync: () => void
  /** Puts the checkpoint there, when all that it stands for is; then what only checkpoints before that of `from` entries needed goes. */
  readonly publish: (log: CarriedLog, from: number) => void
}

/** Opens the folder at `root`. */
export function openCloneFolder(
  root: string,
  openFiles: (root: string) => ApplyChanges = createPublicFiles,
): CloneFolder {
  const apply = openFiles(root)
  let written = 0
  const put: CloneFolder['put'] = (path, bytes, isOver) => {
    const place = logFolder + path
    if (!isOver && existsSync(join(root, place))) return
    written++
    apply([{ put: place, bytes }])
  }
  const sync = (): void => apply([{ sync: true }])
  return {
    root,
    get written() {
      return written
    },
    has: (address) => existsSync(join(root, address)),
    partialsOf: (full) => namesIn(join(root, logFolder, `${full}.p`)).map((w) => `${full}.p/${w}`),
    put,
    putEntries(start, entries, { isOver }) {
      const place = { index: start / bundleWidth, width: entries.length }
      const bundles = {
        entries: () => formatEntryBundle(entries.map(({ leaf }) => leaf)),
        body: () => formatRecordBundle(entries.map(({ body }) => body)),
        effects: () => formatRecordBundle(entries.map(({ effects }) => effects)),
        value: () => formatRecordBundle(entries.map(({ values }) => values)),
      }
      for (const kind of bundleKinds) {
        const path = bundlePath(kind, place)
        if (isOver || !existsSync(join(root, logFolder, path))) put(path, bundles[kind](), true)
      }
    },
    remove: (addresses) => apply(addresses.map((address) => ({ remove: address.slice(1) }))),
    change: apply,
    sync,
    publish(log, from) {
      const files = [
        ['key', `${log.vkeys.join('\n')}\n`],
        ['head', log.head],
        ['checkpoint', log.note],
      ] as const
      for (const [path, text] of files) apply([{ put: logFolder + path, bytes: Buffer.from(text) }])
      sync()
      prune(root, from, log.size)
      rmSync(join(root, '.tmp'), { recursive: true, force: true })
    },
  }
}

/** Throws `data_invalid` for a folder that holds something else than a clone: it must not be filled with one. */
export function requireCloneFolder(dir: string): void {
  if (!existsSync(dir) || existsSync(join(dir, logFolder))) return
  const other = readdirSync(dir).find((name) => !ownNames.has(name))
  if (other === undefined) return
  const reason = `it holds ${JSON.stringify(other)}, and no copy of a log: give a folder that is empty or not there yet`
  throw new SteleError('data_invalid', { path: dir, reason })
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

/** Partial pieces stay for the checkpoint before this one, which somebody may have read a moment ago, and go where the full one is there. */
function prune(root: string, from: number, size: number): void {
  for (const { path, widthAt } of [from, size].flatMap(partialPieces)) {
    const folder = join(root, logFolder, `${path}.p`)
    if (existsSync(join(root, logFolder, path))) rmSync(folder, { recursive: true, force: true })
    const kept = [from, size].map((end) => String(widthAt(end)))
    for (const width of namesIn(folder)) {
      if (!kept.includes(width)) rmSync(join(folder, width), { force: true })
    }
  }
}

type Piece = { readonly path: string; readonly widthAt: (size: number) => number }

/** The pieces that are partial at this size, by the paths that they have once they are full. */
function partialPieces(size: number): readonly Piece[] {
  const pieces: Piece[] = []
  const last = bundlesOf(0, size).at(-1)
  if (last !== undefined && last.width < bundleWidth) {
    const widthAt = (end: number): number => end - last.index * bundleWidth
    for (const kind of bundleKinds) {
      pieces.push({ path: bundlePath(kind, { ...last, width: bundleWidth }), widthAt })
    }
  }
  for (const tile of tilesOf(0, size)) {
    if (tile.width === bundleWidth) continue
    const { level, index } = tile
    const widthAt = (end: number): number =>
      Math.floor(end / bundleWidth ** level) - index * bundleWidth
    pieces.push({ path: tilePath({ ...tile, width: bundleWidth }), widthAt })
  }
  return pieces
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
