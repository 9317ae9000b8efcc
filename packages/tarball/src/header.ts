// One 512-byte header block of a tar archive: old, ustar or GNU.
import { invalid } from './invalid.ts'

export const blockBytes = 512

/** What a header says by itself. `name` is raw bytes: an extended header may replace it, and then it need not be text. */
export type Header = {
  readonly type: string
  readonly name: Uint8Array
  /** The ustar prefix, before the name with a slash between; empty where there is none. */
  readonly prefix: Uint8Array
  readonly mode: number
  readonly size: number
  /** Whether it names the target of a link. */
  readonly hasTarget: boolean
}

/** The header at `offset`, its checksum verified, or undefined for an empty block; `place` is what errors call it. Throws tarball_invalid. */
export function readHeader(archive: Buffer, offset: number, place: number): Header | undefined {
  const sum = sumOf(archive, offset)
  if (sum === 8 * space && archive[offset + 148] === 0) return undefined
  if (sum === 8 * space) throw invalid('an empty block has a checksum')
  if (sum !== readChecksum(archive, offset + 148)) {
    throw invalid(`the header at byte ${place} does not match its checksum`)
  }
  const isUstar = archive.toString('latin1', offset + 257, offset + 265) === 'ustar\u000000'
  checkNumbers(archive, offset, isUstar)
  return {
    type: archive.toString('latin1', offset + 156, offset + 157),
    name: readText(archive, offset, 100),
    prefix: isUstar ? readPrefix(archive, offset + 345) : nothing,
    mode: readNumber(archive, offset + 100, 8),
    size: readNumber(archive, offset + 124, 12),
    hasTarget: readText(archive, offset + 157, 100).length > 0,
  }
}

/** The bytes of a field up to its first NUL. Throws tarball_invalid. */
export function readText(archive: Buffer, offset: number, length: number): Uint8Array {
  const field = archive.subarray(offset, offset + length)
  const end = field.indexOf(0)
  if (end < 0) return field
  // npm cuts a name at NUL only up to the next end of a line: what stands behind would be part of the name there.
  if (/[\n\r\u2028\u2029]/.test(field.toString('utf8', end))) {
    throw invalid('a name goes on after its end')
  }
  return field.subarray(0, end)
}

const nothing = new Uint8Array()
const space = 0x20

/** The prefix; npm tells that there is one by its 131st byte, and then it may not be empty. */
function readPrefix(archive: Buffer, offset: number): Uint8Array {
  const prefix = readText(archive, offset, 155)
  if (prefix.length === 0 && archive[offset + 130] !== 0) throw invalid('a prefix is malformed')
  return prefix
}

/** The sum of the block's bytes, those of the checksum itself counting as spaces. */
export function sumOf(archive: Buffer, offset: number): number {
  let sum = 8 * space
  for (let index = offset; index < offset + 148; index++) sum += archive[index] ?? 0
  for (let index = offset + 156; index < offset + blockBytes; index++) sum += archive[index] ?? 0
  return sum
}

/** The checksum; npm reads on where it has no end. */
function readChecksum(archive: Buffer, offset: number): number {
  const last = archive[offset + 7]
  if (last !== 0 && last !== space) throw invalid('a checksum has no end')
  return readNumber(archive, offset, 8)
}

/** Refuses numbers of no interest that npm cannot read, since it then drops the header and takes the body for more. */
function checkNumbers(archive: Buffer, offset: number, isUstar: boolean): void {
  checkBase256(archive, offset + 108, 8) // Owner.
  checkBase256(archive, offset + 116, 8) // Group.
  checkBase256(archive, offset + 136, 12) // Time.
  if (!isUstar) return
  checkBase256(archive, offset + 329, 8) // Device.
  checkBase256(archive, offset + 337, 8)
  if (archive[offset + 475] !== 0) return
  checkBase256(archive, offset + 476, 12) // Times that some writers put behind a short prefix.
  checkBase256(archive, offset + 488, 12)
}

function checkBase256(archive: Buffer, offset: number, length: number): void {
  const first = archive[offset] ?? 0
  if (first < 0x80) return
  if (first !== 0xff) {
    readBase256(archive, offset, length)
    return
  }
  for (let index = offset + 1; index < offset + length - 6; index++) {
    if (archive[index] !== 0xff) throw invalid('a header has a number that is malformed')
  }
}

/** An octal number between spaces and NULs, or GNU's base 256; an empty field is 0. */
function readNumber(archive: Buffer, offset: number, length: number): number {
  const first = archive[offset] ?? 0
  if (first >= 0x80) return readBase256(archive, offset, length)
  let index = offset
  const end = offset + length
  while (index < end && archive[index] === space) index++
  let value = 0
  for (; index < end; index++) {
    const digit = (archive[index] ?? 0) - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; index < end; index++) {
    const byte = archive[index]
    if (byte === 0) break // Old writers leave all sorts of things behind the NUL.
    if (byte !== space) throw invalid('a header has a number that is not octal')
  }
  return value
}

function readBase256(archive: Buffer, offset: number, length: number): number {
  if (archive[offset] !== 0x80) throw invalid('a header has a number that is negative or malformed')
  let value = 0
  for (let index = offset + 1; index < offset + length; index++) {
    value = value * 256 + (archive[index] ?? 0)
  }
  if (!Number.isSafeInteger(value)) throw invalid('a header has a number beyond 2^53')
  return value
}
