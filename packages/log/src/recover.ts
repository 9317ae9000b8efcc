// Opens what the store holds, and compares it with itself: the tree with the checkpoint, the state with the last leaf.
import { membersOf, parseLeaf, parseLimits, readLogRow, type StateReader } from '@stele/entries'
import { SteleError } from '@stele/errors'
import { Trie, type TrieWrite } from '@stele/state'
import { createHashReader, Frontier, isSameHash, verifyCheckpoint } from '@stele/tlog'
import type { LogPorts, LogStore, ScriptSettings, StoredHead } from './ports.ts'

/** What opening gives. `fault` says why the log must not be written to. */
export type Recovered = {
  readonly trie: Trie
  readonly frontier: Frontier
  readonly head: StoredHead
  readonly fault: string | undefined
}

/** Reads the committed log back. Throws `log_inconsistent` where there is none. */
export function recover<V>({ store, signers }: LogPorts<V>): Recovered {
  const head = store.head()
  const origin = signers[0]?.name ?? ''
  if (head === undefined) {
    throw new SteleError('log_inconsistent', { origin, reason: 'the store holds no log' })
  }
  const frontier = Frontier.restore(head.size, createHashReader(store.hashes))
  const trie = loadTrie(store.stateHashes())
  return { trie, frontier, head, fault: faultOf(head, { frontier, trie, origin, signers }) }
}

/** The trie of these rows, committed. */
export function loadTrie(rows: ReturnType<LogStore<unknown>['stateHashes']>): Trie {
  return Trie.build(toTrieWrites(rows))
}

function* toTrieWrites(rows: ReturnType<LogStore<unknown>['stateHashes']>): Iterable<TrieWrite> {
  for (const [object, field, valueHash] of rows) yield { object, field, valueHash }
}

/** What is run, as the state says. */
export function scriptSettings(state: StateReader): ScriptSettings {
  const row = (name: string) => readLogRow(state, name)
  const [script, engine] = [row('script'), row('engine')]
  if (typeof script !== 'string' || typeof engine !== 'string') {
    throw new Error('The state names no script or no engine')
  }
  return { script, engine, limits: parseLimits(membersOf('limits', row('limits'))) }
}

function faultOf(
  head: StoredHead,
  found: Omit<Recovered, 'head' | 'fault'> & {
    readonly origin: string
    readonly signers: LogPorts<unknown>['signers']
  },
): string | undefined {
  const verifiers = found.signers.map((signer) => signer.verifier)
  const { checkpoint } = verifyCheckpoint(head.checkpoint, verifiers, found.origin)
  if (checkpoint.size !== head.size) {
    return `its head has ${head.size} entries, its signed checkpoint ${checkpoint.size}`
  }
  if (!isSameHash(checkpoint.root, found.frontier.root())) {
    return 'its entries do not hash to the root of its signed checkpoint'
  }
  if (!isSameHash(parseLeaf(head.leaf).stateRoot, found.trie.root())) {
    return 'its state does not hash to the root in its last leaf'
  }
  return undefined
}
