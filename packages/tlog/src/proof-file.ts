// Proof files: an inclusion proof and its checkpoint, to be checked offline (C2SP tlog-proof, a draft).
import { SteleError } from '@stele/errors'
import { decodeBase64, decodeHash, encodeBase64, parseDecimal } from './canonical-text.ts'
import type { Hash } from './hash.ts'
import { maxExtraBytes, maxProofFileBytes, maxProofHashes } from './limits.ts'

/**
 * A proof file, taken apart but not verified: `path` is the inclusion proof from the leaf to the
 * root, `checkpoint` the whole signed note, `extra` not authenticated by anything.
 */
export type ProofFile = {
  readonly extra?: Uint8Array
  readonly index: number
  readonly path: readonly Hash[]
  readonly checkpoint: string
}

const header = 'c2sp.org/tlog-proof@v1'

/** The parts of a `.tlog-proof` file. Throws `proof_invalid`. C2SP tlog-proof. */
export function parseProofFile(text: string): ProofFile {
  // UTF-16 units are never more than bytes, so this bounds the work; the note's own limit is exact.
  if (text.length > maxProofFileBytes) throw invalid(`it is over ${maxProofFileBytes} bytes`)
  const split = text.indexOf('\n\n')
  if (split < 0) throw invalid('it has no empty line before the checkpoint')
  const [first, ...rest] = text.slice(0, split).split('\n')
  if (first !== header) throw invalid(`its first line is not "${header}"`)
  const extra = rest[0]?.startsWith('extra ') === true ? parseExtra(rest.shift() ?? '') : undefined
  const index = parseIndex(rest.shift() ?? '')
  const path = parseHashLines(rest)
  if (path === undefined) throw invalid(`its path is not up to ${maxProofHashes} base64 hashes`)
  const checkpoint = text.slice(split + 2)
  return extra === undefined ? { index, path, checkpoint } : { extra, index, path, checkpoint }
}

/**
 * The text of a proof file; its inverse is `parseProofFile`. No extra data and empty extra data are
 * the same.
 */
export function formatProofFile({ extra, index, path, checkpoint }: ProofFile): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new Error(`Cannot prove leaf ${index}`)
  if (path.length > maxProofHashes) throw new Error(`Cannot write ${path.length} hashes`)
  if ((extra?.length ?? 0) > maxExtraBytes) throw new Error('Cannot write so much extra data')
  const extraLine =
    extra === undefined || extra.length === 0 ? '' : `extra ${encodeBase64(extra)}\n`
  return `${header}\n${extraLine}index ${index}\n${formatHashLines(path)}\n${checkpoint}`
}

/** Hashes in base64, one a line, each with its newline. */
export function formatHashLines(hashes: readonly Hash[]): string {
  return hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')
}

/** The hashes of these lines, at most 63, or undefined. */
export function parseHashLines(lines: readonly string[]): Hash[] | undefined {
  if (lines.length > maxProofHashes) return undefined
  const hashes: Hash[] = []
  for (const line of lines) {
    const hash = decodeHash(line)
    if (hash === undefined) return undefined
    hashes.push(hash)
  }
  return hashes
}

function parseExtra(line: string): Uint8Array {
  const extra = decodeBase64(line.slice('extra '.length))
  if (extra === undefined || extra.length === 0) {
    throw invalid('its extra data is not canonical base64 of one byte or more')
  }
  if (extra.length > maxExtraBytes) throw invalid(`its extra data is over ${maxExtraBytes} bytes`)
  return extra
}

function parseIndex(line: string): number {
  const index = line.startsWith('index ') ? parseDecimal(line.slice('index '.length)) : undefined
  if (index === undefined) throw invalid('it has no line "index <decimal number>"')
  return index
}

function invalid(reason: string): SteleError {
  return new SteleError('proof_invalid', { what: 'proof file', reason })
}
