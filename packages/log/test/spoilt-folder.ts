// A public folder of a log in memory that a test may spoil, and the log's database with it.
import assert from 'node:assert/strict'
import { createPublisher, type Publisher } from '../src/publisher.ts'
import type { PublisherPorts, Watermark } from '../src/publisher-ports.ts'
import type { Kept } from './memory-store.ts'
import { filesOf } from './published-files.ts'
import { call, createdLog, createWorld, origin, takedownOf } from './world.ts'

export type Files = Map<string, Uint8Array>
export type Folder = {
  readonly kept: Kept
  readonly files: Files
  /** Paths that cannot be read, or listed. */
  readonly locked: Set<string>
  watermark: Watermark
  /** Changes that were made. */
  changes: number
  isFull?: boolean
  /** Blobs whose files are not there, or that the database holds nothing of but their names. */
  readonly lostBlobs: Map<string, 'file' | 'bytes'>
}

/** A publisher of a new process. */
export function publisherOf(folder: Folder): Publisher {
  const { files, locked } = folder
  const { store } = createWorld(folder.kept)
  const open = filesOf(files)
  const refuseLocked = (path: string): void => {
    if (locked.has(path)) throw new Error('EACCES: permission denied')
    if ([...files.keys()].some((one) => one.startsWith(`${path}/`))) {
      throw new Error('EISDIR: illegal operation on a directory')
    }
  }
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    if ([...files.keys()].some((one) => one.startsWith(`${path}/`))) throw new Error('EISDIR')
    if (folder.isFull) throw new Error('ENOSPC: no space left on device')
    folder.changes++
    files.set(path, bytes)
    locked.delete(path)
  }
  const ports: PublisherPorts = {
    folder: {
      write,
      writeDurably: write,
      remove: async (path) => {
        for (const name of files.keys()) {
          if (name !== path && !name.startsWith(`${path}/`)) continue
          folder.changes++
          files.delete(name)
        }
      },
      sync: async () => undefined,
      unsynced: () => 0,
    },
    files: store,
    head: store.head,
    published: {
      ...open,
      list: (path) => {
        if (locked.has(path)) throw new Error('EACCES: permission denied')
        return open.list(path)
      },
      read: (path) => {
        refuseLocked(path)
        return open.read(path)
      },
      pieces: (path) => {
        refuseLocked(path)
        return open.pieces(path)
      },
    },
    keys: 'key\n',
    blobsAfter: (after) =>
      [...folder.kept.blobs.keys()]
        .slice(after, after + 2)
        .map((name, i) => ({ name, blobNumber: after + i + 1 })),
    readBlob: (name) => {
      const lost = folder.lostBlobs.get(name)
      if (lost === 'file') throw new Error('Cannot use "blobs/ab": its file is missing')
      return lost === undefined ? folder.kept.blobs.get(name) : undefined
    },
    hasBlob: (name) => folder.kept.blobs.has(name) && folder.lostBlobs.get(name) !== 'bytes',
    watermark: () => folder.watermark,
    saveWatermark: (saved) => {
      folder.watermark = saved
    },
    served: new Set(),
    breathe: async () => undefined,
  }
  return createPublisher(ports)
}

/** A log of 530 entries with three blobs and a takedown of a fourth, published a few times. */
async function makeFolder(): Promise<Folder & { older: Files; secret: Files }> {
  const { world, log } = await createdLog()
  const folder: Folder = {
    kept: world.store.kept,
    files: new Map(),
    locked: new Set(),
    lostBlobs: new Map(),
    watermark: { size: 0, blobNumber: 0 },
    changes: 0,
  }
  const publisher = publisherOf(folder)
  const grow = async (size: number): Promise<void> => {
    const calls = Array.from({ length: size - log.head.size }, (_, i) => call('set', `f${i}`, 'x'))
    await Promise.all(calls.map((one) => log.submit(one)))
    await publisher.publish()
  }
  for (const letter of 'abcd') await log.submit(call('set', letter, letter.repeat(20_000)))
  await grow(300)
  const older = new Map(folder.files)
  await grow(529)
  const secret = new Map(folder.files)
  const [blob = ''] = world.store.kept.blobs.keys()
  const withhold = [{ entry: 1, part: 'body' }, { blob }] as const
  await log.submitSigned((seq) => takedownOf(origin, seq, withhold))
  await publisher.publish()
  return { ...folder, older, secret }
}

export const made: ReturnType<typeof makeFolder> = makeFolder()

export async function freshFolder(): Promise<Awaited<typeof made>> {
  const folder = await made
  const { kept, files } = folder
  return {
    ...folder,
    kept: structuredClone(kept),
    files: new Map(files),
    locked: new Set(),
    lostBlobs: new Map(),
    changes: 0,
  }
}

export function at(path: string): string {
  return `-/log/${path}`
}

export function spoil(files: Files, path: string, how: 'cut' | 'flipped' = 'flipped'): void {
  const bytes = Buffer.from(files.get(at(path)) ?? assert.fail(path))
  bytes[40] = (bytes[40] ?? 0) ^ 1
  files.set(at(path), how === 'cut' ? bytes.subarray(0, -7) : bytes)
}

export function blobsIn(files: Files): string[] {
  return [...files.keys()].filter((path) => path.includes('/blob/')).map((path) => path.slice(6))
}

export function isAsBefore(files: Files, whole: Files): void {
  for (const [path, bytes] of whole) isFile(files, path, bytes)
}

export function isFile(files: Files, path: string, wanted: Uint8Array): void {
  const found = files.get(path) ?? assert.fail(`${path} is missing`)
  assert.ok(Buffer.compare(found, wanted) === 0, `${path} is as it was`)
}
