// Codings that few clients ask for: made on other threads when one does.
import { promisify } from 'node:util'
import {
  type BrotliOptions,
  brotliCompress,
  constants,
  type ZstdOptions,
  zstdCompress,
} from 'node:zlib'
import { brotliQuality } from './limits.ts'

const zstdElsewhere = promisify<Uint8Array, ZstdOptions, Uint8Array>(zstdCompress)
const brotliElsewhere = promisify<Uint8Array, BrotliOptions, Uint8Array>(brotliCompress)

/** The text as one zstd frame: Node's own reader stops after the first (npm-wire H4). */
export function packZstd(text: Uint8Array): Promise<Uint8Array> {
  return zstdElsewhere(text, { pledgedSrcSize: text.length })
}

/** The text in brotli. */
export function packBrotli(text: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  }
  return brotliElsewhere(text, { params })
}
