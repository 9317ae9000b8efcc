// The text of a token: a recognisable prefix, 192 random bits and a checksum, so that secret scanners find it (npm-wire A9).
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { formatBase62, formatBase62Number } from './base62.ts'

/** What every token starts with. */
const tokenPrefix = 'stele_'

/** Random bytes in a token. */
export const tokenRandomBytes = 24

const bodyLength = 33 // 62^33 > 2^192
const checksumLength = 6 // 62^6 > 2^32
const form = new RegExp(`^${tokenPrefix}[0-9A-Za-z]{${bodyLength + checksumLength}}$`)

/** The token made of 24 random bytes: `stele_`, 33 characters, and 6 of a CRC-32 over those 33. */
export function formatToken(random: Uint8Array): string {
  const body = formatBase62(random, bodyLength)
  return `${tokenPrefix}${body}${checksum(body)}`
}

/** True when the text can be a token of ours: form and checksum are right. */
export function isTokenText(text: string): boolean {
  if (!form.test(text)) return false
  const body = text.slice(tokenPrefix.length, -checksumLength)
  return text.slice(-checksumLength) === checksum(body)
}

/** SHA-256 of the token's text: all that is stored of it. */
export function hashToken(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

/** The first and last characters, for lists: four each of 33 random ones. */
export function previewToken(text: string): { readonly first: string; readonly last: string } {
  return { first: text.slice(0, tokenPrefix.length + 4), last: text.slice(-4) }
}

function checksum(body: string): string {
  return formatBase62Number(crc32(body), checksumLength)
}
