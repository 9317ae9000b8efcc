// Small pieces of a group's life: its stage, what is committed of it, and whether two heads are the same commit.

import {
  type Body,
  type ConfigBody,
  formatBody,
  parseBody,
  type TakedownBody,
} from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import type { Trie } from '@stele/state'
import type { Frontier } from '@stele/tlog/tree'
import type { CommitGroup, LogPorts, StoredHead } from './ports.ts'
import { Stage } from './stage.ts'

/** What an operator signs and submits. */
export type SignedBody = ConfigBody | TakedownBody

/** An open stage over what is committed. */
export function newStage(
  { store, random, readStoredBlob }: LogPorts,
  base: { trie: Trie; frontier: Frontier; lastTimeMs: number },
): Stage {
  return new Stage({
    committed: store,
    lastSequence: store.lastSequence,
    random,
    readStoredBlob,
    ...base,
  })
}

/** What the store commits of a stage. */
export function groupOf(
  previous: StoredHead | undefined,
  head: StoredHead,
  { stage, executor }: { readonly stage: Stage; readonly executor: Executor },
): CommitGroup {
  const { entries, hashes, blobs, logged, withhold, snapshot } = stage
  const [rows, sequences, keepsUndo] = [
    stage.rows(),
    stage.sequences(),
    executor.memory !== undefined,
  ]
  const kept = { entries, hashes, rows, sequences, blobs, logged, withhold }
  return { previous, head, ...kept, keepsUndo, snapshot }
}

/** The body with its kind, read back as every auditor will read it: what cannot be read is never logged. */
export function bodyOf(signed: SignedBody): Body {
  const kind = 'set' in signed ? entryKinds.config : entryKinds.takedown
  return parseBody(kind, formatBody(signed))
}

/** The same commit: a heartbeat changes only the note. */
export function sameHead(a: StoredHead | undefined, b: StoredHead): boolean {
  return a !== undefined && a.checkpoint === b.checkpoint
}

/** Why something failed, in its own words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
