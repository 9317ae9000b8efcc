// The two strict encodings of every text format here: base64 and decimal, in their one canonical form.
import { type Hash, hashSizeBytes } from './hash.ts'

const decimal = /^(?:0|[1-9][0-9]{0,15})$/

/** The bytes of standard padded base64, or undefined when re-encoding them gives another text. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** Standard padded base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

/** The 32 bytes of a base64 hash, or undefined. */
export function decodeHash(text: string): Hash | undefined {
  const bytes = decodeBase64(text)
  return bytes?.length === hashSizeBytes ? bytes : undefined
}

/** The number of an ASCII decimal without leading zeros, up to 2^53 − 1, or undefined. */
export function parseDecimal(text: string): number | undefined {
  const value = Number(text)
  return decimal.test(text) && Number.isSafeInteger(value) ? value : undefined
}
