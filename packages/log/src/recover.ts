// Opens what the store holds, and compares it with itself: the tree with the checkpoint, the state with the last leaf.

import type { Body } from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { entryKinds, parseLeaf, saltBytes } from '@stele/entries/leaf'
import { entriesIn, parseEffects, readBodyPart } from '@stele/entries/parts'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import { Trie, type TrieWrite } from '@stele/state'
import { type Checkpoint, verifyCheckpoint } from '@stele/tlog/keys'
import type { NoteVerifier } from '@stele/tlog/notes'
import { createHashReader, Frontier, type Hash, hashLeaf, isSameHash } from '@stele/tlog/tree'
import type { LogPorts, LogStore, SnapshotHome, StoredHead } from './ports.ts'
import { historyFault, publishedCheckpoint, publishedPieceFault } from './published.ts'
import { loadTrieSnapshot } from './trie-snapshot.ts'

/** What opening gives. `fault` says why the log must not be written to. */
export type Recovered = {
  readonly trie: Trie
  readonly frontier: Frontier
  readonly head: StoredHead
  /** The entries that the snapshot of the trie covers, 0 where there is none that can be used. */
  readonly snapshotSize: number
  readonly fault: string | undefined
}

/** A log that is open: what was recovered, and what runs its calls. */
export type Opened = Omit<Recovered, 'fault'> & { readonly executor: Executor }

/** What is read. Without `published`, what was published is not looked at. */
export type RecoverPorts = Pick<
  LogPorts,
  'store' | 'signers' | 'snapshots' | 'published' | 'report'
>

/** Why nothing may be written, or published, from what the store holds; undefined where all is well. */
export function logFault(ports: RecoverPorts): string | undefined {
  return recover(ports).fault
}

/** Reads the committed log back; what cannot be read is a fault. Throws `log_inconsistent` where there is none. */
export function recover(ports: RecoverPorts): Recovered {
  const { store, signers } = ports
  const head = store.head()
  const origin = signers[0]?.name ?? ''
  if (head === undefined) {
    throw new SteleError('log_inconsistent', { origin, reason: 'the store holds no log' })
  }
  try {
    const frontier = Frontier.restore(head.size, createHashReader(store.hashes))
    const { trie, snapshotSize } = openTrie(ports, head, origin)
    const fault = faultOf(ports, { head, frontier, trie, origin, snapshotSize })
    return { trie, frontier, head, snapshotSize, fault }
  } catch (error) {
    const fault = `it cannot be read: ${reasonOf(error)}`
    return { trie: new Trie(), frontier: Frontier.empty(), head, snapshotSize: 0, fault }
  }
}

type OpenedTrie = Pick<Recovered, 'trie' | 'snapshotSize'>

/** The trie at the head: from its snapshot and the entries since, or from the rows of the state where there is none. */
function openTrie(ports: RecoverPorts, head: StoredHead, origin: string): OpenedTrie {
  try {
    const opened = ports.snapshots && trieFromSnapshot(ports, ports.snapshots, { head, origin })
    if (opened !== undefined) return opened
  } catch (error) {
    // Whatever is wrong with a copy, the rows decide.
    const reason = reasonOf(error)
    ports.report({ event: 'snapshot_unusable', reason })
  }
  return { trie: Trie.build(rowWrites(ports.store)), snapshotSize: 0 }
}

function trieFromSnapshot(
  { store }: RecoverPorts,
  home: SnapshotHome,
  { head, origin }: { readonly head: StoredHead; readonly origin: string },
): OpenedTrie | undefined {
  const loaded = loadTrieSnapshot(home, origin)
  if (loaded === undefined) return undefined
  const { trie, size } = loaded
  if (size > head.size) throw new Error(`it is of ${size} entries, the log has ${head.size}`)
  for (const [, { effects }] of entriesIn(store.entries, size, head.size))
    rollForward(trie, effects)
  if (!isSameHash(trie.root(), parseLeaf(head.leaf).stateRoot)) {
    throw new Error('with the entries since, it is not the state of the last leaf')
  }
  return { trie, snapshotSize: size }
}

function rollForward(trie: Trie, effects: Uint8Array | null): void {
  if (effects === null) throw new Error('the effects of an entry since are withheld')
  const { writes } = parseEffects(Buffer.from(effects.subarray(saltBytes)).toString())
  trie.apply(
    writes.map(([object, field, hash]) => ({
      object,
      field,
      valueHash: hash === null ? null : Buffer.from(hash, 'hex'),
    })),
  )
}

function* rowWrites(store: LogStore): Iterable<TrieWrite> {
  for (const [object, field, valueHash] of store.stateHashes()) yield { object, field, valueHash }
}

type Found = Omit<Recovered, 'fault'> & { readonly origin: string }

