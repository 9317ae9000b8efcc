// Streams of bytes: what is one, and how one ends that nobody reads.
import type { ByteStream } from './exchange.ts'

/** True for a stream among the forms of a body. */
export function isByteStream(body: object): body is ByteStream {
  return Symbol.asyncIterator in body
}

/** Ends a stream that will not be read, so that its source does not wait for ever. */
export async function endStream(stream: ByteStream): Promise<void> {
  // A Readable that was never read is ended by no iterator.
  if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
  else await stream[Symbol.asyncIterator]().return?.()
}

/** The same stream, which fails where its length is not the one that the headers promised. */
export async function* withExactLength(stream: ByteStream, lengthBytes: number): ByteStream {
  let sizeBytes = 0
  for await (const chunk of stream) {
    sizeBytes += chunk.length
    if (sizeBytes > lengthBytes) break
    yield chunk
  }
  if (sizeBytes !== lengthBytes) {
    throw new Error(`The stream's length is not ${lengthBytes} bytes, as its headers promised`)
  }
}
