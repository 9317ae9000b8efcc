// One frame of a trie's snapshot: columns of inner nodes, leaves, objects and names, in the machine's own words.
// It is read as it was written: whoever keeps frames seals them.

/** Columns as they are gathered. Children come before their parents, so that every number is known when it is written. */
export type FrameColumns = {
  readonly left: number[]
  readonly right: number[]
  readonly bits: number[]
  readonly hashes: Uint8Array[]
  readonly objectOf: number[]
  readonly fieldOf: number[]
  readonly values: Uint8Array[]
  readonly objectNames: number[]
  readonly objectHashes: Uint8Array[]
  readonly names: Uint8Array[]
}

/** Columns as they are read: views of the frame. */
export type ReadColumns = {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly bits: Uint16Array
  readonly hashes: Uint8Array
  readonly objectOf: Uint32Array
  readonly fieldOf: Uint32Array
  readonly values: Uint8Array
  readonly objectNames: Uint32Array
  readonly objectHashes: Uint8Array
  readonly names: Uint8Array
}

const hashBytes = 32
/** Bytes of inners, leaves, objects and names, 32 bits each. */
const headerBytes = 16

/** No columns yet. */
export function emptyColumns(): FrameColumns {
  return {
    left: [],
    right: [],
    bits: [],
    hashes: [],
    objectOf: [],
    fieldOf: [],
    values: [],
    objectNames: [],
    objectHashes: [],
    names: [],
  }
}

/** The frame of these columns. Words come first, so that all of them are aligned. */
export function formatFrame(columns: FrameColumns): Uint8Array {
  const names = Buffer.concat(columns.names)
  const [inners, leaves] = [columns.left.length, columns.values.length]
  return Buffer.concat([
    bytesOf(Uint32Array.of(inners, leaves, columns.objectNames.length, names.length)),
    bytesOf(Int32Array.from(columns.left)),
    bytesOf(Int32Array.from(columns.right)),
    bytesOf(Uint32Array.from(columns.objectOf)),
    bytesOf(Uint32Array.from(columns.fieldOf)),
    bytesOf(Uint32Array.from(columns.objectNames)),
    bytesOf(Uint16Array.from(columns.bits)),
    ...columns.hashes,
    ...columns.values,
    ...columns.objectHashes,
    names,
  ])
}

/** The columns of a frame. Throws where its length is not the one that its counts need. */
export function readFrame(frame: Uint8Array): ReadColumns {
  const { buffer, byteOffset } = frame.byteOffset % 4 === 0 ? frame : Uint8Array.from(frame)
  if (frame.length < headerBytes) throw new Error('A frame of the trie is torn')
  const counts = new Uint32Array(buffer, byteOffset, headerBytes / 4)
  const [inners = 0, leaves = 0, objects = 0, nameBytes = 0] = counts
  let at = byteOffset + headerBytes
  const take = (sizeBytes: number): number => (at += sizeBytes) - sizeBytes
  const bytes = (sizeBytes: number): Uint8Array =>
    new Uint8Array(buffer, take(sizeBytes), sizeBytes)
  const columns = {
    left: new Int32Array(buffer, take(4 * inners), inners),
    right: new Int32Array(buffer, take(4 * inners), inners),
    objectOf: new Uint32Array(buffer, take(4 * leaves), leaves),
    fieldOf: new Uint32Array(buffer, take(4 * leaves), leaves),
    objectNames: new Uint32Array(buffer, take(4 * objects), objects),
    bits: new Uint16Array(buffer, take(2 * inners), inners),
    hashes: bytes(hashBytes * inners),
    values: bytes(hashBytes * leaves),
    objectHashes: bytes(hashBytes * objects),
    names: bytes(nameBytes),
  }
  if (at !== byteOffset + frame.length) throw new Error('A frame of the trie is torn')
  return columns
}

function bytesOf(words: Int32Array | Uint32Array | Uint16Array): Uint8Array {
  return new Uint8Array(words.buffer)
}
