// Whether an answer comes at a pace that ends some day. A byte now and then is no answer, and never idle either.
import { minBytesPerSecond } from './limits.ts'

/** Milliseconds in which so many bytes must have come: an answer may take this long to begin, and some time for what it brought. */
export function allowedMs(receivedBytes: number, idleTimeoutMs: number): number {
  return 2 * idleTimeoutMs + (receivedBytes * 1000) / minBytesPerSecond
}
