// The text of a checkpoint: origin, size, root (C2SP tlog-checkpoint v1.0.0), without extension lines.
import { SteleError } from '@stele/errors'
import { decodeHash, encodeBase64, parseDecimal } from './canonical-text.ts'
import { type Hash, hashSizeBytes } from './hash.ts'
import { isKeyName } from './key.ts'
import { maxTreeSize } from './limits.ts'

/** What a log says of itself: `root` is that of its first `size` leaves. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash }

/**
 * The checkpoint of a note's text (`Note.text`, not the whole note). Extension lines are refused.
 * Throws `checkpoint_invalid`. C2SP tlog-checkpoint v1.0.0.
 */
export function parseCheckpoint(noteText: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', end, more] = noteText.split('\n', 5)
  if (end === undefined) throw invalid('it has not three lines')
  if (end !== '' || more !== undefined) throw invalid('it has more than three lines')
  const size = parseDecimal(sizeText)
  const root = decodeHash(rootText)
  if (!isKeyName(origin)) throw invalid('its origin is empty, too long, or has a space or a plus')
  if (size === undefined) throw invalid(`its size is not a decimal number up to ${maxTreeSize}`)
  if (root === undefined) throw invalid('its root is not canonical base64 of 32 bytes')
  return { origin, size, root }
}

/** The three lines of a checkpoint: a note's text, ready to be signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!isKeyName(origin)) throw new Error(`Cannot name a log ${JSON.stringify(origin)}`)
  if (!Number.isSafeInteger(size) || size < 0) throw new Error(`Cannot sign the size ${size}`)
  if (root.length !== hashSizeBytes) throw new Error(`Cannot sign a root of ${root.length} bytes`)
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

function invalid(reason: string): SteleError {
  return new SteleError('checkpoint_invalid', { reason })
}
