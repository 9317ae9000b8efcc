// The right edge of a growing tree: all that appending and the root need, in one hash for each bit of the size.
import { emptyRoot, type Hash, hashNode } from './hash.ts'
import type { HashReader } from './tree.ts'

/**
 * A hash that tiles store: the root of the complete subtree of 256^tileLevel leaves with number
 * `index`.
 */
export type StoredHash = { readonly tileLevel: number; readonly index: number; readonly hash: Hash }

const levelsPerTile = 8

/**
 * The right edge of a tree of `size` leaves. Appending costs one node hash on average, copying at
 * most 53 pointers.
 */
export class Frontier {
  /**
   * For each bit set in `size`, the root of the complete subtree of that width; other places hold
   * anything.
   */
  readonly #peaks: Hash[]
  #size: number

  private constructor(size: number, peaks: Hash[]) {
    this.#size = size
    this.#peaks = peaks
  }

  /** The edge of the tree without leaves. */
  static empty(): Frontier {
    return new Frontier(0, [])
  }

  /** The edge of the first `size` leaves of the tree that `read` reads. */
  static restore(size: number, read: HashReader): Frontier {
    const peaks: Hash[] = []
    for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      peaks.push(rest % 2 === 1 ? read(level, rest - 1) : emptyRoot)
    }
    return new Frontier(size, peaks)
  }

  /** Leaves so far: the index of the next one. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a leaf. Returns the hashes that it completes and that tiles store: its own first, then one
   * per 256, 65,536, …
   */
  append(leafHash: Hash): readonly StoredHash[] {
    const stored: StoredHash[] = [{ tileLevel: 0, index: this.#size, hash: leafHash }]
    let [hash, level, rest] = [leafHash, 0, this.#size]
    for (; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = hashNode(this.#peaks[level] ?? emptyRoot, hash)
      level++
      if (level % levelsPerTile === 0) {
        stored.push({ tileLevel: level / levelsPerTile, index: (rest - 1) / 2, hash })
      }
    }
    this.#peaks[level] = hash
    this.#size++
    return stored
  }

  /** The roots of the complete subtrees that the tree consists of, smallest first: the inclusion path of the next leaf. */
  peaks(): readonly Hash[] {
    return this.#peaks.filter((_, level) => Math.floor(this.#size / 2 ** level) % 2 === 1)
  }

  /** The root of the tree so far. */
  root(): Hash {
    let root: Hash | undefined
    for (let level = 0, rest = this.#size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      const peak = this.#peaks[level]
      if (rest % 2 === 0 || peak === undefined) continue
      root = root === undefined ? peak : hashNode(peak, root)
    }
    return root ?? emptyRoot
  }

  /** An edge that grows on its own: stage on the copy, drop it when the commit fails. */
  copy(): Frontier {
    return new Frontier(this.#size, [...this.#peaks])
  }
}
