// The head: a proof that a leaf is the last one under a checkpoint, so that its state root is the state there.
import { type Leaf, parseLeaf } from '@stele/entries/leaf'
import { isSteleError, SteleError } from '@stele/errors'
import { cosignedTimeS, type VerifiedCheckpoint, verifyCheckpoint } from '@stele/tlog/keys'
import type { NoteVerifier } from '@stele/tlog/notes'
import { formatProofFile, parseProofFile, verifyInclusion } from '@stele/tlog/proofs'
import { hashLeaf } from '@stele/tlog/tree'

/** What a head is written from: the last leaf (106 bytes), its index, its inclusion path, the whole signed note. */
export type HeadParts = {
  readonly leaf: Uint8Array
  readonly index: number
  readonly path: readonly Uint8Array[]
  readonly checkpoint: string
}

/** A head that holds: the checkpoint with its note, the last leaf, and the clock's time in seconds since 1970. */
export type VerifiedHead = VerifiedCheckpoint & { readonly leaf: Leaf; readonly clockS: number }

/** The name of the key that cosigns a log's checkpoints with the time. Spec: state.md, "Proofs". */
export function clockName(origin: string): string {
  return `${origin}/clock`
}

/** The text of a head: a C2SP tlog-proof whose extra data is the leaf. Its inverse is `verifyHead`. */
export function formatHead({ leaf, index, path, checkpoint }: HeadParts): string {
  return formatProofFile({ extra: leaf, index, path, checkpoint })
}

/**
 * What a head proves, when the log `origin` and its clock have signed its checkpoint with keys among `verifiers` and the
 * leaf is the checkpoint's last. How old `clockS` may be is the caller's to judge. Throws proof_invalid, note_invalid,
 * note_unverified, checkpoint_invalid. Spec: state.md, "Proofs".
 */
export function verifyHead(
  text: string,
  verifiers: readonly NoteVerifier[],
  origin: string,
): VerifiedHead {
  const file = parseProofFile(text)
  const verified = verifyCheckpoint(file.checkpoint, verifiers, origin)
  const clockS = cosignedTimeS(verified.verified, clockName(origin))
  if (clockS === null) {
    throw new SteleError('note_unverified', { origin, reason: 'its clock has not cosigned it' })
  }
  const { size, root } = verified.checkpoint
  // An earlier leaf is as well proven, but its state root is an older one.
  if (file.index !== size - 1) {
    throw invalid(`its leaf is number ${file.index}, not the last of ${size}`)
  }
  if (file.extra === undefined) throw invalid('it has no leaf')
  const leaf = readLeaf(file.extra)
  const leafHash = hashLeaf(file.extra)
  verifyInclusion({ index: file.index, size, leafHash, root, proof: file.path })
  return { ...verified, leaf, clockS }
}

function readLeaf(bytes: Uint8Array): Leaf {
  try {
    return parseLeaf(bytes)
  } catch (error) {
    if (isSteleError(error, 'entry_invalid')) throw invalid(error.message, error)
    throw error
  }
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('proof_invalid', { what: 'head', reason }, { cause })
}
