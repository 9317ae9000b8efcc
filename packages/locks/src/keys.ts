// Keys of instances beside the names that they belong to: what both say is written once. And which names may stand in a lock.
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

/** Asked for each dependency of a lock: nothing is cut out of the text. */
function isWhole(text: string): boolean {
  const at = text.indexOf('@')
  if (at === -1) return text.startsWith('link:')
  const open = text.indexOf('(')
  return open === -1 || at < open || text.startsWith('link:')
}

/** Whether it names a folder of the project, from its root on. */
export function isProjectFolder(text: string): boolean {
  return text === '.' || text.split('/').every((part) => /^(?!\.\.?$)[^\\\0]+$/.test(part))
}
