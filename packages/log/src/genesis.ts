// Entry 0 of a log that is not there yet.
import type { Body, GenesisBody } from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { Trie } from '@stele/state'
import { Frontier } from '@stele/tlog/tree'
import { signHead } from './head.ts'
import type { LogPorts, StoredHead } from './ports.ts'
import { type EntryExtras, openStage, type Stage } from './stage.ts'

/** The beginning of a log, in memory: nothing of it is committed. */
export type StagedGenesis = {
  readonly trie: Trie
  readonly frontier: Frontier
  readonly head: StoredHead
  readonly executor: Executor
  readonly stage: Stage
}

/** Runs the script's `init` and stages entry 0. Throws `script_invalid`. */
export function stageGenesis(
  ports: LogPorts,
  genesis: GenesisBody,
  extras: EntryExtras,
): StagedGenesis {
  const { script, engine, limits } = genesis
  const executor = ports.createExecutor({ script, engine, limits })
  const trie = new Trie()
  const frontier = Frontier.empty()
  trie.begin()
  const stage = openStage(ports, { trie, frontier, lastTimeMs: 0 })
  const body: Body = { kind: entryKinds.genesis, body: genesis }
  stage.add(body, { nowMs: ports.nowMs(), executor }, extras)
  if (stage.newest === undefined) throw new Error('The genesis entry was not staged')
  return { trie, frontier, head: signHead(ports, genesis.origin, stage.newest), executor, stage }
}
