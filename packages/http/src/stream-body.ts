// A request's body as it arrives: decoded, capped, at the pace of its reader.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { isSteleError, SteleError } from '@stele/errors'
import type { ByteStream } from './exchange.ts'
import { brokenGzip, cutError, gunzipOf, isGzipBody } from './read-body.ts'

/**
 * The body's chunks, with gzip undone, at most `limitBytes` after decoding. Leaving before the end leaves the request open, so
 * that it can be answered. Throws body_inflated, body_too_large, coding_unsupported, request_invalid, request_cut.
 */
export async function* streamBody(request: IncomingMessage, limitBytes: number): ByteStream {
  const decoding = isGzipBody(request, limitBytes) ? gunzipOf(request) : undefined
  const source: Readable = decoding?.stream ?? request
  let sizeBytes = 0
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      sizeBytes += chunk.length
      if (sizeBytes > limitBytes) throw new SteleError('body_too_large', { limitBytes })
      const inflated = decoding?.watch(chunk.length)
      if (inflated !== undefined) throw inflated
      yield chunk
    }
    if (!request.complete) throw cutError(sizeBytes)
  } catch (error) {
    if (isSteleError(error)) throw error
    if (decoding === undefined || (request.destroyed && !request.complete))
      throw cutError(sizeBytes)
    throw brokenGzip(error)
  } finally {
    decoding?.end()
  }
}
