// The hashes of a tree as tiles store them, one row for each tile level, all of them kept: 32 bytes an entry.
import { createHashReader, type Hash, type HashReader, treeRoot } from '@stele/tlog/tree'

const hashBytes = 32
const firstCapacity = 256 * hashBytes

/** Rows that grow. */
export class HashRows {
  readonly #rows: { bytes: Uint8Array<ArrayBuffer>; count: number }[] = []

  /** Adds the next hash of a level. */
  push(level: number, hash: Hash): void {
    const row = this.#rows[level] ?? { bytes: new Uint8Array(firstCapacity), count: 0 }
    this.#rows[level] = row
    if ((row.count + 1) * hashBytes > row.bytes.length) {
      const grown = new Uint8Array(row.bytes.length * 2)
      grown.set(row.bytes)
      row.bytes = grown
    }
    row.bytes.set(hash, row.count * hashBytes)
    row.count++
  }

  /** How many hashes a level has. */
  count(level: number): number {
    return this.#rows[level]?.count ?? 0
  }

  /** Levels that there are. */
  get levels(): number {
    return this.#rows.length
  }

  /** One hash. */
  at(level: number, index: number): Hash {
    return this.slice(level, index, 1)[0] ?? new Uint8Array(hashBytes)
  }

  /** Hashes `[start, start + count)` of a level, as many as there are. */
  slice(level: number, start: number, count: number): readonly Hash[] {
    const row = this.#rows[level]
    if (row === undefined) return []
    const length = Math.max(0, Math.min(count, row.count - start))
    return Array.from({ length }, (_, position) =>
      row.bytes.subarray((start + position) * hashBytes, (start + position + 1) * hashBytes),
    )
  }

  /** Reads any complete subtree. */
  get reader(): HashReader {
    return createHashReader((level, start, count) => this.slice(level, start, count))
  }

  /** The root of the first `size` entries. */
  rootAt(size: number): Hash {
    return treeRoot(size, this.reader)
  }

  /** The level's bytes, to be kept. */
  bytes(level: number): Uint8Array {
    const row = this.#rows[level]
    return row === undefined ? new Uint8Array(0) : row.bytes.subarray(0, row.count * hashBytes)
  }

  /** Takes up what was kept. */
  restore(level: number, bytes: Uint8Array): void {
    this.#rows[level] = { bytes: Uint8Array.from(bytes), count: bytes.length / hashBytes }
  }
}
