// One entry's parts, cut out of their bundles and checked against the hashes in its leaf.
import { isUtf8 } from 'node:buffer'
import type { Body } from '@stele/entries/bodies'
import { hashBody, hashEffects, type Leaf, parseLeaf, seedOf } from '@stele/entries/leaf'
import { readBodyPart, splitPart } from '@stele/entries/parts'
import { isSteleError, SteleError } from '@stele/errors'
import { isSameHash } from '@stele/tlog/tree'
import type { Chunk } from './chunks.ts'
import type { Bundle } from './log-files.ts'
import { hex } from './quote.ts'

/** An entry as the log commits to it; parts that are withheld are undefined. */
export type EntryParts = {
  readonly index: number
  readonly leaf: Leaf
  readonly body: Body | undefined
  /** What was parsed to it. */
  readonly bodyBytes: Uint8Array | undefined
  /** The seed of its call, where the body is there. */
  readonly seed: Uint8Array
  /** Canonical JSON. */
  readonly effects: Uint8Array | undefined
  /** A value record; the leaf does not commit to it, the effects do. */
  readonly values: Uint8Array | undefined
}

/** What an entry gets wrong. */
export type EntryFault = { readonly what: string; readonly found: string; readonly wanted: string }

/** The parts of entry `index`. Throws `entry_mismatch`, `file_mismatch` for a bundle that is cut. */
export function readParts(chunk: Chunk, index: number): EntryParts {
  const leafBytes = recordOf(chunk, chunk.leaves, index)
  if (leafBytes === undefined) throw new Error('Leaves cannot be withheld')
  const leaf = inEntry(index, 'its leaf', () => parseLeaf(leafBytes))
  const bodyPart = recordOf(chunk, chunk.bodies, index)
  const effectsPart = recordOf(chunk, chunk.effects, index)
  const body = bodyPart && readBody(index, leaf, bodyPart)
  return {
    index,
    leaf,
    body,
    bodyBytes: bodyPart && splitPart(bodyPart).bytes,
    seed: body && bodyPart ? seedOf(body, splitPart(bodyPart).salt, leaf.bodyHash) : leaf.bodyHash,
    effects: effectsPart && readEffects(index, leaf, effectsPart),
    values: recordOf(chunk, chunk.values, index),
  }
}

/** The error that names the entry. */
export function entryMismatch(entry: number, fault: EntryFault, cause?: unknown): SteleError {
  return new SteleError('entry_mismatch', { entry, ...fault }, { cause })
}

/** Runs a check of an entry's part; what it refuses is a fault of the entry. */
export function inEntry<T>(entry: number, what: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!isSteleError(error)) throw error
    throw entryMismatch(entry, { what, found: error.message, wanted: 'one by the format' }, error)
  }
}

function readBody(index: number, leaf: Leaf, part: Uint8Array): Body {
  const { salt, bytes } = splitPart(part)
  compareHash(index, 'its body', { found: hashBody(salt, bytes), wanted: leaf.bodyHash })
  return inEntry(index, 'its body', () => readBodyPart(leaf.kind, part))
}

function readEffects(index: number, leaf: Leaf, part: Uint8Array): Uint8Array {
  const { salt, bytes } = splitPart(part)
  compareHash(index, 'its effects', { found: hashEffects(salt, bytes), wanted: leaf.effectsHash })
  return bytes
}

/** The text of a part. Bytes that are not UTF-8 would be read as others that are. */
export function decode(entry: number, what: string, bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw entryMismatch(entry, { what, found: 'other bytes', wanted: 'UTF-8' })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function compareHash(
  entry: number,
  what: string,
  { found, wanted }: { readonly found: Uint8Array; readonly wanted: Uint8Array },
): void {
  if (isSameHash(found, wanted)) return
  throw entryMismatch(entry, {
    what: `the hash of ${what} with the salt`,
    found: hex(found),
    wanted: `${hex(wanted)}, as its leaf says`,
  })
}

/** The record of an entry, undefined where it is withheld. */
function recordOf(chunk: Chunk, bundle: Bundle, index: number): Uint8Array | undefined {
  const position = index - chunk.start
  const record = bundle.items[position]
  const isLast = position === chunk.width - 1
  if (record === undefined || (isLast && bundle.leftOver > 0)) {
    const found = record === undefined ? 'bytes that are cut' : `${bundle.leftOver} bytes more`
    const facts = { what: 'its record of this entry', found, wanted: 'a whole record' }
    throw new SteleError('file_mismatch', { path: bundle.path, entry: index, ...facts })
  }
  return record ?? undefined
}
