// The witness protocol without its transport: the add-checkpoint message, and what a witness answers (C2SP tlog-witness
// v1.0.0). Whoever decides must persist what it accepted, atomically with the check, before it answers.
import { isSteleError, SteleError } from '@stele/errors'
import { parseDecimal } from './canonical-text.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { emptyRoot, type Hash, sha256 } from './hash.ts'
import type { NoteVerifier } from './key.ts'
import { maxWitnessRequestBytes } from './limits.ts'
import { parseNote } from './note.ts'
import { verifyConsistency } from './proof.ts'
import { formatHashLines, parseHashLines } from './proof-file.ts'
import { verifyCheckpoint } from './verified-checkpoint.ts'

/**
 * A body of add-checkpoint, taken apart but not verified. `note` is the whole signed note,
 * `checkpoint` what its text says.
 */
export type AddCheckpoint = {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  readonly note: string
  readonly checkpoint: Checkpoint
}

/**
 * What a witness knows of a log: its keys, and the size and root that it last cosigned, null before
 * the first time.
 */
export type WitnessedLog = {
  readonly verifiers: readonly NoteVerifier[]
  readonly latest: { readonly size: number; readonly root: Hash } | null
}

/**
 * The answer to add-checkpoint. 200: persist `checkpoint`, then cosign `text`. 409: the body is
 * `formatSizeConflict(size)`, its type `text/x.tlog.size`.
 */
export type WitnessDecision =
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422; readonly reason: string }

/** The media type of the body of a 409. */
export const sizeConflictType: string = 'text/x.tlog.size'

const sizeConflict = /^([0-9]{1,16})\n$/

/**
 * The body of add-checkpoint: `old <size>`, the consistency proof in base64, an empty line, the
 * signed note.
 */
export function formatAddCheckpoint(request: Omit<AddCheckpoint, 'checkpoint'>): string {
  return `old ${request.oldSize}\n${formatHashLines(request.proof)}\n${request.note}`
}

/**
 * The inverse of `formatAddCheckpoint`. Throws `witness_request_invalid`, `note_invalid`,
 * `checkpoint_invalid`, all of status 400.
 */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  if (body.length > maxWitnessRequestBytes) {
    throw invalid(`it is over ${maxWitnessRequestBytes} bytes`)
  }
  const split = body.indexOf('\n\n')
  if (split < 0) throw invalid('it has no empty line before the checkpoint')
  const [first = '', ...rest] = body.slice(0, split).split('\n')
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice('old '.length)) : undefined
  if (oldSize === undefined) throw invalid('its first line is not "old <decimal number>"')
  const proof = parseHashLines(rest)
  if (proof === undefined) throw invalid('its proof is not up to 63 hashes in canonical base64')
  const note = body.slice(split + 2)
  return { oldSize, proof, note, checkpoint: parseCheckpoint(parseNote(note).text) }
}

/**
 * What a witness answers. `log` is what it knows of `request.checkpoint.origin`; undefined when it
 * knows no such log.
 */
export function decideAddCheckpoint(
  request: AddCheckpoint,
  log: WitnessedLog | undefined,
): WitnessDecision {
  const { oldSize, proof, note, checkpoint } = request
  const { origin, size, root } = checkpoint
  if (log === undefined) return { status: 404, reason: `the log "${origin}" is unknown` }
  const text = refusal(() => verifyCheckpoint(note, log.verifiers, origin).note.text)
  if (text.refused !== undefined) return { status: 403, reason: text.refused }
  if (oldSize > size) return { status: 400, reason: `the old size ${oldSize} is over ${size}` }
  const latest = log.latest ?? { size: 0, root: emptyRoot }
  if (oldSize !== latest.size) return { status: 409, size: latest.size }
  const consistent = refusal(() =>
    verifyConsistency({ oldSize, newSize: size, oldRoot: latest.root, newRoot: root, proof }),
  )
  if (consistent.refused !== undefined) return { status: 422, reason: consistent.refused }
  return { status: 200, checkpoint, text: text.value }
}

/** The body of a 409: the size that the witness last cosigned. */
export function formatSizeConflict(size: number): string {
  return `${size}\n`
}

/** The size in the body of a 409. Throws `witness_request_invalid`. */
export function parseSizeConflict(body: string): number {
  const size = parseDecimal(sizeConflict.exec(body)?.[1] ?? '')
  if (size === undefined) throw invalid('the body of the answer 409 is not a size and a newline')
  return size
}

/** Where a witness shows its last cosigned checkpoint of a log, below its monitoring prefix. */
export function monitoringPath(origin: string): string {
  return `${Buffer.from(sha256(Buffer.from(origin))).toString('hex')}/checkpoint`
}

type Checked<T> = { readonly value: T; readonly refused?: undefined } | { readonly refused: string }

/** What a check gives, or the reason why it refuses. */
function refusal<T>(check: () => T): Checked<T> {
  try {
    return { value: check() }
  } catch (error) {
    if (isSteleError(error, 'note_unverified') || isSteleError(error, 'proof_invalid')) {
      return { refused: error.details.reason }
    }
    throw error
  }
}

function invalid(reason: string): SteleError {
  return new SteleError('witness_request_invalid', { reason })
}
