// Keys of instances beside the names that they belong to: what both say is written once.
import type { InstanceKey } from '@stele/resolve/graph'

/** `1.2.3(peers)` for a package of that very name, else the whole key. */
export function shortenKey(name: string, key: InstanceKey): string {
  return key.startsWith(`${name}@`) ? key.slice(name.length + 1) : key
}

/** The key that shortenKey() shortened. No version holds an `@`. */
export function lengthenKey(name: string, text: string): InstanceKey {
  const [version = ''] = text.split('(', 1)
  return version.includes('@') || version.startsWith('link:') ? text : `${name}@${text}`
}
