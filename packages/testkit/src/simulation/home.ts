// The home of a service on a simulated disk: every touch of the disk is an operation that can fail or be the last.
import type { CallBlob } from '@stele/entries/calls'
import { logFolder } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { compareUtf8 } from '@stele/formats/names'
import { bindProjection, createReplica, type Projection, type Replica } from '@stele/replica'
import type { ServiceHome, ServiceStore } from '@stele/service'
import { type Disk, PowerCut, type Row, rowKey, type Tables, withGroup } from './disk.ts'

/** Bytes of a blob that the database holds itself. */
const maxInlineBytes = 1_000
const checkpointPath = `${logFolder}checkpoint`

/** What the simulated service derives from its log: how often each field was written. */
const countsProjection: Projection<string> = {
  name: 'counts',
  version: 1,
  plan: ({ writes }) => writes.map(({ object, field }) => rowKey(object, field)),
}

/** Opens the home that is on the disk. */
export function openSimulatedHome(disk: Disk): ServiceHome {
  const work = createTransactions(disk)
  const store = createStore(work, disk, (entries) => replica.apply(entries))
  const replica = createCounts(store, work)
  return {
    store,
    replica,
    keepBlobs: async (blobs) => blobs.map((blob) => keepBlob(disk, blob)),
    snapshots: {
      sealKey: new Uint8Array(32).fill(9),
      frames: () => disk.snapshot,
      replace: async (frames) => {
        const kept: Uint8Array[] = []
        for await (const frame of frames) kept.push(Uint8Array.from(frame))
        writeFile(disk, () => {
          disk.snapshot = kept
        })
      },
    },
    publicFolder: createFolder(disk),
    published: createPublishedFiles(disk),
    watermark: {
      read: () => disk.tables.watermark,
      save: (watermark) =>
        disk.operate(() => {
          disk.tables = { ...disk.tables, watermark }
        }),
    },
    close: () => undefined,
  }
}

/** A large one gets a file of its own, which is durable at once. */
function keepBlob(disk: Disk, blob: CallBlob): CallBlob {
  if (!('bytes' in blob) || blob.bytes.length <= maxInlineBytes) return blob
  const { name, bytes } = blob
  writeFile(disk, () => disk.stored.set(name, bytes))
  return { name, storedBytes: bytes.length }
}

/** The tables as the running transaction has made them, and how it ends. */
type Transactions = {
  readonly tables: () => Tables
  readonly change: (change: (tables: Tables) => Tables) => void
  readonly run: (work: () => void) => void
}

function createTransactions(disk: Disk): Transactions {
  let open: Tables | undefined
  return {
    tables: () => open ?? disk.tables,
    change: (change) => {
      if (open === undefined) throw new Error('There is no transaction')
      open = change(open)
    },
    run: (work) => {
      const isOutermost = open === undefined
      if (!isOutermost) return work()
      if (disk.isCut) throw new PowerCut()
      open = disk.tables
      try {
        work()
        commit(disk, open)
      } finally {
        open = undefined
      }
    },
  }
}

function commit(disk: Disk, tables: Tables): void {
  const { faults } = disk
  const fault = faults.commit
  faults.commit = undefined
  if (fault === 'fails') throw new Error('The database is busy')
  disk.operate(() => {
    disk.tables = tables
    disk.history.push(tables)
  })
  if (fault === 'fails_but_persisted') throw new Error('The connection is lost')
}

