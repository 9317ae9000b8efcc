// Gzip under limits. As npm: members one after the other are one archive, and zeros that follow the last are ignored.
import { type Gunzip, gunzipSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { invalid } from './invalid.ts'
import type { TarballLimits } from './limits.ts'

/** The archive inside a gzip. Throws tarball_invalid, tarball_too_large. */
export function gunzip(bytes: Uint8Array, limits: TarballLimits): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw invalid('it is not gzip')
  const byRatio = Math.max(limits.ratioFreeBytes, bytes.length * limits.maxRatio)
  const limit = Math.min(limits.maxUnpackedBytes, byRatio)
  const { buffer, engine } = inflate(bytes, limit)
  // Readers that get the bytes piece by piece stop at a zero only up to the next piece: a member behind it is read then.
  if (bytes.subarray(engine.bytesWritten).some((byte) => byte !== 0)) {
    throw invalid('something follows the end of its gzip')
  }
  return buffer
}

/** What gunzipSync() gives with `info`: also the engine, which knows how many bytes it took. */
type Inflated = { readonly buffer: Buffer; readonly engine: Pick<Gunzip, 'bytesWritten'> }

function inflate(bytes: Uint8Array, limit: number): Inflated {
  const options = { maxOutputLength: limit, chunkSize: chunkSize(bytes, limit), info: true }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The types of node:zlib leave `info` out.
    return gunzipSync(bytes, options) as unknown as Inflated
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
