// Keys of instances beside the names that they belong to: what both say is written once.
import type { InstanceKey } from '@stele/resolve/graph'

/** `1.2.3(peers)` for a package of that very name, else the whole key. */
export function shortenKey(name: string, key: InstanceKey): string {
  if (!key.startsWith(`${name}@`)) return key
  const rest = key.slice(name.length + 1)
  return isWhole(rest) ? key : rest
}

/** The key that shortenKey() shortened. No version holds an `@`, but an address may. */
export function lengthenKey(name: string, text: string): InstanceKey {
  return isWhole(text) ? text : `${name}@${text}`
}

function isWhole(text: string): boolean {
  const [version = ''] = text.split('(', 1)
  return version.includes('@') || version.startsWith('link:')
}
