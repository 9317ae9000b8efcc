// What the server and a thread that reads uploads tell each other.

import type { ErrorText } from '@stele/errors'
import type { ReadDocument } from '@stele/registry'

/** What a thread answers to a document. */
export type IngestNews = { readonly read: ReadDocument } | { readonly error: ErrorText }

/** The bytes with memory of their own, which can be handed over whole. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(bytes)
}
