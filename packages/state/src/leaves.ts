// The leaves of a trie in typed arrays: value hash, object, field. Objects are interned, with their hash and a count.
import type { ReadColumns } from './arena-frame.ts'
import { enlarge, grownCapacity } from './growth.ts'
import { hashBytes, hashLeafMessage, leafMessage } from './hashing.ts'
import { type KeyBuffer, objectHashBytes, topBit } from './key.ts'
import { KeyHeap } from './key-heap.ts'

/** What is set aside for the names of a leaf before they are known; untouched, it costs no memory. */
const reservedNameBytes = 32

/** All leaves of an arena. A leaf is known by its number; released numbers are used again. */
export class Leaves {
  values: Buffer = Buffer.alloc(0)
  #objectOf: Uint32Array = new Uint32Array(0)
  #fieldOf: Uint32Array = new Uint32Array(0)
  /** 1 for a leaf that the open group made. */
  fresh: Uint8Array = new Uint8Array(0)
  #used = 0
  readonly #free: number[] = []

  #objectHashes: Buffer = Buffer.alloc(0)
  #objectNames: Uint32Array = new Uint32Array(0)
  /** How many leaves use the object. */
  #objectUses: Uint32Array = new Uint32Array(0)
  #objectsUsed = 0
  readonly #freeObjects: number[] = []
  readonly #heap = new KeyHeap()

  /** How many leaves there ever were at once. */
  get used(): number {
    return this.#used
  }

  /** Makes room for so many leaves at once, and some more: pages that are never touched cost no memory. */
  reserve(count: number): void {
    this.#grow(grownCapacity(count, count + 1))
    this.#heap.reserve(count * reservedNameBytes)
  }

