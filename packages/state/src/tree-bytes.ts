// The bytes of a partial tree, in pre-order: what proofs are written in, and the tags that readers know.
import { SteleError } from '@stele/errors'
import { maxTreeBytes } from './limits.ts'

/** What the first byte of a node says: `hash32` follows, `u16 bit, left, right`, or a leaf. */
export const prunedTag = 0x00
export const innerTag = 0x01
export const leafTag = 0x02

const firstBytes = 4 * 1024

/** A buffer that grows as nodes are written. */
export class TreeWriter {
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes)
  #length = 0

  /** Room for `count` more bytes: they start at `at`, and are the caller's to fill. */
  take(count: number): { readonly bytes: Buffer; readonly at: number } {
    const at = this.#length
    const needed = at + count
    if (needed > maxTreeBytes) {
      const reason = `the proof would be over ${maxTreeBytes} bytes; ask in several requests`
      throw new SteleError('request_invalid', { what: '"queries"', reason })
    }
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    this.#length = needed
    return { bytes: this.#bytes, at }
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length))
  }
}
