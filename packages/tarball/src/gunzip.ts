// Gzip under limits. As npm: members one after the other are one archive, and zeros that follow the last are ignored.
import { createGunzip, type Gunzip, gunzipSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { invalid } from './invalid.ts'
import type { TarballLimits } from './limits.ts'

/** The archive inside a gzip. Throws tarball_invalid, tarball_too_large. */
export function gunzip(bytes: Uint8Array, limits: TarballLimits): Buffer {
  if (!isGzip(bytes)) throw noGzip()
  const { buffer, engine } = inflate(bytes, limitOf(bytes.length, limits))
  // Readers that get the bytes piece by piece stop at a zero only up to the next piece: a member behind it is read then.
  if (bytes.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw goesOn()
  return buffer
}

/** A gzip whose bytes lie somewhere: all from `start` on, in pieces. They are read more than once. */
export type Packed = {
  readonly sizeBytes: number
  readonly pieces: (start: number) => AsyncIterable<Uint8Array>
}

/** The archive inside a gzip, a piece at a time: what gunzip() gives, in little memory. Throws as it does. */
export async function* gunzipPieces(packed: Packed, limits: TarballLimits): AsyncGenerator<Buffer> {
  const limit = limitOf(packed.sizeBytes, limits)
  const engine = createGunzip({ chunkSize: pieceBytes })
  const feeding = feed(engine, packed.pieces(0)).catch((error) => engine.destroy(error))
  let sizeBytes = 0
  try {
    for await (const piece of engine) {
      sizeBytes += piece.length
      if (sizeBytes > limit) throw tooLarge(limit)
      yield piece
    }
  } catch (error) {
    throw isZlibError(error) ? invalid(error.message, error) : error
  } finally {
    engine.destroy()
    await feeding
  }
  for await (const rest of packed.pieces(engine.bytesWritten)) {
    if (rest.some((byte) => byte !== 0)) throw goesOn()
  }
}

const pieceBytes = 256 * 1024

/** Hands the pieces over, until the engine wants no more. */
async function feed(engine: Gunzip, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  let isFirst = true
  for await (const piece of pieces) {
    if (isFirst && !isGzip(piece)) throw noGzip()
    isFirst = false
    if (engine.destroyed || engine.readableEnded) return
    if (!engine.write(piece)) await takenOrEnded(engine)
  }
  if (isFirst) throw noGzip()
  engine.end()
}

function takenOrEnded(engine: Gunzip): Promise<void> {
  const events = ['drain', 'end', 'close']
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of events) engine.off(event, settle)
      resolve()
    }
    for (const event of events) engine.on(event, settle)
  })
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && String(codeOf(error)).startsWith('Z_')
}

/** Whether they begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function noGzip(): SteleError {
  return invalid('it is not gzip')
}

function goesOn(): SteleError {
  return invalid('something follows the end of its gzip')
}

/** Bytes that a gzip of this size may unpack to. */
export function limitOf(sizeBytes: number, limits: TarballLimits): number {
  return Math.min(
    limits.maxUnpackedBytes,
    Math.max(limits.ratioFreeBytes, sizeBytes * limits.maxRatio),
  )
}

function tooLarge(limit: number, cause?: unknown): SteleError {
  const details = { what: 'its unpacked size', limit, found: limit + 1 }
  return new SteleError('tarball_too_large', details, { cause })
}

/** What gunzipSync() gives with `info`: also the engine, which knows how many bytes it took. */
type Inflated = { readonly buffer: Buffer; readonly engine: Pick<Gunzip, 'bytesWritten'> }

function inflate(bytes: Uint8Array, limit: number): Inflated {
  const options = { maxOutputLength: limit, chunkSize: chunkSize(bytes, limit), info: true }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The types of node:zlib leave `info` out.
    return gunzipSync(bytes, options) as unknown as Inflated
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit, cause)
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
  const size = claimedSize(bytes) ?? 0
  return Math.min(Math.max(size + 1, smallestChunk), largestChunk, Math.max(limit, smallestChunk))
}

/** Bytes of a gzip's header and trailer. */
const leastBytes = 18

/** The unpacked size that stands at the end of a gzip, modulo 2^32; undefined where there is no end. */
export function claimedSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < leastBytes) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(bytes.length - 4)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