  /** Adds the leaves, objects and names of a frame. */
  load(columns: ReadColumns): void {
    const { objectOf, fieldOf, values, objectNames, objectHashes, names } = columns
    const [leaf, object] = [this.#used, this.#objectsUsed]
    this.#used += objectOf.length
    this.#objectsUsed += objectNames.length
    if (this.#used > this.fresh.length) this.#grow(this.#used)
    if (this.#objectsUsed > this.#objectNames.length) this.#growObjects(this.#objectsUsed)
    this.#objectOf.set(objectOf, leaf)
    this.#fieldOf.set(fieldOf, leaf)
    this.values.set(values, leaf * hashBytes)
    this.#objectNames.set(objectNames, object)
    this.#objectHashes.set(objectHashes, object * objectHashBytes)
    this.#heap.load(names)
    for (const each of objectOf) this.#objectUses[each]!++
  }

  /** A new leaf. `relative` is a leaf that may be of the same object, or -1. */
  add(key: KeyBuffer, valueHash: Uint8Array, relative: number): number {
    const leaf = this.#allocate()
    const object =
      relative >= 0 && this.#isObjectOf(relative, key)
        ? this.#objectOf[relative]!
        : this.#addObject(key)
    this.#objectUses[object]!++
    this.#objectOf[leaf] = object
    this.#fieldOf[leaf] = this.#heap.add(key.path, objectHashBytes, key.fieldLength)
    this.values.set(valueHash, leaf * hashBytes)
    this.fresh[leaf] = 0
    return leaf
  }

  release(leaf: number): void {
    this.#heap.release(this.#fieldOf[leaf]!)
    this.#releaseObject(this.#objectOf[leaf]!)
    this.#free.push(leaf)
  }

  /** A copy of the leaf's value hash. */
  valueHash(leaf: number): Uint8Array {
    return new Uint8Array(this.values.subarray(leaf * hashBytes, (leaf + 1) * hashBytes))
  }

  hasValue(leaf: number, valueHash: Uint8Array): boolean {
    return this.values.compare(valueHash, 0, 32, leaf * hashBytes, (leaf + 1) * hashBytes) === 0
  }

  objectText(leaf: number): string {
    return this.#heap.textOf(this.#objectNames[this.#objectOf[leaf]!]!)
  }

  fieldText(leaf: number): string {
    return this.#heap.textOf(this.#fieldOf[leaf]!)
  }

  /** The number of the leaf's object. */
  objectOf(leaf: number): number {
    return this.#objectOf[leaf]!
  }

  /** The memory of the leaf's field, as the heap keeps it. */
  fieldName(leaf: number): Uint8Array {
    return this.#heap.unitsOf(this.#fieldOf[leaf]!)
  }

  /** The memory of the object's name, as the heap keeps it. */
  objectName(object: number): Uint8Array {
    return this.#heap.unitsOf(this.#objectNames[object]!)
  }

  /** The memory of the hash of the object's name. */
  objectHash(object: number): Uint8Array {
    const at = object * objectHashBytes
    return this.#objectHashes.subarray(at, at + objectHashBytes)
  }

  /** The first bit in which the leaf's path differs from the key's, -1 if it is this key. */
  firstDifference(leaf: number, key: KeyBuffer): number {
    const from = this.#objectOf[leaf]! * objectHashBytes
    for (let at = 0; at < objectHashBytes; at++) {
      const difference = this.#objectHashes[from + at]! ^ key.path[at]!
      if (difference !== 0) return at * 8 + topBit(difference)
    }
    const field = this.#fieldOf[leaf]!
    const length = this.#heap.lengthOf(field)
    const start = this.#heap.startOf(field)
    // Names hold no zero byte and the key's path is zero behind its field, so a longer one differs at its next byte.
    const compared = Math.max(length, key.fieldLength)
    for (let at = 0; at < compared; at++) {
      const byte = at < length ? this.#heap.bytes[start + at]! : 0
      const difference = byte ^ key.path[objectHashBytes + at]!
      if (difference !== 0) return (objectHashBytes + at) * 8 + topBit(difference)
    }
    return -1
  }

  /** True when the leaf's path begins with these bytes, an object's hash and a prefix. */
  startsWith(leaf: number, path: Buffer): boolean {
    const from = this.#objectOf[leaf]! * objectHashBytes
    if (path.compare(this.#objectHashes, from, from + objectHashBytes, 0, objectHashBytes) !== 0) {
      return false
    }
    const field = this.#fieldOf[leaf]!
    const prefixLength = path.length - objectHashBytes
    if (prefixLength > this.#heap.lengthOf(field)) return false
    const start = this.#heap.startOf(field)
    return path.compare(this.#heap.bytes, start, start + prefixLength, objectHashBytes) === 0
  }

  /** True when the leaf's path is these bytes, an object's hash and a field. */
  isAt(leaf: number, path: Buffer): boolean {
    const length = objectHashBytes + this.#heap.lengthOf(this.#fieldOf[leaf]!)
    return path.length === length && this.startsWith(leaf, path)
  }

  /** Bytes of what copyRecord() copies. */
  recordBytes(leaf: number): number {
    const object = this.#heap.lengthOf(this.#objectNames[this.#objectOf[leaf]!]!)
    return 2 + object + 2 + this.#heap.lengthOf(this.#fieldOf[leaf]!) + hashBytes
  }

  /** Copies `u16 len ‖ object ‖ u16 len ‖ field ‖ valueHash` to `target[at…]`. Returns where it ends. */
  copyRecord(leaf: number, target: Buffer, at: number): number {
    const field = this.#heap.copyRecord(this.#objectNames[this.#objectOf[leaf]!]!, target, at)
    const value = this.#heap.copyRecord(this.#fieldOf[leaf]!, target, field)
    return value + this.values.copy(target, value, leaf * hashBytes, (leaf + 1) * hashBytes)
  }

  /** The leaf's hash, as 32 characters. */
  hash(leaf: number): string {
    return hashLeafMessage(this.copyRecord(leaf, leafMessage, 1))
  }

  #isObjectOf(leaf: number, key: KeyBuffer): boolean {
    const from = this.#objectOf[leaf]! * objectHashBytes
    for (let at = 0; at < objectHashBytes; at++) {
      if (this.#objectHashes[from + at] !== key.path[at]) return false
    }
    return true
  }

  #addObject(key: KeyBuffer): number {
    const object = this.#freeObjects.pop() ?? this.#objectsUsed++
    if (object >= this.#objectNames.length) this.#growObjects(object + 1)
    this.#objectNames[object] = this.#heap.add(key.objectBytes, 0, key.objectLength)
    key.path.copy(this.#objectHashes, object * objectHashBytes, 0, objectHashBytes)
    return object
  }

  #releaseObject(object: number): void {
    this.#objectUses[object]!--
    if (this.#objectUses[object] !== 0) return
    this.#heap.release(this.#objectNames[object]!)
    this.#freeObjects.push(object)
  }

  #allocate(): number {
    const leaf = this.#free.pop() ?? this.#used++
    if (leaf >= this.fresh.length) this.#grow(leaf + 1)
    return leaf
  }

  #grow(needed: number): void {
    const capacity = grownCapacity(this.fresh.length, needed)
    this.values = enlarge(this.values, (length) => Buffer.alloc(length), capacity * hashBytes)
    this.#objectOf = enlarge(this.#objectOf, (length) => new Uint32Array(length), capacity)
    this.#fieldOf = enlarge(this.#fieldOf, (length) => new Uint32Array(length), capacity)
    this.fresh = enlarge(this.fresh, (length) => new Uint8Array(length), capacity)
  }

  #growObjects(needed: number): void {
    const capacity = grownCapacity(this.#objectNames.length, needed)
    const hashes = capacity * objectHashBytes
    this.#objectHashes = enlarge(this.#objectHashes, (length) => Buffer.alloc(length), hashes)
    this.#objectNames = enlarge(this.#objectNames, (length) => new Uint32Array(length), capacity)
    this.#objectUses = enlarge(this.#objectUses, (length) => new Uint32Array(length), capacity)
  }
}
