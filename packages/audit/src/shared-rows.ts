// The rows of a state with their history, in memory that several threads read while one writes: each row is a chain of versions,
// newest first, so that a call can be run on the state as it was right before its entry, by any thread, at any later time.
// Words are written before what points at them (Atomics), and never moved; what no reader can need any more is used again.
import { compareUtf8 } from '@stele/formats/names'
import { bucketCount, maxSegments, segmentBytes, unitBytes } from './limits.ts'

/** What threads hand each other: memory is shared, not copied. */
export type RowsMemory = {
  readonly heads: SharedArrayBuffer
  readonly segments: readonly SharedArrayBuffer[]
}

/** A row as some entry left it. `value` is undefined where it is withheld, null where the row was removed. */
export type RowVersion = {
  readonly value: Uint8Array | null | undefined
  readonly entry: number
  readonly timeMs: number
}

/** A row of an object, removed ones included, with the entry that wrote it first. */
export type FieldRow = RowVersion & {
  readonly field: string
  readonly firstEntry: number
  readonly firstTimeMs: number
}

/** Where and when something is written. */
export type WrittenAt = { readonly entry: number; readonly timeMs: number }

/** A place: units of 8 bytes, the segment in the upper bits. 0 is no place. */
type Address = number

const unitBits = Math.log2(segmentBytes / unitBytes)
const unitMask = 2 ** unitBits - 1
const removedLength = -1
const withheldLength = -2

// Words of each record, before its bytes.
const cell = {
  next: 0,
  hash: 1,
  version: 2,
  sibling: 3,
  object: 4,
  length: 5,
  firstEntry: 6,
  time: 8,
  bytes: 10,
}
const object = { next: 0, hash: 1, cells: 2, length: 3, bytes: 4 }
const version = { previous: 0, entry: 1, time: 2, length: 4, bytes: 6 }
/** Words of the heads before the buckets. */
const usedUnits = 0
const headWords = 4

type Retired = {
  readonly address: Address
  readonly successor: Address
  readonly units: number
  readonly entry: number
}

/** The rows. One thread may write; the others attach to its memory. */
export class SharedRows {
  readonly #heads: Int32Array
  readonly #segments: SharedArrayBuffer[] = []
  readonly #words: Int32Array[] = []
  readonly #doubles: Float64Array[] = []
  readonly #bytes: Buffer[] = []
  readonly #retired: Retired[] = []
  #retiredFrom = 0
  readonly #free = new Map<number, Address[]>()
  #scratch: Buffer = Buffer.alloc(4096)
  readonly #fetchMore: () => readonly SharedArrayBuffer[]
  readonly #listeners: ((segment: SharedArrayBuffer) => void)[] = []
  /** The object that was found last: scripts ask for several rows of one. */
  #lastName = ''
  #lastObject: Address = 0

