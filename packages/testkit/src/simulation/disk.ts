// A simulated disk: a database whose transactions are whole, and a folder whose unsynced changes a power cut may take back.
import { type KeptEntry, parseEffects, readPart } from '@stele/entries/parts'
import { namedWrites, type WithheldValues, withoutPart } from '@stele/entries/takedowns'
import type { CommitGroup, MemorySnapshot, PastRow, StoredHead, Watermark } from '@stele/log'
import type { ProjectionMark } from '@stele/replica'
import type { Hash } from '@stele/tlog/tree'
import type { Chance } from './chance.ts'

/** A row of the state; long values lie in blobs. */
export type Row = {
  readonly object: string
  readonly field: string
  readonly hash: Hash
  readonly bytes?: Uint8Array
  readonly blob?: string
}

/** What the database holds. A transaction makes a new one of it and puts it in its place. */
export type Tables = {
  head: StoredHead | undefined
  entries: readonly KeptEntry[]
  leafHashes: readonly Hash[]
  nodes: ReadonlyMap<string, Hash>
  rows: ReadonlyMap<string, Row>
  sequences: ReadonlyMap<string | null, number>
  /** By name, in the order in which they came; null: withheld. */
  blobs: ReadonlyMap<string, Uint8Array | null>
  memory: MemorySnapshot | undefined
  undo: ReadonlyMap<string, PastRow>
  watermark: Watermark
  mark: ProjectionMark | undefined
  /** The projection: how often each field was written. */
  counts: ReadonlyMap<string, number>
}

/** Thrown by everything that a process does after its power was cut. */
export class PowerCut extends Error {
  constructor() {
    super('The power was cut')
  }
}

/** How the next operations go wrong. */
type Faults = {
  /** The next commit throws: with nothing kept, or with all of it. */
  commit: 'fails' | 'fails_but_persisted' | undefined
  /** Writes to the folder and of snapshots throw: it is full. */
  isFull: boolean
  /** After so many more operations the power is cut. */
  cutAfter: number | undefined
}

/** A disk, as one process after the other uses it. */
export type Disk = {
  tables: Tables
  /** Every version of the tables that was ever durable. */
  readonly history: Tables[]
  readonly files: Map<string, Uint8Array>
  /** What is surely there for each path that was changed since the last sync; undefined: nothing. */
  readonly unsynced: Map<string, Uint8Array | undefined>
  /** Large blobs in files of their own, durable before the database knows of them. */
  readonly stored: Map<string, Uint8Array>
  snapshot: readonly Uint8Array[]
  /** Every checkpoint that was ever in the public folder: somebody may have seen it. */
  readonly published: string[]
  readonly faults: Faults
  /** One more operation: throws where the power is cut before it, or was. `after` is called once it has taken effect. */
  readonly operate: (effect: () => void) => void
  /** Takes what a power cut takes; the next process finds the rest. */
  readonly loseUnsynced: () => void
  /** Whether the power was cut and no new process has started. */
  isCut: boolean
}

/** An empty disk. */
export function createDisk(chance: Chance): Disk {
  const disk: Disk = {
    tables: emptyTables(),
    history: [],
    files: new Map(),
    unsynced: new Map(),
    stored: new Map(),
    snapshot: [],
    published: [],
    faults: { commit: undefined, isFull: false, cutAfter: undefined },
    isCut: false,
    operate: (effect) => {
      if (disk.isCut) throw new PowerCut()
      const { faults } = disk
      if (faults.cutAfter === undefined) return effect()
      if (faults.cutAfter-- > 0) return effect()
      faults.cutAfter = undefined
      disk.isCut = true
      if (chance.oneIn(2)) effect() // It was done, but nobody heard of it.
      throw new PowerCut()
    },
    loseUnsynced: () => {
      for (const [path, durable] of disk.unsynced) loseOne(disk, path, durable, chance)
      disk.unsynced.clear()
    },
  }
  return disk
}

