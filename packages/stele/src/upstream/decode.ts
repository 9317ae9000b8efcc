// Takes content codings off. What becomes large waits its turn: a few bytes can become as many as the limit allows.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { UpstreamPorts } from '@stele/upstream'
import { decodeChunkBytes, decodedAtOnceBytes } from './limits.ts'

type Decoder = (
  data: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Uint8Array>

const decoders: { readonly [coding: string]: Decoder | undefined } = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
}

/** Nothing is being decoded yet. */
export function createDecode(): UpstreamPorts['decode'] {
  let last: Promise<unknown> = Promise.resolve()
  return async (bytes, coding, maxBytes) => {
    const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
    if (decoder === undefined) throw new Error('it is not known here')
    const small = await decodeWithin(decoder, bytes, Math.min(maxBytes, decodedAtOnceBytes))
    if (small !== undefined || maxBytes <= decodedAtOnceBytes) return small
    const turn = last.then(() => decodeWithin(decoder, bytes, maxBytes))
    last = turn.catch(() => undefined)
    return turn
  }
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
