// SHA-256 of leaves and inner nodes. Hashes travel as 32-character strings: three times as fast as making buffers.
import { hash } from 'node:crypto'
import { maxFieldBytes, maxObjectBytes } from './limits.ts'

/** Bytes of a hash. */
export const hashBytes = 32

const leafTag = 0x02
const innerTag = 0x03

// Scratch memory of this module, filled and hashed within one synchronous step. It begins one byte before the message,
// so that the two hashes behind the 3 leading bytes are aligned words.
const innerMemory = new ArrayBuffer(72)
const innerMessage = Buffer.from(innerMemory, 1, 67)
innerMessage[0] = innerTag

/** The two hashes of the inner node to hash next, as 8 words each. */
export const innerWords: Int32Array = new Int32Array(innerMemory, 4, 16)
/** The memory of `innerWords`, as bytes. */
export const innerBytes: Buffer = Buffer.from(innerMemory, 4, 64)

/** SHA-256(0x03 ‖ u16 bit ‖ left ‖ right) of what `innerWords` holds, as 32 characters. */
export function hashInnerMessage(bit: number): string {
  innerMessage[1] = bit >>> 8
  innerMessage[2] = bit & 0xff
  return hash('sha256', innerMessage, 'binary')
}

/** Scratch memory: write `u16 len ‖ object ‖ u16 len ‖ field ‖ valueHash` from its byte 1 on. */
export const leafMessage: Buffer = Buffer.alloc(1 + 2 + maxObjectBytes + 2 + maxFieldBytes + 32)
leafMessage[0] = leafTag
// Views of each length, made once.
const leafViews: Buffer[] = []

/** SHA-256 of the first `length` bytes of `leafMessage`, as 32 characters. */
export function hashLeafMessage(length: number): string {
  leafViews[length] ??= leafMessage.subarray(0, length)
  return hash('sha256', leafViews[length], 'binary')
}
