// Ready bytes, kept as long as they fit: the least recently used go first.

/** A value and the bytes that it holds. */
type Kept<Value> = { readonly value: Value; readonly sizeBytes: number }

/** A bounded cache. A value that is larger than an eighth of the limit is never kept. */
export type ByteCache<Value> = {
  readonly get: (key: string) => Value | undefined
  readonly set: (key: string, value: Value, sizeBytes: number) => void
  readonly sizeBytes: () => number
}

/** A cache of at most `maxBytes`. Keys count with two bytes a character, and every entry with 200 beyond its bytes. */
export function createByteCache<Value>(maxBytes: number): ByteCache<Value> {
  const entries = new Map<string, Kept<Value>>() // In order of use, oldest first.
  let total = 0

  function drop(key: string): void {
    total -= entries.get(key)?.sizeBytes ?? 0
    entries.delete(key)
  }

  return {
    get(key) {
      const found = entries.get(key)
      if (found === undefined) return undefined
      entries.delete(key)
      entries.set(key, found)
      return found.value
    },
    set(key, value, valueBytes) {
      drop(key)
      const sizeBytes = valueBytes + key.length * 2 + 200
      if (sizeBytes > maxBytes / 8) return
      entries.set(key, { value, sizeBytes })
      total += sizeBytes
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break
        drop(oldest)
      }
    },
    sizeBytes: () => total,
  }
}
