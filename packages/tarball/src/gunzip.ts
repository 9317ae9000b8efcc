// Gzip under limits. As npm: members one after the other are one archive, and what follows the last is ignored.
import { gunzipSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { invalid } from './invalid.ts'
import type { TarballLimits } from './limits.ts'

/** The archive inside a gzip. Throws tarball_invalid, tarball_too_large. */
export function gunzip(bytes: Uint8Array, limits: TarballLimits): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw invalid('it is not gzip')
  const byRatio = Math.max(limits.ratioFreeBytes, bytes.length * limits.maxRatio)
  const limit = Math.min(limits.maxUnpackedBytes, byRatio)
  try {
    return gunzipSync(bytes, { maxOutputLength: limit, chunkSize: chunkSize(bytes, limit) })
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') {
      const details = { what: 'its unpacked size', limit, found: limit + 1 }
      throw new SteleError('tarball_too_large', details, { cause })
    }
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

const smallestChunk = 1024
const largestChunk = 2 ** 20

/**
 * A buffer that takes a small archive whole spares copying. The size at the gzip's end is the sender's word, so it
 * only chooses between sizes that are harmless.
 */
function chunkSize(bytes: Uint8Array, limit: number): number {
  const claimed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const size = bytes.length < 18 ? 0 : claimed.readUInt32LE(bytes.length - 4)
  return Math.min(Math.max(size + 1, smallestChunk), largestChunk, Math.max(limit, smallestChunk))
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
