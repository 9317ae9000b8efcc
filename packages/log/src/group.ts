// Small pieces of a group's life: its stage, what is committed of it, and whether two heads are the same commit.

import {
  type Body,
  type ConfigBody,
  formatBody,
  type GenesisBody,
  parseBody,
  type TakedownBody,
} from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { isSteleError } from '@stele/errors'
import { Trie } from '@stele/state'
import { Frontier } from '@stele/tlog/tree'
import { signHead } from './head.ts'
import type { CommitGroup, LogPorts, LogStore, StoredHead } from './ports.ts'
import { type EntryExtras, Stage } from './stage.ts'

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

/** Entry 0 of a log that is not there yet, staged. */
export function stageGenesis(
  ports: LogPorts,
  genesis: GenesisBody,
  extras: EntryExtras,
): {
  readonly trie: Trie
  readonly frontier: Frontier
  readonly head: StoredHead
  readonly executor: Executor
  readonly stage: Stage
} {
  const { script, engine, limits } = genesis
  const executor = ports.createExecutor({ script, engine, limits })
  const trie = new Trie()
  const frontier = Frontier.empty()
  trie.begin()
  const stage = newStage(ports, { trie, frontier, lastTimeMs: 0 })
  const body: Body = { kind: entryKinds.genesis, body: genesis }
  stage.add(body, { nowMs: ports.nowMs(), executor }, extras)
  if (stage.newest === undefined) throw new Error('The genesis entry was not staged')
  return { trie, frontier, head: signHead(ports, genesis.origin, stage.newest), executor, stage }
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

/** What became of a commit that failed: the store alone knows. */
export function outcomeOf(
  store: Pick<LogStore, 'head'>,
  { planned, before }: { readonly planned: StoredHead | undefined; readonly before: StoredHead },
): 'committed' | 'undone' | { readonly fault: string } {
  let found: StoredHead | undefined
  try {
    found = store.head()
  } catch (unreadable) {
    return { fault: `its store cannot be read after a failed commit: ${String(unreadable)}` }
  }
  if (planned !== undefined && sameHead(found, planned)) return 'committed'
  if (sameHead(found, before)) return 'undone'
  return { fault: 'its head is neither the one before nor the one after a failed commit' }
}

/** The same commit: a heartbeat changes only the note. */
function sameHead(a: StoredHead | undefined, b: StoredHead): boolean {
  return a !== undefined && a.checkpoint === b.checkpoint
}

/** Why something failed, in its own words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Tells the operator of a call that was given up. */
export function reportAbort(
  { report }: Pick<LogPorts, 'report'>,
  method: string,
  error: unknown,
): void {
  if (!isSteleError(error, 'call_aborted')) return
  report({ event: 'call_aborted', method, reason: error.details.reason })
}
