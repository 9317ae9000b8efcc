// Entry bundles: up to 256 entries, each behind its length (C2SP tlog-tiles).
import { SteleError } from '@stele/errors'
import { maxEntryBytes } from './limits.ts'

const lengthSizeBytes = 2

/** The bytes of a bundle: `u16 length ‖ entry` for each. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const size = entries.reduce((sum, entry) => sum + lengthSizeBytes + entry.length, 0)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) throw new Error(`Cannot bundle ${entry.length} bytes`)
    at = bytes.writeUInt16BE(entry.length, at)
    bytes.set(entry, at)
    at += entry.length
  }
  return bytes
}

/**
 * The entries of a bundle of this width, as views of its bytes. Throws `proof_invalid` for bytes
 * missing or left over.
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: Uint8Array[] = []
  let at = 0
  while (entries.length < width) {
    const start = at + lengthSizeBytes
    if (start > view.length) throw invalid(`it ends in entry ${entries.length} of ${width}`)
    at = start + view.readUInt16BE(at)
    if (at > view.length) throw invalid(`it ends in entry ${entries.length} of ${width}`)
    entries.push(bytes.subarray(start, at))
  }
  if (at !== view.length) throw invalid(`it has more than ${width} entries`)
  return entries
}

function invalid(reason: string): SteleError {
  return new SteleError('proof_invalid', { what: 'entry bundle', reason })
}
