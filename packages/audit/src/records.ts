// Cuts a bundle into its records as far as it goes. Unlike the parsers of the formats this does not refuse a bundle whole:
// an auditor has to say which entry is the first that is broken.

/** The records that are whole, `null` where one is withheld; `leftOver` counts the bytes behind the last one that was wanted. */
export type Records = {
  readonly items: readonly (Uint8Array | null)[]
  readonly leftOver: number
}

const withheldLength = 0xffffffff

/** The first `width` records behind lengths of 2 bytes (entries) or 4 (bodies, effects, values). */
export function cutRecords(bytes: Uint8Array, lengthBytes: 2 | 4, width: number): Records {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const items: (Uint8Array | null)[] = []
  let at = 0
  while (items.length < width && at + lengthBytes <= view.length) {
    const length = view.readUIntBE(at, lengthBytes)
    const start = at + lengthBytes
    if (lengthBytes === 4 && length === withheldLength) {
      items.push(null)
      at = start
      continue
    }
    if (start + length > view.length) break
    items.push(view.subarray(start, start + length))
    at = start + length
  }
  return { items, leftOver: view.length - at }
}
