// A log store in memory whose commits can be made to fail, before or after they took effect.
import { type KeptEntry, parseEffects, readPart } from '@stele/entries/parts'
import { namedWrites, type WithheldValues, withoutPart } from '@stele/entries/takedowns'
import type { LoggedEntry } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import { compareUtf8 } from '@stele/formats/names'
import type { Hash } from '@stele/tlog/tree'
import type { CommitGroup, LogStore, MemorySnapshot, PastRow, StoredHead } from '../src/ports.ts'

/** What a commit does: work, fail and leave nothing, fail after all was kept, or fail with half of it kept. */
export type Fault = 'none' | 'fails' | 'fails_but_persisted' | 'tears' | 'fails_and_cannot_be_read'

export type MemoryStore = LogStore & {
  fault: Fault
  readonly kept: Kept
}
/** `bytes` of a short value, `blob` of a long one; neither where it is withheld. */
type KeptRow = { object: string; field: string; hash: Hash; bytes?: Uint8Array; blob?: string }
export type Kept = {
  head: StoredHead | undefined
  entries: KeptEntry[]
  leafHashes: Hash[]
  nodes: Map<string, Hash>
  rows: Map<string, KeptRow>
  sequences: Map<string | null, number>
  blobs: Map<string, Uint8Array>
  logged: LoggedEntry[]
  memory: MemorySnapshot | undefined
  undo: Map<string, PastRow>
}

export function createMemoryStore(kept: Kept = emptyKept()): MemoryStore {
  const keyOf = (object: string, field: string): string => `${object}\0${field}`
  const valueOf = (row: KeptRow | undefined): Uint8Array | undefined =>
    row?.bytes ?? kept.blobs.get(row?.blob ?? '')
  let unreadable = false
  const store: MemoryStore = {
    fault: 'none',
    kept,
    head: () => {
      if (unreadable) throw new Error('disk gone')
      return kept.head
    },
    hashes: (level, start, count) =>
      level === 0
        ? kept.leafHashes.slice(start, start + count)
        : Array.from({ length: count }, (_, i) => kept.nodes.get(`${level}/${start + i}`)).filter(
            (hash) => hash !== undefined,
          ),
    lastSequence: (account) => kept.sequences.get(account) ?? 0,
    sequenceTotal: () => [...kept.sequences.values()].reduce((sum, last) => sum + last, 0),
    stateHashes: () =>
      Array.from(kept.rows.values(), ({ object, field, hash }) => [object, field, hash] as const),
    rowCount: () => kept.rows.size,
    rowsAfter: (key, count) => {
      const keys = [...kept.rows.keys()].toSorted()
      const from =
        key === undefined ? 0 : keys.filter((one) => one <= keyOf(key.object, key.field)).length
      return keys.slice(from, from + count).flatMap((one) => {
        const row = kept.rows.get(one)
        return row === undefined ? [] : [{ ...row, read: () => valueOf(row) }]
      })
    },
    get: (object, field) => {
      const row = kept.rows.get(keyOf(object, field))
      const value = valueOf(row)
      if (row === undefined || value !== undefined) return value
      const hash = Buffer.from(row.hash).toString('hex')
      throw new SteleError('value_withheld', { object, field, hash })
    },
    list: (object) =>
      [...kept.rows.values()]
        .filter((row) => row.object === object)
        .map((row) => row.field)
        .toSorted(compareUtf8),
    entries: (start, count) => kept.entries.slice(start, start + count),
    memory: () => kept.memory,
    undo: () => kept.undo.values(),
    commit: (group) => {
      refuseFork(kept.head, group)
      switch (store.fault) {
        case 'none':
          return keep(kept, group)
        case 'fails':
          throw new Error('disk full')
        case 'fails_but_persisted':
          keep(kept, group)
          throw new Error('connection lost')
        case 'tears':
          keep(kept, group)
          kept.head = { ...group.head, checkpoint: 'torn' }
          throw new Error('torn')
        case 'fails_and_cannot_be_read':
          unreadable = true
          throw new Error('disk gone')
      }
    },
  }
  return store
}

function emptyKept(): Kept {
  return {
    head: undefined,
    entries: [],
    leafHashes: [],
    nodes: new Map(),
    rows: new Map(),
    sequences: new Map(),
    blobs: new Map(),
    logged: [],
    memory: undefined,
    undo: new Map(),
  }
}

/** As every home of a log does: never past another writer, never a smaller tree, never another root of the same size. */
function refuseFork(found: StoredHead | undefined, { previous, head }: CommitGroup): void {
  const isSame = (a: { root: Hash }, b: { root: Hash }): boolean =>
    Buffer.compare(a.root, b.root) === 0
  if (found === undefined || previous === undefined) {
    if (found === undefined && previous === undefined) return
    throw new Error('not the head')
  }
  if (found.size !== previous.size || !isSame(found, previous)) throw new Error('not the head')
  const forks = head.size === previous.size && !isSame(head, previous)
  if (head.size < previous.size || forks) throw new Error('not an extension')
}

function keep(kept: Kept, group: CommitGroup): void {
  for (const { leaf, leafHash, body, effects, values } of group.entries) {
    kept.entries.push({ leaf, body, effects, values })
    kept.leafHashes.push(leafHash)
  }
  for (const { tileLevel, index, hash } of group.hashes) {
    if (tileLevel > 0) kept.nodes.set(`${tileLevel}/${index}`, hash)
  }
  for (const { object, field, value } of group.rows) {
    const key = `${object}\0${field}`
    const row = kept.rows.get(key)
    if (group.keepsUndo && !kept.undo.has(key)) {
      const before = row?.bytes ?? kept.blobs.get(row?.blob ?? '')
      const isWithheld = row !== undefined && before === undefined
      const past = isWithheld ? { withheld: row.hash } : { value: before ?? null }
      kept.undo.set(key, { object, field, ...past })
    }
    if (value === null) kept.rows.delete(key)
    else kept.rows.set(key, { object, field, ...value })
  }
  for (const blob of group.blobs) if ('bytes' in blob) kept.blobs.set(blob.name, blob.bytes)
  for (const [account, last] of group.sequences) kept.sequences.set(account, last)
  for (const part of group.withhold) {
    if ('blob' in part) kept.blobs.delete(part.blob)
    else {
      const entry = kept.entries[part.entry]
      if (entry === undefined) continue
      kept.entries[part.entry] = withoutPart(entry, part)
      if (part.part === 'values') withholdRows(kept, entry, part)
    }
  }
  if (group.snapshot !== undefined) {
    kept.memory = { size: group.head.size, snapshot: group.snapshot }
    kept.undo.clear()
  }
  kept.logged.push(...group.logged)
  kept.head = group.head
}

/** The rows that the entry was the last to write lose the values that are named. */
function withholdRows({ rows }: Kept, { effects }: KeptEntry, part: WithheldValues): void {
  if (effects === null) return
  const { writes } = parseEffects(readPart(effects))
  for (const { object, field, valueHash } of namedWrites(part, writes)) {
    const key = `${object}\0${field}`
    const row = rows.get(key)
    if (row === undefined || Buffer.from(row.hash).toString('hex') !== valueHash) continue
    rows.set(key, { object, field, hash: row.hash })
  }
}
