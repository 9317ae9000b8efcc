// Proof bundles: a head, a partial tree of its state root, and the values that were asked for, in one file.
import { hash } from 'node:crypto'
import { maxInlineValueBytes } from '@stele/entries/leaf'
import { type EntryValue, formatValues, parseValues } from '@stele/entries/parts'
import { isSteleError, SteleError } from '@stele/errors'
import type { NoteVerifier } from '@stele/tlog/notes'
import { type VerifiedHead, verifyHead } from './head.ts'
import { maxBundleBytes, maxHeadBytes, maxTreeBytes } from './limits.ts'
import { openPartialTree, type PartialTree } from './partial-tree.ts'
import type { StateQuery } from './query.ts'

const header = Buffer.from('stele-proof/v1\n')

/** What a bundle is written from. `values` are those of the proof's `asked` leaves, in that order. */
export type BundleParts = {
  readonly head: string
  readonly tree: Uint8Array
  readonly values: readonly EntryValue[]
}

/** Whom to believe, and what was asked: without the queries nobody can say which leaf a value belongs to. */
export type BundleClaim = {
  readonly queries: readonly StateQuery[]
  readonly verifiers: readonly NoteVerifier[]
  readonly origin: string
}

/** A proven value: `valueHash` is its SHA-256; its bytes, if they are in line, have been checked against it. */
export type ProvenValue = EntryValue & { readonly valueHash: Uint8Array }

/** A proven leaf that was asked for. */
export type ProvenLeaf = {
  readonly object: string
  readonly field: string
  readonly value: ProvenValue
}

/** The answers of a bundle that holds. `tree` answers from hashes alone, and `get` and `list` what was asked for, with values. */
export type OpenBundle = {
  readonly head: VerifiedHead
  readonly tree: PartialTree
  /** The leaves that were asked for, left to right in the tree. */
  readonly leaves: readonly ProvenLeaf[]
  /** The value at this key, undefined where the state has none. Throws proof_not_covered, also for what was not asked for. */
  readonly get: (object: string, field: string) => ProvenValue | undefined
  /** All fields that begin with the prefix, with their values. Throws proof_not_covered, as `get`. */
  readonly list: (object: string, prefix: string) => readonly (readonly [string, ProvenValue])[]
}

/** `stele-proof/v1\n ‖ u32 len ‖ head ‖ u32 len ‖ partial tree ‖ u32 count ‖ values`. Spec: state.md, "Proofs". */
export function formatBundle({ head, tree, values }: BundleParts): Uint8Array {
  const headBytes = Buffer.from(head, 'utf8')
  const parts = [u32(headBytes.length), headBytes, u32(tree.length), tree, u32(values.length)]
  return Buffer.concat([header, ...parts, formatValues(values)])
}

/**
 * The answers in the bytes of a bundle, all checks made: head, partial tree, values in line. Nothing of it is believed but
 * what `verifiers` sign for. Throws proof_invalid, proof_not_covered (it does not answer the queries), and what
 * `verifyHead` throws. Spec: state.md, "Proofs".
 */
export function openBundle(bytes: Uint8Array, claim: BundleClaim): OpenBundle {
  const parts = parseBundle(bytes)
  const head = verifyHead(parts.head, claim.verifiers, claim.origin)
  const tree = openPartialTree(parts.tree, head.leaf.stateRoot)
  const asked = tree.asked(claim.queries)
  if (asked.length !== parts.valueCount) {
    throw invalid(`it has ${parts.valueCount} values for ${asked.length} leaves`)
  }
  const values = readValues(parts.values, asked.length)
  const leaves = asked.map(([object, field, valueHash], index): ProvenLeaf => {
    const value = { ...(values[index] ?? { withheld: true as const }), valueHash }
    if ('bytes' in value) checkBytes(value.bytes, valueHash, `"${object}" "${field}"`)
    return { object, field, value }
  })
  return { head, tree, leaves, ...answersOf(tree, leaves) }
}

/**
 * The bytes of a proven value that is a blob, once they were fetched: they must be the blob of that name and the value of
 * the leaf. Throws proof_invalid.
 */
export function checkBlob(value: ProvenValue, bytes: Uint8Array): Uint8Array {
  if (!('blob' in value)) throw new Error('Cannot check the blob of a value that has none')
  if (hash('sha512', bytes) !== value.blob) throw invalid(`the bytes are not blob ${value.blob}`)
  checkBytes(bytes, value.valueHash, `blob ${value.blob}`)
  return bytes
}

function answersOf(
  tree: PartialTree,
  leaves: readonly ProvenLeaf[],
): Pick<OpenBundle, 'get' | 'list'> {
  const byKey = new Map(leaves.map((leaf) => [keyOf(leaf.object, leaf.field), leaf.value]))
  function valueAt(object: string, field: string): ProvenValue {
    const value = byKey.get(keyOf(object, field))
    // The leaf is a neighbour of what was asked for: its hash is proven, its value did not come along.
    if (value === undefined) throw new SteleError('proof_not_covered', { object, field })
    return value
  }
  return {
    get: (object, field) =>
      tree.get(object, field) === undefined ? undefined : valueAt(object, field),
    list: (object, prefix) =>
      tree.list(object, prefix).map(([field]) => [field, valueAt(object, field)]),
  }
}

/** Names hold no zero byte. */
function keyOf(object: string, field: string): string {
  return `${object}\0${field}`
}

function checkBytes(bytes: Uint8Array, valueHash: Uint8Array, what: string): void {
  if (Buffer.compare(hash('sha256', bytes, 'buffer'), valueHash) !== 0) {
    throw invalid(`the value of ${what} is not the one that the state holds`)
  }
}

type RawBundle = {
  readonly head: string
  readonly tree: Buffer
  readonly valueCount: number
  readonly values: Buffer
}

function parseBundle(bundle: Uint8Array): RawBundle {
  if (bundle.length > maxBundleBytes) throw invalid(`it is over ${maxBundleBytes} bytes`)
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length)
  if (!bytes.subarray(0, header.length).equals(header)) throw invalid('it has another first line')
  const head = readPart(bytes, header.length, maxHeadBytes)
  const tree = readPart(bytes, head.end, maxTreeBytes)
  const valueCount = readU32(bytes, tree.end)
  const text = head.part.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(head.part)) throw invalid('its head is not UTF-8')
  return { head: text, tree: tree.part, valueCount, values: bytes.subarray(tree.end + 4) }
}

function readPart(
  bytes: Buffer,
  at: number,
  limit: number,
): { readonly part: Buffer; readonly end: number } {
  const length = readU32(bytes, at)
  const end = at + 4 + length
  if (length > limit || end > bytes.length) throw invalid('a part of it is cut or too long')
  return { part: bytes.subarray(at + 4, end), end }
}

function readValues(bytes: Buffer, count: number): readonly EntryValue[] {
  // A mark takes 4 bytes and becomes an object: no more of them than leaves, so look before reading.
  if (bytes.length < 4 * count || bytes.length > (4 + maxInlineValueBytes) * count) {
    throw invalid(`${bytes.length} bytes cannot be ${count} values`)
  }
  try {
    const values = parseValues(bytes)
    if (values.length === count) return values
    throw invalid(`it has ${values.length} values and says ${count}`)
  } catch (error) {
    if (isSteleError(error, 'entry_invalid')) throw invalid(error.message, error)
    throw error
  }
}

function readU32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw invalid('it is cut')
  return bytes.readUInt32BE(at)
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('proof_invalid', { what: 'proof bundle', reason }, { cause })
}
