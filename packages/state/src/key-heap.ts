// The bytes of names, each `u16 length ‖ bytes` as the leaf's hash takes them, in one buffer cut into units of 8 bytes.
import { enlarge, grownCapacity } from './growth.ts'

const unitBytes = 8
const lengthBytes = 2

/** A heap of names. A name is known by the number of its first unit. */
export class KeyHeap {
  bytes: Buffer = Buffer.alloc(0)
  #usedUnits = 0
  /** Units of released names, by how many units such a name takes. */
  readonly #free: number[][] = []

  /** Keeps a copy of `source[start, start + length)`. */
  add(source: Buffer, start: number, length: number): number {
    const unit = this.#allocate(unitsFor(length))
    const at = unit * unitBytes
    this.bytes[at] = length >>> 8
    this.bytes[at + 1] = length & 0xff
    source.copy(this.bytes, at + lengthBytes, start, start + length)
    return unit
  }

  /** Makes room for so many bytes in all. */
  reserve(sizeBytes: number): void {
    this.#grow(sizeBytes)
  }

  /** Adds names as `unitsOf` gives them, one after the other. */
  load(names: Uint8Array): void {
    const at = this.#usedUnits * unitBytes
    this.#usedUnits += names.length / unitBytes
    if (at + names.length > this.bytes.length) this.#grow(at + names.length)
    this.bytes.set(names, at)
  }

  /** The units of a name: a view of its memory. */
  unitsOf(unit: number): Uint8Array {
    const at = unit * unitBytes
    return this.bytes.subarray(at, at + unitsFor(this.lengthOf(unit)) * unitBytes)
  }

  release(unit: number): void {
    const units = unitsFor(this.lengthOf(unit))
    const list = this.#free[units]
    if (list === undefined) this.#free[units] = [unit]
    else list.push(unit)
  }

  lengthOf(unit: number): number {
    const at = unit * unitBytes
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  /** Where the name's first byte is in `bytes`. */
  startOf(unit: number): number {
    return unit * unitBytes + lengthBytes
  }

  textOf(unit: number): string {
    const start = this.startOf(unit)
    return this.bytes.toString('utf8', start, start + this.lengthOf(unit))
  }

  /** Copies `u16 length ‖ bytes` to `target[at…]`. Returns where it ends. */
  copyRecord(unit: number, target: Buffer, at: number): number {
    const start = unit * unitBytes
    return at + this.bytes.copy(target, at, start, start + lengthBytes + this.lengthOf(unit))
  }

  #allocate(units: number): number {
    const reused = this.#free[units]?.pop()
    if (reused !== undefined) return reused
    const unit = this.#usedUnits
    this.#usedUnits += units
    const needed = this.#usedUnits * unitBytes
    if (needed > this.bytes.length) this.#grow(needed)
    return unit
  }

  #grow(needed: number): void {
    const capacity = grownCapacity(this.bytes.length, needed)
    this.bytes = enlarge(this.bytes, (length) => Buffer.alloc(length), capacity)
  }
}

function unitsFor(length: number): number {
  return Math.ceil((lengthBytes + length) / unitBytes)
}
