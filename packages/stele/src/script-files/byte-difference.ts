// Where two files differ, and what stands there.

/** The first byte that differs; where one is the beginning of the other, the end of that one. */
export function firstDifference(found: Uint8Array, wanted: Uint8Array): number {
  const at = wanted.findIndex((byte, position) => byte !== found[position])
  return at < 0 ? wanted.length : at
}

/** Up to `most` bytes as text, escaped: what a file holds can be anything. */
export function quoteBytes(bytes: Uint8Array, from: number, most: number): string {
  if (from >= bytes.length) return 'its end'
  const some = Buffer.from(bytes.subarray(from, from + most)).toString()
  return JSON.stringify(some) + (bytes.length > from + most ? '…' : '')
}
