// Extended headers of pax: records `<length> SP <key>=<value> LF`. Only what changes a file's name or length counts.
import { invalid } from './invalid.ts'

/** What extended headers say of the next entry. `path` is raw bytes. */
export type Extended = {
  readonly path?: Uint8Array
  readonly size?: number
  /** Whether the target of a link was named. */
  readonly hasTarget?: true
}

/**
 * What the body of an extended header adds to `before`. What readers are known to take differently is refused: a line
 * feed inside a value, modes, sparse files. Throws tarball_invalid.
 */
export function readPax(body: Buffer, before: Extended): Extended {
  let extended = before
  for (let offset = 0; offset < body.length; ) {
    const end = offset + recordLength(body, offset)
    if (end > body.length || body[end - 1] !== lineFeed) throw invalid('an extended header is torn')
    const record = body.subarray(body.indexOf(space, offset) + 1, end - 1)
    extended = applyRecord(record, extended)
    offset = end
  }
  return extended
}

/** Refuses a global extended header that would name or measure files; any other says nothing of interest. */
export function checkGlobalPax(body: Buffer): void {
  if (Object.keys(readPax(body, {})).length > 0) {
    throw invalid('a global header sets a path or a size for all files')
  }
}

const space = 0x20
const lineFeed = 0x0a

function recordLength(body: Buffer, offset: number): number {
  const digits = /^([1-9]\d{0,6}) /.exec(body.toString('latin1', offset, offset + 8))?.[1]
  if (digits === undefined) throw invalid('an extended header has a record without a length')
  const length = Number(digits)
  // Shorter than its own prefix, an equals sign and the line feed: the length is a lie.
  if (length < digits.length + 3) throw invalid('an extended header has a record that is too short')
  return length
}

function applyRecord(record: Buffer, extended: Extended): Extended {
  if (record.includes(lineFeed)) throw invalid('an extended header has a line feed in a record')
  const equals = record.indexOf('=')
  if (equals < 1) throw invalid('an extended header has a record without a key')
  const key = record.toString('latin1', 0, equals)
  const value = record.subarray(equals + 1)
  if (key === 'path') return { ...extended, path: checkPath(value) }
  if (key === 'linkpath') return { ...extended, hasTarget: true }
  if (key === 'size') return { ...extended, size: readSize(value) }
  if (key === 'mode' || key.startsWith('GNU.sparse.')) {
    throw invalid(`an extended header has the key ${key}`)
  }
  return extended
}

/** npm takes a path of digits for a number, and then drops the header. */
function checkPath(value: Buffer): Buffer {
  if (/^\d+$/.test(value.toString('latin1'))) throw invalid('an extended path is a number')
  return value
}

function readSize(value: Buffer): number {
  const digits = value.toString('latin1', 0, 17)
  const size = Number(digits)
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(size)) {
    throw invalid('an extended header has a size that is not a number')
  }
  return size
}
