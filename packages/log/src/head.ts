// Signs what a group commits to: the checkpoint, by the log's keys and its clock, and the head around it.
import { formatHead } from '@stele/state'
import { formatCheckpoint } from '@stele/tlog/keys'
import { cosignNote, formatNote, signNote } from '@stele/tlog/notes'
import { createHashReader, type Frontier, type Hash, proveInclusion } from '@stele/tlog/tree'
import type { LogPorts, StoredHead } from './ports.ts'

/** The tree that is signed: its right edge, its newest leaf, and that leaf's inclusion path. */
export type NewestLeaf = {
  readonly frontier: Frontier
  readonly leaf: Uint8Array
  readonly path: readonly Hash[]
}

type SigningPorts = Pick<LogPorts, 'signers' | 'clock' | 'nowMs'>

/** The head of this tree: the note carries the log's signatures first, then its clock's. */
export function signHead(
  { signers, clock, nowMs }: SigningPorts,
  origin: string,
  { frontier, leaf, path }: NewestLeaf,
): StoredHead {
  const [size, root] = [frontier.size, frontier.root()]
  const text = formatCheckpoint({ origin, size, root })
  const clockS = Math.floor(nowMs() / 1000)
  const signatures = signers.map((signer) => signNote(text, signer))
  const checkpoint = formatNote(text, [...signatures, cosignNote(text, clock, clockS)])
  const head = formatHead({ leaf, index: size - 1, path, checkpoint })
  return { size, root, checkpoint, head, leaf, clockS }
}

/** The newest leaf of what is committed, with its path: what a heartbeat signs again. */
export function newestLeaf(
  { hashes }: Pick<LogPorts['store'], 'hashes'>,
  frontier: Frontier,
  { size, leaf }: StoredHead,
): NewestLeaf {
  return { frontier, leaf, path: proveInclusion(size - 1, size, createHashReader(hashes)) }
}
