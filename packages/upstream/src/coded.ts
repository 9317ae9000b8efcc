// A packument as it came, its coding still on: that is taken off where it is read, one after the other, and so is what becomes
// large. Strangers wrote it: a few bytes can become as many as the limit allows.
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { largePackumentBytes, leastDecodedBytes, maxDecodedChunkBytes } from './limits.ts'

/** A body, and how many bytes it may have without its coding. */
export type Coded = {
  readonly name: string
  /** The id of the upstream that sent it. */
  readonly upstream: string
  readonly body: Uint8Array
  /** As its header says, in lower case; `identity` for none. */
  readonly coding: string
  readonly maxBytes: number
}

type Decoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Uint8Array

const decoders: { readonly [coding: string]: Decoder | undefined } = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
}

/** What says how large a packument may be. */
const setting = 'upstreamPackumentSize'

/** The body without its coding. Throws upstream_too_large, upstream_answer_odd. */
export function plainOf({ name, upstream, body, coding, maxBytes }: Coded): Uint8Array {
  const tooLarge = (): SteleError =>
    new SteleError('upstream_too_large', { upstream, what: `"${name}"`, limit: maxBytes, setting })
  if (coding === 'identity') {
    if (body.length > maxBytes) throw tooLarge()
    return body
  }
  try {
    const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
    if (decoder === undefined) throw new Error('it is not known here')
    // One byte more than it says: else there would be a second chunk for what may follow.
    const wanted = Math.max(saidBytes(body, coding) + 1, leastDecodedBytes)
    const chunkSize = Math.min(wanted, maxDecodedChunkBytes)
    return decoder(body, { maxOutputLength: maxBytes, chunkSize })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge()
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    const reason = `its coding "${coding}" cannot be taken off: ${why}`
    throw new SteleError('upstream_answer_odd', { name, reason }, { cause })
  }
}

/** How many bytes a body has without its coding, as it says itself: gzip, which is asked for, tells it at its end; of others it is as if they were endless. */
export function saidBytes(body: Uint8Array, coding: string): number {
  if (coding === 'identity') return body.length
  const at = body.byteLength - 4
  if (!coding.endsWith('gzip') || at < 0) return Number.MAX_SAFE_INTEGER
  return new DataView(body.buffer, body.byteOffset).getUint32(at, true)
}

/** How many bytes reading it may come to. What says that it is small, and was not, may have as many as it may. */
export function bytesToRead({ body, coding, maxBytes }: Coded): number {
  const said = saidBytes(body, coding)
  const isBelieved = maxBytes <= largePackumentBytes || said > largePackumentBytes
  return isBelieved ? Math.max(said, body.length) : maxBytes
}
