// Reading a partial tree and computing its root. The bytes come from whoever may be lying: everything is checked here,
// and nothing recurses (spec/state.md "Proofs").
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { emptyRoot } from '@stele/tlog/tree'
import { hashBytes, hashInnerMessage, hashLeafMessage, innerBytes, leafMessage } from './hashing.ts'
import { bitOf, firstDifference, objectHashBytes } from './key.ts'
import { maxFieldBytes, maxObjectBytes, maxPathBits } from './limits.ts'
import { innerTag, leafTag, prunedTag } from './tree-bytes.ts'

/** A leaf that a proof shows. `path` is SHA-256(object) ‖ field. */
export type ShownLeaf = {
  readonly path: Buffer
  readonly object: string
  readonly field: string
  readonly valueHash: Uint8Array
}

/** A parsed tree. Nodes are numbered in pre-order: a left child is its parent's number + 1. */
export type ParsedTree = {
  readonly root: Uint8Array
  /** The deciding bit of each inner node, -1 for others. */
  readonly bits: readonly number[]
  /** The right child of each inner node. */
  readonly rights: readonly number[]
  /** Where each node's subtree ends: it is the nodes [node, end). */
  readonly ends: readonly number[]
  /** The leaf at a node; what is neither this nor inner is pruned. */
  readonly leaves: ReadonlyMap<number, ShownLeaf>
}

/** An inner node whose children are being read: the left one, or the right one. */
type Frame = { readonly node: number; readonly bit: number; side: 0 | 1 }

type Reading = {
  readonly bytes: Buffer
  at: number
  readonly bits: number[]
  readonly rights: number[]
  readonly ends: number[]
  readonly leaves: Map<number, ShownLeaf>
  /** The ancestors of what is read next, the root first. */
  readonly frames: Frame[]
  /** Hashes of finished subtrees that wait for their parent, as 32 characters each. */
  readonly hashes: string[]
  lastLeaf: ShownLeaf | undefined
  /** The bit of the node in which the leaf before and the next one part. */
  partingBit: number
}

/** The tree in these bytes, whose root is still to be compared. Throws proof_invalid. */
export function parseTree(bytes: Buffer): ParsedTree {
  const reading: Reading = {
    bytes,
    at: 0,
    bits: [],
    rights: [],
    ends: [],
    leaves: new Map(),
    frames: [],
    hashes: [],
    lastLeaf: undefined,
    partingBit: maxPathBits,
  }
  if (bytes.length === 0) return { ...reading, root: emptyRoot }
  do readNode(reading)
  while (reading.frames.length > 0)
  const left = bytes.length - reading.at
  if (left > 0) throw invalidTree(`${left} bytes are left over`)
  return { ...reading, root: Buffer.from(reading.hashes.pop() ?? '', 'latin1') }
}

/** The error of a partial tree that must not be believed. */
export function invalidTree(reason: string): SteleError {
  return new SteleError('proof_invalid', { what: 'state proof', reason })
}

function readNode(reading: Reading): void {
  const node = reading.bits.length
  const tag = reading.bytes[take(reading, 1)]
  if (tag === innerTag) return openInner(reading, node)
  reading.bits.push(-1)
  if (tag === leafTag) readLeaf(reading, node)
  else if (tag === prunedTag) {
    const at = take(reading, hashBytes)
    reading.hashes.push(reading.bytes.toString('latin1', at, at + hashBytes))
  } else throw invalidTree(`it has a node of the unknown kind ${tag}`)
  close(reading, node)
}

function openInner(reading: Reading, node: number): void {
  const bit = reading.bytes.readUInt16BE(take(reading, 2))
  const above = reading.frames.at(-1)
  if (above !== undefined && bit <= above.bit) throw invalidTree('bits do not grow downward')
  if (bit >= maxPathBits) throw invalidTree(`it decides at bit ${bit}, beyond all paths`)
  reading.bits.push(bit)
  reading.frames.push({ node, bit, side: 0 })
}

function readLeaf(reading: Reading, node: number): void {
  const { bytes } = reading
  const start = reading.at
  const object = readName(reading, { what: 'object', least: 1, most: maxObjectBytes })
  const field = readName(reading, { what: 'field', least: 0, most: maxFieldBytes })
  const valueAt = take(reading, hashBytes)
  const leaf = {
    path: pathAfter(reading.lastLeaf, object, field),
    object: object.text,
    field: field.text,
    valueHash: bytes.subarray(valueAt, valueAt + hashBytes),
  }
  checkPlace(reading, leaf)
  reading.lastLeaf = leaf
  reading.partingBit = maxPathBits
  reading.leaves.set(node, leaf)
  const length = bytes.copy(leafMessage, 1, start, reading.at)
  reading.hashes.push(hashLeafMessage(1 + length))
}

/** The leaf's path must agree with all its ancestors, and part from the leaf before exactly where the tree says. */
function checkPlace(reading: Reading, leaf: ShownLeaf): void {
  for (const { bit, side } of reading.frames) {
    if (bitOf(leaf.path, bit) !== side)
      throw invalidTree('a leaf stands where its path does not lead')
  }
  const before = reading.lastLeaf
  if (before !== undefined && firstDifference(before.path, leaf.path) !== reading.partingBit) {
    throw invalidTree('two leaves part at another bit than the tree says')
  }
}

/** Ends a subtree, and all those that end with it. */
function close(reading: Reading, node: number): void {
  const { frames, bits, rights, ends } = reading
  ends[node] = bits.length
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (frame.side === 0) {
      frame.side = 1
      rights[frame.node] = bits.length
      reading.partingBit = Math.min(reading.partingBit, frame.bit)
      return
    }
    frames.pop()
    ends[frame.node] = bits.length
    joinHashes(reading, frame.bit)
  }
}

function joinHashes({ hashes }: Reading, bit: number): void {
  innerBytes.write(hashes.pop() ?? '', hashBytes, hashBytes, 'latin1')
  innerBytes.write(hashes.pop() ?? '', 0, hashBytes, 'latin1')
  hashes.push(hashInnerMessage(bit))
}

type Name = { readonly bytes: Buffer; readonly text: string }
type NameLimits = { readonly what: string; readonly least: number; readonly most: number }

function readName(reading: Reading, { what, least, most }: NameLimits): Name {
  const length = reading.bytes.readUInt16BE(take(reading, 2))
  if (length < least || length > most)
    throw invalidTree(`the ${what} of a leaf has ${length} bytes`)
  const at = take(reading, length)
  const bytes = reading.bytes.subarray(at, at + length)
  const text = bytes.toString('utf8')
  if (bytes.includes(0)) throw invalidTree(`the ${what} of a leaf holds a zero byte`)
  // What is no UTF-8 reads as U+FFFD, which may also have been written.
  if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(bytes)) {
    throw invalidTree(`the ${what} of a leaf is not UTF-8`)
  }
  return { bytes, text }
}

/** SHA-256(object) ‖ field. Neighbours are often of one object: then its hash is taken from the leaf before. */
function pathAfter(before: ShownLeaf | undefined, object: Name, field: Name): Buffer {
  const digest =
    before !== undefined && before.object === object.text
      ? before.path.subarray(0, objectHashBytes)
      : hash('sha256', object.bytes, 'buffer')
  return Buffer.concat([digest, field.bytes])
}

/** Steps over `count` bytes and says where they start. */
function take(reading: Reading, count: number): number {
  const at = reading.at
  if (at + count > reading.bytes.length) throw invalidTree('it is cut')
  reading.at = at + count
  return at
}
