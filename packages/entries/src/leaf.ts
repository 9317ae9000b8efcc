// The 106-byte leaf of the log, and the hashes of what it commits to (spec/state.md "Leaf").
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { maxTimeMs } from './limits.ts'

/** The length of a leaf, in bytes. */
export const leafSizeBytes: number = 1 + 1 + 8 + 3 * 32

/** The kinds of entry, by the number that a leaf carries. */
export const entryKinds = { genesis: 0, call: 1, config: 2, memory: 3, takedown: 4 } as const
/** A kind's number. */
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds]

/** A leaf, taken apart. The three hashes have 32 bytes; `timeMs` is milliseconds since 1970. */
export type Leaf = {
  readonly kind: EntryKind
  readonly timeMs: number
  readonly bodyHash: Uint8Array
  readonly effectsHash: Uint8Array
  readonly stateRoot: Uint8Array
}

const version = 1
const bodyTag = Uint8Array.of(0x10)
const effectsTag = Uint8Array.of(0x11)

/** The leaf's 106 bytes: `u8 version ‖ u8 kind ‖ u64 time ‖ bodyHash ‖ effectsHash ‖ stateRoot`. */
export function formatLeaf(leaf: Leaf): Uint8Array {
  const bytes = Buffer.alloc(leafSizeBytes)
  bytes[0] = version
  bytes[1] = leaf.kind
  bytes.writeBigUInt64BE(BigInt(leaf.timeMs), 2)
  bytes.set(leaf.bodyHash, 10)
  bytes.set(leaf.effectsHash, 42)
  bytes.set(leaf.stateRoot, 74)
  return bytes
}

/** The leaf in these bytes. Throws `entry_invalid`. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length !== leafSizeBytes) throw invalid(`it has ${bytes.length} bytes, not 106`)
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view[0] !== version) throw invalid(`its version is ${view[0]}, not 1`)
  const kind = view[1]
  if (!isEntryKind(kind)) throw invalid(`its kind is ${kind}, not 0 to 4`)
  const timeMs = Number(view.readBigUInt64BE(2))
  if (timeMs > maxTimeMs) throw invalid(`its time is over ${maxTimeMs} ms`)
  return {
    kind,
    timeMs,
    bodyHash: view.subarray(10, 42),
    effectsHash: view.subarray(42, 74),
    stateRoot: view.subarray(74, 106),
  }
}

/** SHA-256(0x10 ‖ salt ‖ body): what a leaf holds of its body. `salt` has 32 bytes. */
export function hashBody(salt: Uint8Array, body: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([bodyTag, salt, body]))
}

/** SHA-256(0x11 ‖ salt ‖ effects): what a leaf holds of its effects. `salt` has 32 bytes. */
export function hashEffects(salt: Uint8Array, effects: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([effectsTag, salt, effects]))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

function isEntryKind(kind: number | undefined): kind is EntryKind {
  return kind !== undefined && kind >= 0 && kind <= entryKinds.takedown
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'leaf', reason })
}
