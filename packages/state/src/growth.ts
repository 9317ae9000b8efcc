// Typed arrays that grow in big steps. Pages that were never touched cost no memory.

type TypedArray = Uint8Array | Uint16Array | Uint32Array | Int32Array

const minimumItems = 64

/** How many items to make room for when `needed` do not fit: half as many again, at least. */
export function grownCapacity(capacity: number, needed: number): number {
  return Math.max(minimumItems, needed, Math.ceil(capacity * 1.5))
}

/** A zeroed array of `length` items that starts with the items of `array`. */
export function enlarge<T extends TypedArray>(
  array: T,
  create: (length: number) => T,
  length: number,
): T {
  const larger = create(length)
  larger.set(array)
  return larger
}
