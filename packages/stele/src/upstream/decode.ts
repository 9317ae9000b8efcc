// Takes content codings off. What becomes large waits its turn: a few bytes can become as many as the limit allows.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { UpstreamPorts } from '@stele/upstream'
import { decodeChunkBytes, decodedAtOnceBytes } from './limits.ts'

/** Takes one coding off. */
export type Decoder = (
  data: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Uint8Array>

type Decoders = { readonly [coding: string]: Decoder | undefined }

const ownDecoders: Decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
}

/** Nothing is being decoded yet. */
export function createDecode(decoders: Decoders = ownDecoders): UpstreamPorts['decode'] {
  let last: Promise<unknown> = Promise.resolve()
  return async (bytes, coding, maxBytes) => {
    const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
    if (decoder === undefined) throw new Error('it is not known here')
    if (maxBytes <= decodedAtOnceBytes) return decodeWithin(decoder, bytes, maxBytes)
    if (!saysLarge(bytes, coding)) {
      const small = await decodeWithin(decoder, bytes, decodedAtOnceBytes)
      if (small !== undefined) return small
    }
    const turn = last.then(() => decodeWithin(decoder, bytes, maxBytes))
    last = turn.catch(() => undefined)
    return turn
  }
}

/**
 * Whether it is no use to decode it at once: gzip, which is asked for, tells at its end how large the whole was. Strangers
 * wrote it, but it decides only what waits.
 */
function saysLarge(bytes: Uint8Array, coding: string): boolean {
  const at = bytes.byteLength - 4
  if (!coding.endsWith('gzip') || at < 0) return false
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true) > decodedAtOnceBytes
}

async function decodeWithin(
  decoder: Decoder,
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    return await decoder(bytes, { maxOutputLength: maxBytes, chunkSize: decodeChunkBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return
    throw error
  }
}