function faultOf(ports: RecoverPorts, found: Found): string | undefined {
  const { head, frontier, trie, origin } = found
  const verifiers = ports.signers.map((signer) => signer.verifier)
  const checkpoint = checkpointOf(head, verifiers, origin)
  if (checkpoint === undefined) {
    return 'its checkpoint is not signed by the key that is there; if that was replaced, put the earlier one back'
  }
  if (checkpoint.size !== head.size) {
    return `its head has ${head.size} entries, its signed checkpoint ${checkpoint.size}`
  }
  const roots = [frontier.root(), head.root]
  if (!roots.every((root) => isSameHash(checkpoint.root, root))) {
    return 'its entries do not hash to the root of its signed checkpoint'
  }
  if (!isSameHash(parseLeaf(head.leaf).stateRoot, trie.root())) {
    return 'its state does not hash to the root in its last leaf'
  }
  return (
    newestFault(ports.store, head) ??
    numbersFault(ports.store, head) ??
    publishedFault(ports, verifiers, found)
  )
}

/** Undefined where it is not signed by these. */
function checkpointOf(
  { checkpoint }: StoredHead,
  verifiers: readonly NoteVerifier[],
  origin: string,
): Checkpoint | undefined {
  try {
    return verifyCheckpoint(checkpoint, verifiers, origin).checkpoint
  } catch (error) {
    if (isSteleError(error, 'note_unverified')) return undefined
    throw error
  }
}

/** The head's leaf says what time it is and what the state is: it must be the last entry's, and nothing may follow it. */
function newestFault(
  store: Pick<LogStore, 'entries' | 'hashes'>,
  { size, leaf }: StoredHead,
): string | undefined {
  const [newest, ...more] = store.entries(size - 1, 2)
  const [leafHash] = store.hashes(0, size - 1, 1)
  if (newest === undefined || leafHash === undefined) return 'its last entry is missing'
  if (Buffer.compare(newest.leaf, leaf) !== 0 || !isSameHash(hashLeaf(leaf), leafHash)) {
    return "its last entry's leaf is not the one of its head"
  }
  return more.length > 0 ? 'it holds entries beyond its head' : undefined
}

/** Every entry but the genesis, the script's memories and calls that callers sign took one number of one account. */
function numbersFault(
  store: Pick<LogStore, 'entries' | 'sequenceTotal'>,
  { size }: StoredHead,
): string | undefined {
  const total = store.sequenceTotal()
  const rest = size - 1 - total
  if (rest === 0) return undefined
  const { unnumbered, unknown } = countUnnumbered(store, size)
  if (rest >= unnumbered && rest <= unnumbered + unknown) return undefined
  return `its accounts have taken ${total} numbers, its entries say otherwise`
}

/** Entries after the genesis that took no number, and calls of which nobody can tell, since their bodies are withheld. */
function countUnnumbered(
  { entries }: Pick<LogStore, 'entries'>,
  size: number,
): { readonly unnumbered: number; readonly unknown: number } {
  let [unnumbered, unknown] = [0, 0]
  for (const [, { leaf, body }] of entriesIn(entries, 1, size)) {
    const { kind } = parseLeaf(leaf)
    if (kind === entryKinds.memory) unnumbered++
    if (kind !== entryKinds.call) continue
    if (body === null) unknown++
    else if (isSignedByCaller(readBodyPart(kind, body))) unnumbered++
  }
  return { unnumbered, unknown }
}

function isSignedByCaller({ body }: Body): boolean {
  return 'via' in body && body.via.type === 'key'
}

/** A store that was put back to an older copy would let the log fork. */
function publishedFault(
  { store, published }: RecoverPorts,
  verifiers: readonly NoteVerifier[],
  { head, origin }: Found,
): string | undefined {
  if (published === undefined) return undefined
  const note = publishedCheckpoint(published)
  if (note !== undefined) {
    const found = publishedOf(note, verifiers, origin)
    if (typeof found === 'string') return found
    const fault = historyFault(found, head.size, store.hashes)
    if (fault !== undefined) return fault
  }
  return publishedPieceFault(published, store, {
    size: head.size,
    hasCheckpoint: note !== undefined,
  })
}

/** The checkpoint, or why it is none of this log's. */
function publishedOf(
  note: string,
  verifiers: readonly NoteVerifier[],
  origin: string,
): { readonly size: number; readonly root: Hash } | string {
  try {
    return verifyCheckpoint(note, verifiers, origin).checkpoint
  } catch (cause) {
    const reason = reasonOf(cause)
    return `the checkpoint in its public folder cannot be verified: ${reason}. Either the file is damaged, or the folder is another log's; where it is this log's, delete "-/log/checkpoint" and start again: it is written anew`
  }
}
