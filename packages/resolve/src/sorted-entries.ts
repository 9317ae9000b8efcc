// Maps in the order of their keys. Most are in it already: what a lock holds is sorted.

/** The entries by key. */
export function sortedEntries<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  const entries = [...map]
  return isSorted(map) ? entries : entries.sort(([one], [other]) => (one < other ? -1 : 1))
}

/** The map by key: itself where it is sorted. */
export function sortedMap<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return isSorted(map) ? map : new Map(sortedEntries(map))
}

function isSorted(map: ReadonlyMap<string, unknown>): boolean {
  let last = ''
  for (const key of map.keys()) {
    if (key < last) return false
    last = key
  }
  return true
}
