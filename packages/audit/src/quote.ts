// Quotes two texts that should be the same, cut to where they differ: findings stay readable whatever is in the log.
import { maxQuoteLength } from './limits.ts'

/** `found` and `wanted` as a finding shows them: quoted from a little before the first difference on. */
export function quoteDifference(
  found: string,
  wanted: string,
): { readonly found: string; readonly wanted: string } {
  if (found.length <= maxQuoteLength && wanted.length <= maxQuoteLength) return { found, wanted }
  let at = 0
  while (at < found.length && found[at] === wanted[at]) at++
  const start = Math.max(0, at - maxQuoteLength / 4)
  return { found: quoteFrom(found, start), wanted: quoteFrom(wanted, start) }
}

/** Bytes as hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

function quoteFrom(text: string, start: number): string {
  const end = start + maxQuoteLength
  const head = start === 0 ? '' : '…'
  return `${head}${text.slice(start, end)}${end < text.length ? '…' : ''}`
}
