// A checkpoint that its own log has signed: what every reader starts from.
import { SteleError } from '@stele/errors'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { isLogKey, type NoteVerifier } from './key.ts'
import { type VerifiedNote, type VerifiedSignature, verifyNote } from './note.ts'

/** A checkpoint, the note that it came in, and the signatures that hold. */
export type VerifiedCheckpoint = VerifiedNote & { readonly checkpoint: Checkpoint }

/**
 * The checkpoint of a signed note of the log `origin`. Beyond `verifyNote`, a key that is named as the origin must have
 * signed, as a log (0x01 or 0x06): cosigners alone do not make a checkpoint. Throws `note_invalid`, `note_unverified`,
 * `checkpoint_invalid`.
 */
export function verifyCheckpoint(
  noteText: string,
  verifiers: readonly NoteVerifier[],
  origin: string,
): VerifiedCheckpoint {
  const { note, verified } = verifyNote(noteText, verifiers)
  const checkpoint = parseCheckpoint(note.text)
  if (checkpoint.origin !== origin) {
    throw unverified(origin, `it is of the log "${checkpoint.origin}"`)
  }
  if (!verified.some((signature) => isLogSignature(signature, origin))) {
    throw unverified(origin, 'no known key of the log itself has signed it')
  }
  return { checkpoint, note, verified }
}

/**
 * The newest time, in seconds since 1970, at which the cosigner of this name says to have seen the
 * checkpoint; null without such a cosignature.
 */
export function cosignedTimeS(verified: readonly VerifiedSignature[], name: string): number | null {
  const times = verified.flatMap(({ verifier, timeS }) =>
    verifier.name === name && timeS !== null ? [timeS] : [],
  )
  return times.length === 0 ? null : Math.max(...times)
}

function isLogSignature({ verifier }: VerifiedSignature, origin: string): boolean {
  return verifier.name === origin && isLogKey(verifier)
}

function unverified(origin: string, reason: string): SteleError {
  return new SteleError('note_unverified', { origin, reason })
}
