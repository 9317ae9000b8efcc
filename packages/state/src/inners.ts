// The inner nodes of a trie in typed arrays: deciding bit, two children, hash. A child that is a leaf is ~leaf.
import type { ReadColumns } from './arena-frame.ts'
import { enlarge, grownCapacity } from './growth.ts'

const dirtyFlag = 0x8000
const freshFlag = 0x4000
/** The part of `bits` that is the bit: a path has fewer than 2^14 of them, which leaves room for two flags. */
export const bitMask = 0x3fff
const hashWords = 8

/** All inner nodes of an arena. A node is known by its number; released numbers are used again. */
export class Inners {
  bits: Uint16Array = new Uint16Array(0)
  left: Int32Array = new Int32Array(0)
  right: Int32Array = new Int32Array(0)
  /** Hashes as words of the machine, and the same memory as bytes. */
  words: Int32Array = new Int32Array(0)
  bytes: Buffer = Buffer.alloc(0)
  #used = 0
  readonly #free: number[] = []

  /** How many nodes there ever were at once. */
  get used(): number {
    return this.#used
  }

  /** Makes room for so many nodes at once, and some more: pages that are never touched cost no memory. */
  reserve(count: number): void {
    this.#grow(grownCapacity(count, count + 1))
  }

  /** Adds the nodes of a frame, hashed. */
  load({ left, right, bits, hashes }: ReadColumns): void {
    const at = this.#used
    this.#used += left.length
    if (this.#used > this.bits.length) this.#grow(this.#used)
    this.left.set(left, at)
    this.right.set(right, at)
    this.bits.set(bits, at)
    this.bytes.set(hashes, at * 32)
  }

  /** A new node, whose hash is not computed. */
  add(bit: number, left: number, right: number): number {
    const node = this.#free.pop() ?? this.#used++
    if (node >= this.bits.length) this.#grow(node + 1)
    this.bits[node] = bit | dirtyFlag
    this.left[node] = left
    this.right[node] = right
    return node
  }

  release(node: number): void {
    this.#free.push(node)
  }

  bit(node: number): number {
    return this.bits[node]! & bitMask
  }

  child(node: number, side: 0 | 1): number {
    return side === 1 ? this.right[node]! : this.left[node]!
  }

  /** Gives the node another child; its hash is to be computed again. */
  setChild(node: number, side: 0 | 1, child: number): void {
    if (side === 1) this.right[node] = child
    else this.left[node] = child
    this.bits[node]! |= dirtyFlag
  }

  isDirty(node: number): boolean {
    return (this.bits[node]! & dirtyFlag) !== 0
  }

  /** Keeps the node's hash, given as 32 characters. */
  setHash(node: number, digest: string): void {
    this.bytes.write(digest, node * 32, 32, 'latin1')
    this.bits[node]! &= ~dirtyFlag
  }

  copyHash(node: number, target: Int32Array, at: number): void {
    const from = node * hashWords
    for (let word = 0; word < hashWords; word++) target[at + word] = this.words[from + word]!
  }

  isFresh(node: number): boolean {
    return (this.bits[node]! & freshFlag) !== 0
  }

  setFresh(node: number, fresh: boolean): void {
    if (fresh) this.bits[node]! |= freshFlag
    else this.bits[node]! &= ~freshFlag
  }

  #grow(needed: number): void {
    const capacity = grownCapacity(this.bits.length, needed)
    this.bits = enlarge(this.bits, (length) => new Uint16Array(length), capacity)
    this.left = enlarge(this.left, (length) => new Int32Array(length), capacity)
    this.right = enlarge(this.right, (length) => new Int32Array(length), capacity)
    this.words = enlarge(this.words, (length) => new Int32Array(length), capacity * hashWords)
    this.bytes = Buffer.from(this.words.buffer, this.words.byteOffset, this.words.byteLength)
  }
}
