// Keys of the trie as bytes and as paths: path = SHA-256(object) ‖ field ‖ 0x00, zero beyond the end, bits from the top.
import { hash } from 'node:crypto'
import { maxFieldBytes, maxObjectBytes } from './limits.ts'

/** Bytes of the object's hash, with which a path begins. */
export const objectHashBytes = 32
const maxUtf8PerUnit = 3

/** One key at a time, in buffers that are used again: the trie's hot paths make no garbage. */
export class KeyBuffer {
  /** The path: the bytes behind the field are zero up to the end. */
  readonly path: Buffer = Buffer.alloc(objectHashBytes + maxFieldBytes * maxUtf8PerUnit + 1)
  readonly objectBytes: Buffer = Buffer.alloc(maxObjectBytes * maxUtf8PerUnit)
  /** The part of the path that is the object's. */
  readonly objectPath: Buffer = this.path.subarray(0, objectHashBytes)
  objectLength = 0
  fieldLength = 0
  #object: string | undefined

  /** Holds this key from now on. Returns what is wrong with it, or undefined. */
  set(object: string, field: string): string | undefined {
    return this.#setObject(object) ?? this.#setField(field)
  }

  #setObject(object: string): string | undefined {
    if (object === this.#object) return undefined
    const reason = textFault('object', object, maxObjectBytes)
    if (reason !== undefined) return reason
    this.#object = undefined // Until the hash below fits the bytes.
    const length = this.objectBytes.write(object, 'utf8')
    if (length === 0) return 'the object is empty'
    if (length > maxObjectBytes) return tooLong('object', maxObjectBytes)
    const digest = hash('sha256', this.objectBytes.subarray(0, length), 'binary')
    this.path.write(digest, 0, objectHashBytes, 'latin1')
    this.objectLength = length
    this.#object = object
    return undefined
  }

  #setField(field: string): string | undefined {
    const reason = textFault('field', field, maxFieldBytes)
    if (reason !== undefined) return reason
    const length = this.path.write(field, objectHashBytes, 'utf8')
    const before = Math.max(this.fieldLength, length)
    this.path.fill(0, objectHashBytes + length, objectHashBytes + before)
    this.fieldLength = length
    return length > maxFieldBytes ? tooLong('field', maxFieldBytes) : undefined
  }
}

/** SHA-256(object) ‖ prefix, or ‖ field. The key must have been checked. */
export function pathOf(object: string, field: string): Buffer {
  const length = objectHashBytes + Buffer.byteLength(field, 'utf8')
  const path = Buffer.allocUnsafe(length)
  path.write(hash('sha256', Buffer.from(object, 'utf8'), 'binary'), 0, objectHashBytes, 'latin1')
  path.write(field, objectHashBytes, 'utf8')
  return path
}

/** What is wrong with a key, or undefined. */
export function keyFault(object: string, field: string): string | undefined {
  if (object.length === 0) return 'the object is empty'
  return (
    textFault('object', object, maxObjectBytes) ??
    textFault('field', field, maxFieldBytes) ??
    (Buffer.byteLength(object, 'utf8') > maxObjectBytes
      ? tooLong('object', maxObjectBytes)
      : undefined) ??
    (Buffer.byteLength(field, 'utf8') > maxFieldBytes ? tooLong('field', maxFieldBytes) : undefined)
  )
}

/** Bit `bit` of a path, 0 beyond its end. */
export function bitOf(path: Uint8Array, bit: number): 0 | 1 {
  return (((path[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1 ? 1 : 0
}

/** The first bit in which two paths differ, -1 if none. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number {
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const difference = (one[at] ?? 0) ^ (other[at] ?? 0)
    if (difference !== 0) return at * 8 + topBit(difference)
  }
  return -1
}

/** The number of zero bits at the top of a byte. */
export function topBit(byte: number): number {
  return Math.clz32(byte) - 24
}

function textFault(what: string, text: string, limit: number): string | undefined {
  if (text.length > limit) return tooLong(what, limit)
  return text.includes('\0') ? `the ${what} holds a zero byte` : undefined
}

function tooLong(what: string, limit: number): string {
  return `the ${what} is over ${limit} bytes`
}
