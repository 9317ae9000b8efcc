// The state trie: a binary Patricia tree in typed arrays, hashed lazily, with one copy-on-write group at a time.
// It holds keys and value hashes, never values, and knows nothing of disks (spec/state.md "State trie").
import { SteleError } from '@stele/errors'
import { emptyRoot } from '@stele/tlog/tree'
import { hashTree } from './hash-tree.ts'
import { hashBytes } from './hashing.ts'
import { bitMask, Inners } from './inners.ts'
import { bitOf, KeyBuffer, objectHashBytes } from './key.ts'
import { Leaves } from './leaves.ts'
import { maxPathBits } from './limits.ts'
import { proofSteps, type StateProof } from './prove.ts'
import type { StateQuery } from './query.ts'
import { type Arena, loadFrames, snapshotFrames } from './snapshot.ts'
import { Versions } from './versions.ts'

/** One leaf to set or, with a null hash, to remove. `valueHash` is SHA-256(value), 32 bytes. */
export type TrieWrite = {
  readonly object: string
  readonly field: string
  readonly valueHash: Uint8Array | null
}

/** A tree within the arena: a node's number, ~number for a leaf, `noTree` for the empty one. */
type Tree = number
const noTree: Tree = -0x80000000
/** Bits of a path that its object alone decides. */
const objectBits = 8 * objectHashBytes

/**
 * The state's trie. `root()`, `get()` and `leafCount` speak of the newest version, an open group included; proofs speak of
 * the committed one.
 */
export class Trie {
  #inners = new Inners()
  #leaves = new Leaves()
  #tree: Tree = noTree
  #leafCount = 0
  #versions = new Versions({ inners: this.#inners, leaves: this.#leaves })
  readonly #key = new KeyBuffer()
  /** The inner nodes from the root to where the last descent ended; `#depth` of them count. */
  readonly #trail = new Int32Array(maxPathBits)
  #depth = 0

  /**
   * A trie of these leaves, hashed; fastest when an object's fields come together. Throws entry_invalid for a key beyond
   * the limits.
   */
  static build(leaves: Iterable<TrieWrite>): Trie {
    const trie = new Trie()
    for (const leaf of leaves) trie.#write(leaf)
    trie.root()
    return trie
  }

  /**
   * The trie that these frames of `snapshotInSteps` hold, without hashing anything: their keeper seals them. Throws where
   * they are torn or of another format, or were written by a machine of the other byte order.
   */
  static load(frames: Iterable<Uint8Array>): Trie {
    const trie = new Trie()
    const { inners, leaves, leafCount } = loadFrames(frames)
    trie.#inners = inners
    trie.#leaves = leaves
    trie.#versions = new Versions({ inners, leaves })
    trie.#leafCount = leafCount
    if (leafCount > 0) trie.#tree = leafCount === 1 ? ~0 : leafCount - 2
    return trie
  }

  /** How many leaves there are. */
  get leafCount(): number {
    return this.#leafCount
  }

  /** True between begin() and commit() or rollback(). */
  get isGroupOpen(): boolean {
    return this.#versions.committed !== undefined
  }

