// A log store in memory whose commits can be made to fail, before or after they took effect.
import type { KeptEntry, LoggedEntry, Write } from '@stele/entries'
import { compareUtf8 } from '@stele/formats'
import type { Hash } from '@stele/tlog'
import type { CommitGroup, LogStore, MemorySnapshot, StoredHead } from '../src/ports.ts'

/** What a commit does: work, fail and leave nothing, fail after all was kept, or fail with half of it kept. */
export type Fault = 'none' | 'fails' | 'fails_but_persisted' | 'tears' | 'fails_and_cannot_be_read'

export type MemoryStore = LogStore & {
  fault: Fault
  readonly kept: Kept
}
export type Kept = {
  head: StoredHead | undefined
  entries: KeptEntry[]
  leafHashes: Hash[]
  nodes: Map<string, Hash>
  rows: Map<string, { object: string; field: string; hash: Hash; bytes: Uint8Array }>
  sequences: Map<string | null, number>
  blobs: Map<string, Uint8Array>
  logged: LoggedEntry[]
  memory: MemorySnapshot | undefined
  undo: Map<string, Write>
}

export function createMemoryStore(kept: Kept = emptyKept()): MemoryStore {
  const keyOf = (object: string, field: string): string => `${object}\0${field}`
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
        return row === undefined ? [] : [{ ...row, read: () => row.bytes }]
      })
    },
    get: (object, field) => kept.rows.get(keyOf(object, field))?.bytes,
    list: (object) =>
      [...kept.rows.values()]
        .filter((row) => row.object === object)
        .map((row) => row.field)
        .toSorted(compareUtf8),
    entries: (start, count) => kept.entries.slice(start, start + count),
    memory: () => kept.memory,
    undo: () => kept.undo.values(),
    commit: (group) => {
      if (group.previous?.size !== kept.head?.size) throw new Error('not the head')
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
    if (group.keepsUndo && !kept.undo.has(key)) {
      kept.undo.set(key, { object, field, value: kept.rows.get(key)?.bytes ?? null })
    }
    if (value === null) kept.rows.delete(key)
    else if ('bytes' in value)
      kept.rows.set(key, { object, field, hash: value.hash, bytes: value.bytes })
    else
      kept.rows.set(key, { object, field, hash: value.hash, bytes: longValue(group, value.blob) })
  }
  for (const blob of group.blobs) if ('bytes' in blob) kept.blobs.set(blob.name, blob.bytes)
  for (const [account, last] of group.sequences) kept.sequences.set(account, last)
  for (const part of group.withhold) {
    if ('blob' in part) kept.blobs.delete(part.blob)
    else {
      const entry = kept.entries[part.entry]
      if (entry !== undefined) kept.entries[part.entry] = { ...entry, [part.part]: null }
    }
  }
  if (group.snapshot !== undefined) {
    kept.memory = { size: group.head.size, snapshot: group.snapshot }
    kept.undo.clear()
  }
  kept.logged.push(...group.logged)
  kept.head = group.head
}

function longValue(group: CommitGroup, name: string): Uint8Array {
  const blob = group.blobs.find((found) => found.name === name)
  if (blob === undefined || !('bytes' in blob))
    throw new Error('A long value came without its blob')
  return blob.bytes
}
