// What the server and a thread that reads uploads tell each other.

import type { ErrorText } from '@stele/errors'
import type { ReadDocument } from '@stele/registry'
import { ownedBytes } from './limits.ts'

/** What a thread answers to a document. */
export type IngestNews = { readonly read: ReadDocument } | { readonly error: ErrorText }

/** The bytes with memory of their own, which can be handed over. Large ones have it already, and are no copy. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes
  const isOwn =
    buffer instanceof ArrayBuffer && (buffer.byteLength === length || length >= ownedBytes)
  return isOwn ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes)
}