  /** The value hash at this key, undefined if there is none. Throws entry_invalid for a key beyond the limits. */
  get(object: string, field: string): Uint8Array | undefined {
    this.#setKey(object, field)
    const leaf = this.#descend()
    if (leaf < 0 || this.#leaves.firstDifference(leaf, this.#key) >= 0) return undefined
    return this.#leaves.valueHash(leaf)
  }

  /** The fields of an object, in the order of their bytes. Throws entry_invalid for a name beyond the limits. */
  list(object: string): readonly string[] {
    this.#setKey(object, '')
    const leaf = this.#descend()
    if (leaf < 0 || !this.#leaves.startsWith(leaf, this.#key.objectPath)) return []
    let depth = 0
    while (depth < this.#depth && this.#inners.bit(this.#trail[depth]!) < objectBits) depth++
    const fields: string[] = []
    const open = [depth < this.#depth ? this.#trail[depth]! : ~leaf]
    for (let tree = open.pop(); tree !== undefined; tree = open.pop()) {
      if (tree < 0) fields.push(this.#leaves.fieldText(~tree))
      else open.push(this.#inners.right[tree]!, this.#inners.left[tree]!)
    }
    return fields
  }

  /**
   * Sets and removes leaves, in order; removing what is not there does nothing. Throws entry_invalid for a key beyond the
   * limits: the writes before it have been made, so use a group where all or none is wanted.
   */
  apply(writes: readonly TrieWrite[]): void {
    // Without a group, trees are changed in place: not under a proof that is being made.
    const isShown = !this.isGroupOpen && this.#versions.isPinned
    if (isShown) this.begin()
    try {
      for (const write of writes) this.#write(write)
    } finally {
      if (isShown) this.commit()
    }
  }

  /** The root of the newest version: 32 bytes. Hashes what changed since it was last asked for. */
  root(): Uint8Array {
    const tree = this.#tree
    if (tree === noTree) return Uint8Array.from(emptyRoot)
    const root = new Uint8Array(hashBytes)
    if (tree < 0) Buffer.from(root.buffer).write(this.#leaves.hash(~tree), 'latin1')
    else {
      hashTree(this.#arena, tree)
      root.set(this.#inners.bytes.subarray(tree * 32, tree * 32 + 32))
    }
    return root
  }

  /** Opens a group: until it ends, proofs are of what was there before it. */
  begin(): void {
    this.root()
    this.#versions.begin({ tree: this.#tree, leafCount: this.#leafCount })
  }

  /** Ends the group and keeps its writes. */
  commit(): void {
    this.root()
    this.#versions.commit()
  }

  /** Ends the group as if it had never been. */
  rollback(): void {
    const { tree, leafCount } = this.#versions.rollback()
    this.#tree = tree
    this.#leafCount = leafCount
  }

  /** The committed version's proof of the answers to these queries. Throws request_invalid where it would pass 16 MiB. */
  prove(queries: readonly StateQuery[]): StateProof {
    const steps = this.proveInSteps(queries)
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  }

  /**
   * As prove(), in steps of well under a millisecond, between which the caller may let others run. The proof is of the
   * version that is committed at the first `next()`, whatever is applied and committed meanwhile; that version's memory
   * is kept until the last step, or `return()`.
   */
  *proveInSteps(queries: readonly StateQuery[]): Generator<undefined, StateProof> {
    return yield* this.#withCommitted((arena, tree) => proofSteps(arena, tree, queries))
  }

  /** The frames of a snapshot, for `load`, made in steps as a proof is: of the version that is committed at the first one. */
  *snapshotInSteps(): Generator<Uint8Array, undefined> {
    return yield* this.#withCommitted((arena, tree, leafCount) =>
      snapshotFrames(arena, tree, leafCount),
    )
  }

  /** Runs steps over the committed version, which stays as it is until the last of them. */
  *#withCommitted<Y, R>(
    steps: (arena: Arena, tree: number | undefined, leafCount: number) => Generator<Y, R>,
  ): Generator<Y, R> {
    if (!this.isGroupOpen) this.root()
    const committed = this.#versions.committed ?? { tree: this.#tree, leafCount: this.#leafCount }
    const tree = committed.tree === noTree ? undefined : committed.tree
    return yield* this.#versions.pin(steps(this.#arena, tree, committed.leafCount))
  }

  get #arena(): Arena {
    return { inners: this.#inners, leaves: this.#leaves }
  }

  #write({ object, field, valueHash }: TrieWrite): void {
    this.#setKey(object, field)
    if (valueHash === null) return this.#remove()
    if (valueHash.length !== hashBytes) {
      throw new Error(`Cannot set a value hash of ${valueHash.length} bytes`)
    }
    this.#set(valueHash)
  }

  #setKey(object: string, field: string): void {
    const reason = this.#key.set(object, field)
    if (reason !== undefined) throw new SteleError('entry_invalid', { what: 'state key', reason })
  }

  /** Goes down by the key's bits, noting the trail. Returns the leaf there, -1 in an empty trie. */
  #descend(): number {
    const { bits, left, right } = this.#inners
    const { path } = this.#key
    const trail = this.#trail
    let tree = this.#tree
    let depth = 0
    while (tree >= 0) {
      trail[depth++] = tree
      const bit = bits[tree]! & bitMask
      const isRight = ((path[bit >>> 3]! >>> (7 - (bit & 7))) & 1) === 1
      tree = isRight ? right[tree]! : left[tree]!
    }
    this.#depth = depth
    return tree === noTree ? -1 : ~tree
  }

  #set(valueHash: Uint8Array): void {
    const leaf = this.#descend()
    if (leaf < 0) {
      this.#tree = this.#newLeaf(valueHash, -1)
      this.#leafCount++
      return
    }
    const bit = this.#leaves.firstDifference(leaf, this.#key)
    if (bit < 0) return this.#setValue(leaf, valueHash)
    let depth = 0
    while (depth < this.#depth && this.#inners.bit(this.#trail[depth]!) < bit) depth++
    const sibling = depth < this.#depth ? this.#trail[depth]! : ~leaf
    const added = this.#newLeaf(valueHash, leaf)
    const isRight = bitOf(this.#key.path, bit) === 1
    const inner = isRight
      ? this.#inners.add(bit, sibling, added)
      : this.#inners.add(bit, added, sibling)
    this.#versions.noteCreated(inner)
    this.#attach(depth, inner)
    this.#leafCount++
  }

  #setValue(leaf: number, valueHash: Uint8Array): void {
    if (this.#leaves.hasValue(leaf, valueHash)) return
    if (this.#versions.isOwn(~leaf)) {
      this.#leaves.values.set(valueHash, leaf * 32)
      this.#attach(this.#depth, ~leaf)
      return
    }
    this.#attach(this.#depth, this.#newLeaf(valueHash, leaf))
    this.#versions.discard(~leaf)
  }

  #remove(): void {
    const leaf = this.#descend()
    if (leaf < 0 || this.#leaves.firstDifference(leaf, this.#key) >= 0) return
    this.#leafCount--
    if (this.#depth === 0) this.#tree = noTree
    else {
      const parent = this.#trail[this.#depth - 1]!
      const side = bitOf(this.#key.path, this.#inners.bit(parent))
      this.#attach(this.#depth - 1, this.#inners.child(parent, side === 1 ? 0 : 1))
      this.#versions.discard(parent)
    }
    this.#versions.discard(~leaf)
  }

  /** Puts `tree` below the first `depth` nodes of the trail, which become the newest version's own. */
  #attach(depth: number, tree: Tree): void {
    let child = tree
    for (let at = depth - 1; at >= 0; at--) {
      const node = this.#trail[at]!
      const side = bitOf(this.#key.path, this.#inners.bit(node))
      const isOwn = this.#versions.isOwn(node)
      // A dirty node of this version has only such nodes above it: nothing changes there.
      const isSettled = isOwn && this.#inners.isDirty(node)
      const own = isOwn ? node : this.#copy(node)
      this.#inners.setChild(own, side, child)
      if (isSettled) return
      child = own
    }
    this.#tree = child
  }

  #copy(node: number): number {
    const bit = this.#inners.bit(node)
    const copy = this.#inners.add(bit, this.#inners.child(node, 0), this.#inners.child(node, 1))
    this.#versions.noteCreated(copy)
    this.#versions.discard(node)
    return copy
  }

  #newLeaf(valueHash: Uint8Array, relative: number): Tree {
    const tree = ~this.#leaves.add(this.#key, valueHash, relative)
    this.#versions.noteCreated(tree)
    return tree
  }
}
