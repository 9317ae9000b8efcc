// A version of the trie, written to frames and loaded from them without hashing anything (spec/state.md "State trie").
// What is written is compact: nodes in the order in which they are reached, children before their parents.
import { emptyColumns, type FrameColumns, formatFrame, readFrame } from './arena-frame.ts'
import { hashBytes } from './hashing.ts'
import { Inners } from './inners.ts'
import { Leaves } from './leaves.ts'

/** The arena of a trie. */
export type Arena = { readonly inners: Inners; readonly leaves: Leaves }
/** An arena that was loaded: the root is its last inner node, or its only leaf. */
export type LoadedArena = Arena & { readonly leafCount: number }

/** Changes with the form of the frames. */
const formatVersion = 1
/** As a word of the machine, so that memory of the other byte order is never taken for its own. */
const byteOrderMark = 0x01020304
/** Nodes looked at for one frame: well under a millisecond. */
const nodesPerFrame = 1_000
/** An inner node on the way: its children are written first. */
type Visit = { readonly node: number; next: 'left' | 'right' | 'self' }

/**
 * The frames of a tree (undefined: the empty one), which must not change until the last of them; the caller may let others
 * run between two frames.
 */
export function* snapshotFrames(
  arena: Arena,
  tree: number | undefined,
  leafCount: number,
): Generator<Uint8Array, undefined> {
  yield new Uint8Array(Uint32Array.of(byteOrderMark, formatVersion, leafCount).buffer)
  if (tree === undefined) return undefined
  const writer = new FrameWriter(arena)
  const open: Visit[] = []
  const visit = (below: number): void => {
    if (below < 0) writer.addLeaf(~below)
    else open.push({ node: below, next: 'left' })
  }
  visit(tree)
  for (let newest = open.at(-1); newest !== undefined; newest = open.at(-1)) {
    const { node, next } = newest
    if (next === 'self') {
      open.pop()
      writer.addInner(node)
      if (writer.nodes >= nodesPerFrame) yield writer.finish()
    } else {
      newest.next = next === 'left' ? 'right' : 'self'
      visit(arena.inners.child(node, next === 'left' ? 0 : 1))
    }
  }
  yield writer.finish()
  return undefined
}

/** The arena that these frames hold. Throws where they are not the frames of one tree in this form. */
export function loadFrames(frames: Iterable<Uint8Array>): LoadedArena {
  const [inners, leaves] = [new Inners(), new Leaves()]
  let leafCount: number | undefined
  for (const frame of frames) {
    if (leafCount === undefined) {
      leafCount = readCount(frame)
      inners.reserve(leafCount)
      leaves.reserve(leafCount)
    } else {
      const columns = readFrame(frame)
      inners.load(columns)
      leaves.load(columns)
    }
  }
  if (leafCount === undefined || leaves.used !== leafCount) {
    throw new Error('The number of leaves in the frames is not the one in the first frame')
  }
  if (inners.used !== Math.max(0, leafCount - 1)) throw new Error('The frames are not one tree')
  return { inners, leaves, leafCount }
}

function readCount(frame: Uint8Array): number {
  const [mark, version, leafCount] = new Uint32Array(Uint8Array.from(frame).buffer)
  if (mark !== byteOrderMark || version !== formatVersion || leafCount === undefined) {
    throw new Error('The frames are in another form')
  }
  return leafCount
}

/** Gathers the columns of one frame after the other, giving every node its number in the snapshot. */
class FrameWriter {
  readonly #arena: Arena
  /** The numbers of trees that are written and wait for their parent. */
  readonly #waiting: number[] = []
  #columns: FrameColumns = emptyColumns()
  #inners = 0
  #leaves = 0
  #objects = 0
  #units = 0
  /** The arena's number of the newest object: its leaves come one after the other. */
  #object = -1

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** How many nodes the frame holds. */
  get nodes(): number {
    return this.#columns.left.length + this.#columns.values.length
  }

  addLeaf(leaf: number): void {
    const { leaves } = this.#arena
    const object = leaves.objectOf(leaf)
    if (object !== this.#object) this.#addObject(object)
    const at = leaf * hashBytes
    this.#columns.objectOf.push(this.#objects - 1)
    this.#columns.fieldOf.push(this.#addName(leaves.fieldName(leaf)))
    this.#columns.values.push(leaves.values.subarray(at, at + hashBytes))
    this.#waiting.push(~this.#leaves++)
  }

  addInner(node: number): void {
    const { inners } = this.#arena
    const [right, left] = [this.#waiting.pop(), this.#waiting.pop()]
    if (left === undefined || right === undefined) throw new Error('A node lacks a child')
    const at = node * hashBytes
    this.#columns.left.push(left)
    this.#columns.right.push(right)
    this.#columns.bits.push(inners.bit(node))
    this.#columns.hashes.push(inners.bytes.subarray(at, at + hashBytes))
    this.#waiting.push(this.#inners++)
  }

  /** The frame; the next one begins. */
  finish(): Uint8Array {
    const frame = formatFrame(this.#columns)
    this.#columns = emptyColumns()
    return frame
  }

  #addObject(object: number): void {
    const { leaves } = this.#arena
    this.#columns.objectNames.push(this.#addName(leaves.objectName(object)))
    this.#columns.objectHashes.push(leaves.objectHash(object))
    this.#object = object
    this.#objects++
  }

  #addName(units: Uint8Array): number {
    const unit = this.#units
    this.#columns.names.push(units)
    this.#units += units.length / 8
    return unit
  }
}
