// Value records: the values that an entry wrote, in the order of its effects (spec/state.md "Files").
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { maxInlineValueBytes } from './limits.ts'

/** One written value: its bytes, the blob (hex SHA-512) that holds a long one, or withheld. */
export type EntryValue =
  | { readonly bytes: Uint8Array }
  | { readonly blob: string }
  | { readonly withheld: true }

const blobMark = 0xfffffffe
const withheldMark = 0xffffffff
const blobNameBytes = 64

/** The value as it is recorded: in line, or as the name of a blob when it is long. */
export function valueOf(bytes: Uint8Array): EntryValue {
  return bytes.length <= maxInlineValueBytes ? { bytes } : { blob: hash('sha512', bytes) }
}

/** The values' bytes: for each `u32 length ‖ bytes`, `0xFFFFFFFE ‖ blob name` or `0xFFFFFFFF`. */
export function formatValues(values: readonly EntryValue[]): Uint8Array {
  return Buffer.concat(values.flatMap(formatValue))
}

/** The values in these bytes; nothing may be left over. Throws `entry_invalid`. */
export function parseValues(record: Uint8Array): readonly EntryValue[] {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.length)
  const values: EntryValue[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw invalid('the last length is cut')
    const length = bytes.readUInt32BE(at)
    at += 4
    if (length === withheldMark) {
      values.push({ withheld: true })
      continue
    }
    const size = length === blobMark ? blobNameBytes : length
    if (length !== blobMark && length > maxInlineValueBytes) {
      throw invalid(`a value of ${length} bytes is not a blob`)
    }
    if (at + size > bytes.length) throw invalid('the last value is cut')
    const part = bytes.subarray(at, at + size)
    values.push(length === blobMark ? { blob: part.toString('hex') } : { bytes: part })
    at += size
  }
  return values
}

function formatValue(value: EntryValue): Uint8Array[] {
  if ('withheld' in value) return [u32(withheldMark)]
  if ('blob' in value) return [u32(blobMark), Buffer.from(value.blob, 'hex')]
  if (value.bytes.length > maxInlineValueBytes)
    throw new Error('A long value is recorded as a blob')
  return [u32(value.bytes.length), value.bytes]
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'value record', reason })
}