/** Bytes reach the disk before their name does: what is unsynced is there whole, or as it was before. */
function loseOne(
  { files }: Disk,
  path: string,
  durable: Uint8Array | undefined,
  chance: Chance,
): void {
  if (chance.oneIn(2)) return // It had reached the disk.
  if (durable === undefined) files.delete(path)
  else files.set(path, durable)
}

function emptyTables(): Tables {
  return {
    head: undefined,
    entries: [],
    leafHashes: [],
    nodes: new Map(),
    rows: new Map(),
    sequences: new Map(),
    blobs: new Map(),
    memory: undefined,
    undo: new Map(),
    watermark: { size: 0, blobNumber: 0 },
    mark: undefined,
    counts: new Map(),
  }
}

/** The key of a row. */
export function rowKey(object: string, field: string): string {
  return `${object}\0${field}`
}

/** Read of a file that is not there: nobody takes it for what was stored. */
const noBytes = new Uint8Array()

/** The tables with a group in them. `stored` holds the blobs that the group only names. */
export function withGroup(
  tables: Tables,
  group: CommitGroup,
  stored: ReadonlyMap<string, Uint8Array>,
): Tables {
  const { head, entries, hashes, rows, sequences, blobs, withhold, keepsUndo, snapshot } = group
  const next = { ...tables, head }
  const nodes = new Map(tables.nodes)
  for (const { tileLevel, index, hash } of hashes) {
    if (tileLevel > 0) nodes.set(`${tileLevel}/${index}`, hash)
  }
  const allBlobs = new Map(tables.blobs)
  for (const blob of blobs) {
    if (allBlobs.has(blob.name)) continue
    allBlobs.set(blob.name, 'bytes' in blob ? blob.bytes : (stored.get(blob.name) ?? noBytes))
  }
  const [allRows, undo] = [new Map(tables.rows), new Map(tables.undo)]
  for (const { object, field, value } of rows) {
    const key = rowKey(object, field)
    if (keepsUndo && !undo.has(key)) undo.set(key, before(tables, object, field))
    if (value === null) allRows.delete(key)
    else allRows.set(key, { object, field, ...value })
  }
  const kept = entries.map(({ leaf, body, effects, values }) => ({ leaf, body, effects, values }))
  const allEntries: KeptEntry[] = [...tables.entries, ...kept]
  for (const part of withhold) {
    if ('blob' in part) allBlobs.set(part.blob, null)
    else if (part.part === 'values') emptyRows(allRows, allEntries[part.entry], part)
  }
  for (const part of withhold) {
    const entry = 'entry' in part ? allEntries[part.entry] : undefined
    if (entry !== undefined && 'entry' in part) {
      allEntries[part.entry] = withoutPart(entry, part)
    }
  }
  return {
    ...next,
    nodes,
    blobs: allBlobs,
    rows: allRows,
    entries: allEntries,
    leafHashes: [...tables.leafHashes, ...entries.map(({ leafHash }) => leafHash)],
    sequences: new Map([...tables.sequences, ...sequences]),
    undo: snapshot === undefined ? undo : new Map(),
    memory: snapshot === undefined ? tables.memory : { size: head.size, snapshot },
  }
}

/** A value that is taken down is gone from the state too, where the entry was the last to write it. */
function emptyRows(
  rows: Map<string, Row>,
  entry: KeptEntry | undefined,
  part: WithheldValues,
): void {
  if (entry === undefined || entry.effects === null) return
  const { writes } = parseEffects(readPart(entry.effects))
  for (const { object, field, valueHash } of namedWrites(part, writes)) {
    const key = rowKey(object, field)
    const row = rows.get(key)
    if (row === undefined || Buffer.from(row.hash).toString('hex') !== valueHash) continue
    rows.set(key, { object, field, hash: row.hash })
  }
}

function before({ rows, blobs }: Tables, object: string, field: string): PastRow {
  const row = rows.get(rowKey(object, field))
  if (row === undefined) return { object, field, value: null }
  const value = row.bytes ?? (row.blob === undefined ? undefined : blobs.get(row.blob))
  return value ? { object, field, value } : { object, field, withheld: row.hash }
}