function createStore(
  { tables, change, run }: Transactions,
  { stored }: Disk,
  project: Replica['apply'],
): ServiceStore {
  const valueOf = ({ bytes, blob }: Row): Uint8Array | undefined =>
    bytes ?? (blob === undefined ? undefined : (tables().blobs.get(blob) ?? undefined))
  return {
    head: () => tables().head,
    hashes: (level, start, count) => {
      if (level === 0) return tables().leafHashes.slice(start, start + count)
      const numbers = Array.from({ length: count }, (_, i) => start + i)
      return numbers.flatMap((number) => tables().nodes.get(`${level}/${number}`) ?? [])
    },
    lastSequence: (account) => tables().sequences.get(account) ?? 0,
    sequenceTotal: () => [...tables().sequences.values()].reduce((sum, last) => sum + last, 0),
    stateHashes: () =>
      Array.from(tables().rows.values(), (row) => [row.object, row.field, row.hash] as const),
    rowCount: () => tables().rows.size,
    rowsAfter: (key, count) => {
      const keys = [...tables().rows.keys()].toSorted()
      const after = key === undefined ? '' : rowKey(key.object, key.field)
      return keys
        .filter((one) => key === undefined || one > after)
        .slice(0, count)
        .flatMap((one) => tables().rows.get(one) ?? [])
        .map((row) => ({ ...row, read: () => valueOf(row) }))
    },
    get: (object, field) => {
      const row = tables().rows.get(rowKey(object, field))
      const value = row === undefined ? undefined : valueOf(row)
      if (row === undefined || value !== undefined) return value
      const hash = Buffer.from(row.hash).toString('hex')
      throw new SteleError('value_withheld', { object, field, hash })
    },
    list: (object) =>
      Array.from(tables().rows.values())
        .filter((row) => row.object === object)
        .map(({ field }) => field)
        .toSorted(compareUtf8),
    row: (object, field) => {
      const row = tables().rows.get(rowKey(object, field))
      if (row === undefined) return undefined
      const { hash, bytes, blob } = row
      if (bytes !== undefined) return { hash, value: { bytes } }
      return { hash, value: blob === undefined ? { withheld: true } : { blob } }
    },
    entries: (start, count) => tables().entries.slice(start, start + count),
    memory: () => tables().memory,
    undo: () => tables().undo.values(),
    commit: (group) =>
      run(() => {
        const { head } = tables()
        if (head?.size !== group.previous?.size) throw new Error('Not the head that was extended')
        change((before) => withGroup(before, group, stored))
        project(group.logged)
      }),
    blobs: {
      read: (name) => tables().blobs.get(name) ?? undefined,
      readStored: (name) => stored.get(name),
      find: (name) => tables().blobs.get(name) ?? undefined,
      after: (blobNumber) =>
        Array.from(tables().blobs.keys(), (name, i) => ({ blobNumber: i + 1, name })).slice(
          blobNumber,
          blobNumber + 3,
        ),
    },
  }
}

function createCounts(store: ServiceStore, { tables, change, run }: Transactions): Replica {
  const home = {
    version: 1,
    mark: () => tables().mark,
    saveMark: (mark: Tables['mark']) => change((before) => ({ ...before, mark })),
    reset: () => change((before) => ({ ...before, mark: undefined, counts: new Map() })),
    apply: (keys: readonly string[]) =>
      change((before) => {
        const counts = new Map(before.counts)
        for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
        return { ...before, counts }
      }),
  }
  return createReplica({
    projections: [bindProjection(countsProjection, home)],
    size: () => store.head()?.size ?? 0,
    entries: store.entries,
    leafHashes: (start, count) => store.hashes(0, start, count),
    blobs: store.blobs.read,
    transaction: run,
  })
}

function createFolder(disk: Disk): NonNullable<ServiceHome['publicFolder']> {
  const { files, unsynced } = disk
  const touch = (path: string): void => {
    if (!unsynced.has(path)) unsynced.set(path, files.get(path))
  }
  return {
    write: async (path, bytes) =>
      writeFile(disk, () => {
        touch(path)
        files.set(path, bytes)
      }),
    writeDurably: async (path, bytes) =>
      writeFile(disk, () => {
        files.set(path, bytes)
        unsynced.delete(path)
        if (path === checkpointPath) disk.published.push(Buffer.from(bytes).toString())
      }),
    remove: async (path) =>
      disk.operate(() => {
        for (const one of files.keys()) {
          if (one !== path && !one.startsWith(`${path}/`)) continue
          touch(one)
          files.delete(one)
        }
      }),
    sync: async () => disk.operate(() => unsynced.clear()),
    unsynced: () => unsynced.size,
  }
}

function writeFile(disk: Disk, effect: () => void): void {
  if (disk.faults.isFull && !disk.isCut) throw new Error('No space left on the device')
  disk.operate(effect)
}

function createPublishedFiles({ files }: Disk): ServiceHome['published'] {
  return {
    read: (path) => files.get(path),
    has: (path) => files.has(path),
    pieces: async function* (path) {
      const bytes = files.get(path)
      if (bytes === undefined) throw new Error(`There is no ${path}`)
      yield bytes
    },
    list: (path) => {
      const below = [...files.keys()].filter((one) => one.startsWith(`${path}/`))
      return [...new Set(below.map((one) => one.slice(path.length + 1).split('/')[0] ?? ''))]
    },
  }
}
