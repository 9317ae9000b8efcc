// What comes of a body before anybody reads it: in one piece, and little of it. A chunk of one byte costs two hundred as an object.
import type { Readable } from 'node:stream'
import { firstBlockBytes, maxUnreadBytes } from './limits.ts'

const nothing = new Uint8Array()

/**
 * Gathers what is pushed into the stream until somebody listens for it, and asks for a pause once that is more than `maxUnreadBytes`:
 * what was on its way is still taken. From then on the stream is as it always was. Gives how many bytes are held.
 */
export function gatherUnread(stream: Readable): () => number {
  let [held, used]: [Uint8Array, number] = [nothing, 0]
  const release = (): void => {
    Reflect.deleteProperty(stream, 'push') // What its class has is back.
    stream.off('newListener', onListener)
    const bytes = held.subarray(0, used)
    ;[held, used] = [nothing, 0]
    if (bytes.length > 0) stream.push(bytes)
  }
  const onListener = (event: string | symbol): void => {
    if (event === 'data' || event === 'readable') release()
  }
  const add = (chunk: Uint8Array): void => {
    const sizeBytes = used + chunk.length
    if (used === 0) {
      held = chunk // Most bodies are one chunk, which needs no copy.
    } else {
      // A single chunk fills what is held, so that nothing is ever written into one.
      if (sizeBytes > held.length) held = grown(held.subarray(0, used), sizeBytes)
      held.set(chunk, used)
    }
    used = sizeBytes
  }
  stream.on('newListener', onListener)
  stream.push = (chunk: Uint8Array | null) => {
    if (chunk === null) {
      release()
      return stream.push(null)
    }
    add(chunk)
    return used <= maxUnreadBytes
  }
  return () => used + stream.readableLength
}

/** Twice as much as is needed now: many tiny chunks are copied a few times, not each for each. */
function grown(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const larger = Buffer.allocUnsafeSlow(Math.max(firstBlockBytes, 2 * sizeBytes))
  larger.set(bytes)
  return larger
}
