// Bundles of up to 256 records, aligned with the log's entry bundles: body/, effects/ and value/ (spec/state.md "Files").
import { SteleError } from '@stele/errors'
import { maxRecordBytes } from './limits.ts'

const withheldLength = 0xffffffff
/** Records in a full bundle. */
export const bundleWidth = 256

/** `u32 length ‖ record` for each; `null` is a withheld record. */
export function formatRecordBundle(records: readonly (Uint8Array | null)[]): Uint8Array {
  const size = records.reduce((sum, record) => sum + 4 + (record?.length ?? 0), 0)
  const bundle = Buffer.alloc(size)
  let at = 0
  for (const record of records) {
    at = bundle.writeUInt32BE(record === null ? withheldLength : record.length, at)
    if (record === null) continue
    bundle.set(record, at)
    at += record.length
  }
  return bundle
}

/** The `width` records of a bundle, `null` where one is withheld. Throws `entry_invalid`. */
export function parseRecordBundle(
  bytes: Uint8Array,
  width: number,
): readonly (Uint8Array | null)[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const records: (Uint8Array | null)[] = []
  let at = 0
  while (records.length < width) {
    if (at + 4 > view.length) throw invalid(`it holds ${records.length} records, not ${width}`)
    const length = view.readUInt32BE(at)
    at += 4
    if (length === withheldLength) {
      records.push(null)
      continue
    }
    if (length > maxRecordBytes || at + length > view.length) {
      throw invalid(`record ${records.length} is cut or over ${maxRecordBytes} bytes`)
    }
    records.push(view.subarray(at, at + length))
    at += length
  }
  if (at !== view.length) throw invalid(`${view.length - at} bytes are left over`)
  return records
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'record bundle', reason })
}
