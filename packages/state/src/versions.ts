// Which version of the trie holds which tree of the arena: the open group, the committed one, and earlier ones that a proof
// still shows. A tree is given back when the last of them lets go of it.
import type { Arena } from './snapshot.ts'

/** A version's tree, as the trie numbers it, and its leaves. */
export type Version = { readonly tree: number; readonly leafCount: number }

type Group = {
  /** What the group began with. */
  readonly before: Version
  /** Trees that the group made, those it removed again included. */
  readonly created: number[]
  /** Trees of the committed version that the group's version no longer holds. */
  readonly replaced: number[]
  /** Trees that the group made and removed. */
  readonly dropped: number[]
}

/** The versions of one trie: at most one group is open at a time. */
export class Versions {
  readonly #arena: Arena
  #group: Group | undefined
  /** How often a group was committed; a proof that is being made pins the version it began with. */
  #version = 0
  readonly #pinned: number[] = []
  /** What versions before `version` still show, while a proof of one of them is being made. */
  #retired: { readonly version: number; readonly trees: readonly number[] }[] = []

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** What the open group began with: the committed version. Undefined where no group is open. */
  get committed(): Version | undefined {
    return this.#group?.before
  }

  get isPinned(): boolean {
    return this.#pinned.length > 0
  }

  begin(before: Version): void {
    if (this.#group !== undefined) throw new Error('Cannot begin a group: one is open')
    this.#group = { before, created: [], replaced: [], dropped: [] }
  }

  /** Keeps the group's trees, which are hashed. */
  commit(): void {
    const group = this.#endGroup()
    for (const tree of group.created) this.#setFresh(tree, false)
    for (const tree of group.dropped) this.#release(tree)
    this.#version++
    this.#retired.push({ version: this.#version, trees: group.replaced })
    this.#releaseRetired()
  }

  /** Gives the group's trees back, and what it began with. */
  rollback(): Version {
    const group = this.#endGroup()
    for (const tree of group.created) this.#release(tree)
    return group.before
  }

  /** Keeps the trees of the committed version until the steps have ended. */
  *pin<Y, R>(steps: Generator<Y, R>): Generator<Y, R> {
    const version = this.#version
    this.#pinned.push(version)
    try {
      return yield* steps
    } finally {
      this.#pinned.splice(this.#pinned.indexOf(version), 1)
      this.#releaseRetired()
    }
  }

  noteCreated(tree: number): void {
    if (this.#group === undefined) return
    this.#setFresh(tree, true)
    this.#group.created.push(tree)
  }

  /** The newest version no longer holds this tree. */
  discard(tree: number): void {
    if (this.#group === undefined) this.#release(tree)
    else if (this.isOwn(tree)) this.#group.dropped.push(tree)
    else this.#group.replaced.push(tree)
  }

  /** True for what no other version holds, so that it may be changed in place. */
  isOwn(tree: number): boolean {
    if (this.#group === undefined) return true
    const { inners, leaves } = this.#arena
    return tree < 0 ? leaves.fresh[~tree] === 1 : inners.isFresh(tree)
  }

  #setFresh(tree: number, fresh: boolean): void {
    const { inners, leaves } = this.#arena
    if (tree >= 0) inners.setFresh(tree, fresh)
    else leaves.fresh[~tree] = fresh ? 1 : 0
  }

  #release(tree: number): void {
    if (tree >= 0) this.#arena.inners.release(tree)
    else this.#arena.leaves.release(~tree)
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
}
