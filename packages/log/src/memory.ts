// Brings the memory of a script that keeps one to where the log is: the last snapshot, and the entries since.

import type { Executor } from '@stele/entries/calls'
import { entryKinds, parseLeaf, seedOf } from '@stele/entries/leaf'
import {
  entriesIn,
  formatEffects,
  type KeptEntry,
  readBodyPart,
  readPart,
  splitPart,
} from '@stele/entries/parts'
import { applyBody } from '@stele/entries/transition'
import { isSteleError, SteleError } from '@stele/errors'
import { Overlay } from './overlay.ts'
import type { LogStore, MemorySnapshot } from './ports.ts'

type MemoryStore = Pick<LogStore, 'get' | 'list' | 'entries' | 'memory' | 'undo'>

/** How many calls were run again, and why the memory is not what the log says, where it is not. */
export type RestoredMemory = { readonly calls: number; readonly fault: string | undefined }

/**
 * Restores the snapshot and runs the entries since, over the state as it was then. A script without a memory needs
 * nothing. `executor` is freshly made.
 */
export function restoreMemory(
  store: MemoryStore,
  executor: Executor,
  size: number,
): RestoredMemory {
  if (executor.memory === undefined) return { calls: 0, fault: undefined }
  const saved = store.memory()
  if (saved !== undefined && saved.snapshot.length > 0) {
    const fault = restoreSnapshot(store, executor.memory, saved)
    if (fault !== undefined) return { calls: 0, fault }
  }
  const past = new Overlay(store)
  past.apply([...store.undo()])
  const from = saved?.size ?? 0
  for (const [index, entry] of entriesIn(store.entries, from, size)) {
    const fault = runAgain(entry, past, executor)
    if (fault !== undefined) return { calls: 0, fault: `entry ${index} ${fault}` }
  }
  return { calls: size - from, fault: undefined }
}

/** Goes on from the snapshot; gives what is wrong with it, if something is. */
function restoreSnapshot(
  store: MemoryStore,
  memory: NonNullable<Executor['memory']>,
  { size, snapshot }: MemorySnapshot,
): string | undefined {
  try {
    memory.restore(snapshot)
  } catch (error) {
    if (!isSteleError(error, 'snapshot_invalid')) throw error
    return error.message
  }
  return snapshotFault(store, size, memory.digest())
}

/** A snapshot is as good as its digest, which is what the entry that was committed with it says. */
function snapshotFault(store: MemoryStore, size: number, digest: string): string | undefined {
  const [entry] = store.entries(size - 1, 1)
  if (entry === undefined || entry.body === null) return `entry ${size - 1} is missing or withheld`
  const { body } = readBodyPart(parseLeaf(entry.leaf).kind, entry.body)
  if ('sha256' in body && body.sha256 === digest) return undefined
  return `the snapshot of its script's memory is not the one that entry ${size - 1} names`
}

function runAgain(entry: KeptEntry, past: Overlay, executor: Executor): string | undefined {
  const { kind, timeMs, bodyHash } = parseLeaf(entry.leaf)
  if (entry.body === null || entry.effects === null)
    return 'is withheld, so that the script cannot run it again'
  const body = readBodyPart(kind, entry.body)
  const seed = seedOf(body, splitPart(entry.body).salt, bodyHash)
  try {
    const { effects, writes } = applyBody(body, { state: past, executor, timeMs, seed })
    const recorded = readPart(entry.effects)
    if (kind === entryKinds.call && formatEffects(effects) !== recorded) {
      return 'has other effects when the script runs it again'
    }
    past.apply(writes)
    return undefined
  } catch (error) {
    if (!(error instanceof SteleError)) throw error
    return `cannot be run again: ${error.message}`
  }
}