  /** `fetchMore` gives the segments that the writer has added since it was last asked. */
  constructor(memory?: RowsMemory, fetchMore: () => readonly SharedArrayBuffer[] = () => []) {
    this.#fetchMore = fetchMore
    const heads = memory?.heads ?? new SharedArrayBuffer((headWords + 2 * bucketCount) * 4)
    this.#heads = new Int32Array(heads)
    if (memory === undefined) {
      this.#addSegment(new SharedArrayBuffer(segmentBytes))
      this.#heads[usedUnits] = 1 // The first unit is no place.
    } else memory.segments.forEach((segment) => this.#addSegment(segment))
  }

  /** What another thread needs to read these rows. */
  get memory(): RowsMemory {
    const { buffer } = this.#heads
    if (!(buffer instanceof SharedArrayBuffer))
      throw new Error('The heads must lie in a SharedArrayBuffer')
    return { heads: buffer, segments: [...this.#segments] }
  }

  /** Has `listener` told of each new segment, before any row lies in it. */
  onSegment(listener: (segment: SharedArrayBuffer) => void): void {
    this.#listeners.push(listener)
  }

  /** The row as the entries before `before` left it; undefined where none of them wrote it. */
  find(objectName: string, field: string, before: number): RowVersion | undefined {
    const place = this.#findObject(objectName)
    const found = place === 0 ? 0 : this.#findCell(place, field)
    return found === 0 ? undefined : this.#versionOf(found, before)
  }

  /** The rows of an object that entries before `before` wrote, in no order. */
  *rowsOf(objectName: string, before: number): Generator<FieldRow> {
    const place = this.#findObject(objectName)
    if (place === 0) return
    for (let at = this.#load(place, object.cells); at !== 0; at = this.#word(at, cell.sibling)) {
      const newest = this.#versionOf(at, before)
      if (newest === undefined) continue
      const field = this.#text(at, cell)
      const firstTimeMs = this.#double(at, cell.time)
      yield { field, ...newest, firstEntry: this.#word(at, cell.firstEntry), firstTimeMs }
    }
  }

  /** The fields of an object that are there, sorted by UTF-8 bytes. */
  fieldsOf(objectName: string, before: number): readonly string[] {
    const place = this.#findObject(objectName)
    const fields: string[] = []
    if (place === 0) return fields
    for (let at = this.#load(place, object.cells); at !== 0; at = this.#word(at, cell.sibling)) {
      const found = this.#visible(at, before)
      if (found !== 0 && this.#word(found, version.length) !== removedLength) {
        fields.push(this.#text(at, cell))
      }
    }
    return fields.sort(compareUtf8)
  }

  /** Writes a row: bytes, null for removed, undefined for withheld. Entries only grow. */
  write(
    objectName: string,
    field: string,
    { value, entry, timeMs }: WrittenAt & { readonly value: Uint8Array | null | undefined },
  ): void {
    const place = this.#findObject(objectName) || this.#addObject(objectName)
    const found = this.#findCell(place, field) || this.#addCell(place, field, { entry, timeMs })
    const before = this.#word(found, cell.version)
    const address = this.#addVersion(before, { value, entry, timeMs })
    this.#store(found, cell.version, address)
    if (before !== 0) {
      const units = unitsOf(version.bytes * 4 + Math.max(0, this.#word(before, version.length)))
      this.#retired.push({ address: before, successor: address, units, entry })
    }
  }

  /** Uses again what only readers of the state before `entry` or earlier could need. */
  recycle(entry: number): void {
    for (; this.#retiredFrom < this.#retired.length; this.#retiredFrom++) {
      const old = this.#retired[this.#retiredFrom]
      if (old === undefined || old.entry >= entry) break
      this.#store(old.successor, version.previous, 0)
      const free = this.#free.get(old.units) ?? []
      if (free.length === 0) this.#free.set(old.units, free)
      free.push(old.address)
    }
    if (this.#retiredFrom < 4096) return
    this.#retired.splice(0, this.#retiredFrom)
    this.#retiredFrom = 0
  }

  #visible(at: Address, before: number): Address {
    let found = this.#load(at, cell.version)
    while (found !== 0 && this.#word(found, version.entry) >= before) {
      found = this.#load(found, version.previous)
    }
    return found
  }

  #versionOf(at: Address, before: number): RowVersion | undefined {
    const found = this.#visible(at, before)
    if (found === 0) return undefined
    const [entry, timeMs] = [this.#word(found, version.entry), this.#double(found, version.time)]
    const length = this.#word(found, version.length)
    if (length < 0) return { value: length === removedLength ? null : undefined, entry, timeMs }
    const [bytes, start] = this.#bytesAt(found, version.bytes)
    const value = new Uint8Array(length) // A copy: what is shared may be used again.
    value.set(bytes.subarray(start, start + length))
    return { value, entry, timeMs }
  }

  #ofMore<T>(views: readonly T[], at: Address): T | undefined {
    for (const segment of this.#fetchMore()) this.#addSegment(segment)
    return views[at >>> unitBits]
  }

  #findObject(name: string): Address {
    if (this.#lastObject !== 0 && this.#lastName === name) return this.#lastObject
    const found = this.#lookUpObject(name)
    if (found !== 0) [this.#lastName, this.#lastObject] = [name, found]
    return found
  }

  #lookUpObject(name: string): Address {
    const size = this.#encode(name)
    const hash = hashOf(this.#scratch, size, 0)
    let at = Atomics.load(this.#heads, headWords + bucketCount + (hash & (bucketCount - 1)))
    for (; at !== 0; at = this.#word(at, object.next)) {
      if (this.#word(at, object.hash) === hash && this.#isScratch(at, object, size)) return at
    }
    return 0
  }

  #findCell(place: Address, field: string): Address {
    const size = this.#encode(field)
    const hash = hashOf(this.#scratch, size, place)
    let at = Atomics.load(this.#heads, headWords + (hash & (bucketCount - 1)))
    for (; at !== 0; at = this.#word(at, cell.next)) {
      const isOf = this.#word(at, cell.hash) === hash && this.#word(at, cell.object) === place
      if (isOf && this.#isScratch(at, cell, size)) return at
    }
    return 0
  }

  #addObject(name: string): Address {
    const size = this.#encode(name)
    const hash = hashOf(this.#scratch, size, 0)
    const head = headWords + bucketCount + (hash & (bucketCount - 1))
    const at = this.#allocate(object.bytes * 4 + size)
    this.#set(at, object.next, Atomics.load(this.#heads, head))
    this.#set(at, object.hash, hash)
    this.#set(at, object.cells, 0)
    this.#set(at, object.length, size)
    this.#copyScratch(at, object.bytes, size)
    Atomics.store(this.#heads, head, at)
    return at
  }

  #addCell(place: Address, field: string, { entry, timeMs }: WrittenAt): Address {
    const size = this.#encode(field)
    const hash = hashOf(this.#scratch, size, place)
    const head = headWords + (hash & (bucketCount - 1))
    const at = this.#allocate(cell.bytes * 4 + size)
    this.#set(at, cell.next, Atomics.load(this.#heads, head))
    this.#set(at, cell.hash, hash)
    this.#set(at, cell.version, 0)
    this.#set(at, cell.sibling, this.#word(place, object.cells))
    this.#set(at, cell.object, place)
    this.#set(at, cell.length, size)
    this.#set(at, cell.firstEntry, entry)
    this.#setDouble(at, cell.time, timeMs)
    this.#copyScratch(at, cell.bytes, size)
    this.#store(place, object.cells, at)
    Atomics.store(this.#heads, head, at)
    return at
  }

  #addVersion(
    previous: Address,
    { value, entry, timeMs }: WrittenAt & { readonly value: Uint8Array | null | undefined },
  ): Address {
    const at = this.#allocate(version.bytes * 4 + (value?.length ?? 0))
    this.#store(at, version.previous, previous)
    this.#set(at, version.entry, entry)
    this.#setDouble(at, version.time, timeMs)
    const length = value === null ? removedLength : (value?.length ?? withheldLength)
    this.#set(at, version.length, length)
    const [bytes, start] = this.#bytesAt(at, version.bytes)
    if (value instanceof Uint8Array) bytes.set(value, start)
    return at
  }

  #allocate(bytes: number): Address {
    const units = unitsOf(bytes)
    const free = this.#free.get(units)?.pop()
    if (free !== undefined) return free
    const used = this.#heads[usedUnits] ?? 0
    if (units > unitMask) return this.#addLarge(units)
    const fits =
      (used & unitMask) + units <= unitMask + 1 && used >>> unitBits < this.#segments.length
    const at = fits ? used : this.#segments.length * (unitMask + 1)
    if (!fits) this.#addSegment(new SharedArrayBuffer(segmentBytes))
    this.#heads[usedUnits] = at + units
    return at
  }

  /** A value that no common segment holds has one of its own; the common one goes on behind it, in a new one. */
  #addLarge(units: number): Address {
    const at = this.#segments.length * (unitMask + 1)
    this.#addSegment(new SharedArrayBuffer(units * unitBytes))
    this.#heads[usedUnits] = this.#segments.length * (unitMask + 1)
    return at
  }

  #addSegment(segment: SharedArrayBuffer): void {
    if (this.#segments.length >= maxSegments) {
      throw new RangeError(`The state takes over ${maxSegments} segments of memory`)
    }
    for (const listener of this.#listeners) listener(segment)
    this.#segments.push(segment)
    this.#words.push(new Int32Array(segment))
    this.#doubles.push(new Float64Array(segment))
    this.#bytes.push(Buffer.from(segment))
  }

  #encode(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.alloc(text.length * 3)
    return this.#scratch.write(text, 0, 'utf8')
  }

  #isScratch(
    at: Address,
    record: { readonly length: number; readonly bytes: number },
    size: number,
  ): boolean {
    if (this.#word(at, record.length) !== size) return false
    const [bytes, start] = this.#bytesAt(at, record.bytes)
    return bytes.compare(this.#scratch, 0, size, start, start + size) === 0
  }

  #text(at: Address, record: { readonly length: number; readonly bytes: number }): string {
    const [bytes, start] = this.#bytesAt(at, record.bytes)
    return bytes.toString('utf8', start, start + this.#word(at, record.length))
  }

  #copyScratch(at: Address, word: number, size: number): void {
    const [bytes, start] = this.#bytesAt(at, word)
    this.#scratch.copy(bytes, start, 0, size)
  }

  #bytesAt(at: Address, word: number): readonly [bytes: Buffer, start: number] {
    return [this.#of(this.#bytes, at), (at & unitMask) * unitBytes + word * 4]
  }

  #word(at: Address, word: number): number {
    return this.#of(this.#words, at)[(at & unitMask) * 2 + word] ?? 0
  }

  #load(at: Address, word: number): number {
    return Atomics.load(this.#of(this.#words, at), (at & unitMask) * 2 + word)
  }

  #set(at: Address, word: number, value: number): void {
    this.#of(this.#words, at)[(at & unitMask) * 2 + word] = value
  }

  #store(at: Address, word: number, value: number): void {
    Atomics.store(this.#of(this.#words, at), (at & unitMask) * 2 + word, value)
  }

  #double(at: Address, word: number): number {
    return this.#of(this.#doubles, at)[(at & unitMask) + word / 2] ?? 0
  }

  #setDouble(at: Address, word: number, value: number): void {
    this.#of(this.#doubles, at)[(at & unitMask) + word / 2] = value
  }

  #of<T>(views: readonly T[], at: Address): T {
    const view = views[at >>> unitBits] ?? this.#ofMore(views, at)
    if (view === undefined) throw new Error('A row lies in memory that this thread was not given')
    return view
  }
}

function unitsOf(bytes: number): number {
  return Math.ceil(bytes / unitBytes)
}

/** FNV-1a with a last mix: names share long beginnings. */
function hashOf(bytes: Uint8Array, size: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let at = 0; at < size; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}
