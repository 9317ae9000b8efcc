// The state trie: a binary Patricia tree in typed arrays, hashed lazily, with one copy-on-write group at a time.
// It holds keys and value hashes, never values, and knows nothing of disks (spec/state.md "State trie").
import { SteleError } from '@stele/errors'
import { emptyRoot } from '@stele/tlog/tree'
import { hashBytes, hashInnerMessage, innerBytes, innerWords } from './hashing.ts'
import { bitMask, Inners } from './inners.ts'
import { bitOf, KeyBuffer, objectHashBytes } from './key.ts'
import { Leaves } from './leaves.ts'
import { maxPathBits } from './limits.ts'
import { proofSteps, type StateProof } from './prove.ts'
import type { StateQuery } from './query.ts'
import { type Arena, loadFrames, snapshotFrames } from './snapshot.ts'

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

type Group = {
  readonly tree: Tree
  readonly leafCount: number
  /** Trees that the group made, those it removed again included. */
  readonly created: Tree[]
  /** Trees of the committed version that the group's version no longer holds. */
  readonly replaced: Tree[]
  /** Trees that the group made and removed. */
  readonly dropped: Tree[]
}

/**
 * The state's trie. `root()`, `get()` and `leafCount` speak of the newest version, an open group included; proofs speak of
 * the committed one.
 */
export class Trie {
  #inners = new Inners()
  #leaves = new Leaves()
  #tree: Tree = noTree
  #leafCount = 0
  #group: Group | undefined
  /** How often a group was committed; a proof that is being made pins the version it began with. */
  #version = 0
  readonly #pinned: number[] = []
  /** What versions before `version` still show, while a proof of one of them is being made. */
  #retired: { readonly version: number; readonly trees: readonly Tree[] }[] = []
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
    return this.#group !== undefined
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
    const pinned = this.#group === undefined && this.#pinned.length > 0
    if (pinned) this.begin()
    try {
      for (const write of writes) this.#write(write)
    } finally {
      if (pinned) this.commit()
    }
  }

  /** The root of the newest version: 32 bytes. Hashes what changed since it was last asked for. */
  root(): Uint8Array {
    const tree = this.#tree
    if (tree === noTree) return Uint8Array.from(emptyRoot)
    const root = new Uint8Array(hashBytes)
    if (tree < 0) Buffer.from(root.buffer).write(this.#leaves.hash(~tree), 'latin1')
    else {
      this.#hashDirty(tree)
      root.set(this.#inners.bytes.subarray(tree * 32, tree * 32 + 32))
    }
    return root
  }

  /** Opens a group: until it ends, proofs are of what was there before it. */
  begin(): void {
    if (this.#group !== undefined) throw new Error('Cannot begin a group: one is open')
    this.root()
    const group = { created: [], replaced: [], dropped: [] }
    this.#group = { tree: this.#tree, leafCount: this.#leafCount, ...group }
  }

  /** Ends the group and keeps its writes. */
  commit(): void {
    const group = this.#endGroup()
    this.root()
    for (const tree of group.created) this.#setFresh(tree, false)
    for (const tree of group.dropped) this.#release(tree)
    this.#version++
    this.#retired.push({ version: this.#version, trees: group.replaced })
    this.#releaseRetired()
  }

  /** Ends the group as if it had never been. */
  rollback(): void {
    const group = this.#endGroup()
    for (const tree of group.created) this.#release(tree)
    this.#tree = group.tree
    this.#leafCount = group.leafCount
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
    if (this.#group === undefined) this.root()
    const { tree, leafCount } = this.#group ?? { tree: this.#tree, leafCount: this.#leafCount }
    const version = this.#version
    this.#pinned.push(version)
    try {
      const arena = { inners: this.#inners, leaves: this.#leaves }
      return yield* steps(arena, tree === noTree ? undefined : tree, leafCount)
    } finally {
      this.#pinned.splice(this.#pinned.indexOf(version), 1)
      this.#releaseRetired()
    }
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
    this.#noteCreated(inner)
    this.#attach(depth, inner)
    this.#leafCount++
  }

  #setValue(leaf: number, valueHash: Uint8Array): void {
    if (this.#leaves.hasValue(leaf, valueHash)) return
    if (this.#isOwn(~leaf)) {
      this.#leaves.values.set(valueHash, leaf * 32)
      this.#attach(this.#depth, ~leaf)
      return
    }
    this.#attach(this.#depth, this.#newLeaf(valueHash, leaf))
    this.#discard(~leaf)
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
      this.#discard(parent)
    }
    this.#discard(~leaf)
  }

  /** Puts `tree` below the first `depth` nodes of the trail, which become the newest version's own. */
  #attach(depth: number, tree: Tree): void {
    let child = tree
    for (let at = depth - 1; at >= 0; at--) {
      const node = this.#trail[at]!
      const side = bitOf(this.#key.path, this.#inners.bit(node))
      const isOwn = this.#isOwn(node)
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
    this.#noteCreated(copy)
    this.#discard(node)
    return copy
  }

  #newLeaf(valueHash: Uint8Array, relative: number): Tree {
    const tree = ~this.#leaves.add(this.#key, valueHash, relative)
    this.#noteCreated(tree)
    return tree
  }

  #noteCreated(tree: Tree): void {
    if (this.#group === undefined) return
    this.#setFresh(tree, true)
    this.#group.created.push(tree)
  }

  /** The newest version no longer holds this tree. */
  #discard(tree: Tree): void {
    if (this.#group === undefined) this.#release(tree)
    else if (this.#isOwn(tree)) this.#group.dropped.push(tree)
    else this.#group.replaced.push(tree)
  }

  /** True for what no other version holds, so that it may be changed in place. */
  #isOwn(tree: Tree): boolean {
    if (this.#group === undefined) return true
    return tree < 0 ? this.#leaves.fresh[~tree] === 1 : this.#inners.isFresh(tree)
  }

  #setFresh(tree: Tree, fresh: boolean): void {
    if (tree >= 0) this.#inners.setFresh(tree, fresh)
    else this.#leaves.fresh[~tree] = fresh ? 1 : 0
  }

  #release(tree: Tree): void {
    if (tree >= 0) this.#inners.release(tree)
    else this.#leaves.release(~tree)
  }

  #endGroup(): Group {
    const group = this.#group
    if (group === undefined) throw new Error('Cannot end a group: none is open')
    this.#group = undefined
    return group
  }

  #releaseRetired(): void {
    const oldest = this.#pinned.length === 0 ? this.#version : Math.min(...this.#pinned)
    while (this.#retired.length > 0 && this.#retired[0]!.version <= oldest) {
      for (const tree of this.#retired.shift()!.trees) this.#release(tree)
    }
  }

  /** Hashes the dirty nodes of a tree, children first; every dirty node's parent is dirty. */
  #hashDirty(tree: number): void {
    const inners = this.#inners
    if (!inners.isDirty(tree)) return
    const stack = [tree]
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const [left, right] = [inners.left[node]!, inners.right[node]!]
      if (left >= 0 && inners.isDirty(left)) stack.push(left)
      else if (right >= 0 && inners.isDirty(right)) stack.push(right)
      else {
        this.#putHash(left, 0)
        this.#putHash(right, 1)
        inners.setHash(node, hashInnerMessage(inners.bit(node)))
        stack.pop()
      }
    }
  }

  /** Puts a child's hash where the message of its parent has it. */
  #putHash(tree: Tree, side: 0 | 1): void {
    if (tree >= 0) this.#inners.copyHash(tree, innerWords, side * 8)
    else innerBytes.write(this.#leaves.hash(~tree), side * 32, 32, 'latin1')
  }
}
