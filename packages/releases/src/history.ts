// When a package and its versions came to be: told by the entries that wrote the rows of its state.
import { encodeSegment } from '@stele/formats/names'
import { isStar } from './package-state.ts'
import type { StateRows } from './state-rows.ts'

/** The entry that published a version, and its time in milliseconds since 1970. */
type PublishedAt = { readonly entry: number; readonly timeMs: number }

/** A package's times. */
export type PackageHistory = {
  /** When somebody here first had it: of a name that an upstream had before, when it was taken over. */
  readonly createdMs: number
  readonly modifiedMs: number
  /** The last entry that changed it; stars do not. */
  readonly entry: number
  readonly versions: ReadonlyMap<string, PublishedAt>
}

/** The times of a package, undefined where no entry ever wrote any of it. */
export function historyOf(state: StateRows, name: string): PackageHistory | undefined {
  let [firstMs, ownedMs, modifiedMs, entry] = [Infinity, Infinity, 0, -1]
  const versions = new Map<string, PublishedAt>()
  const parts = ['']
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const object = `/packages/${encodeSegment(name)}${part === '' ? '' : `/${part}`}`
    for (const row of state.rows(object)) {
      if (isStar({ part, field: row.field })) continue // A star changes nothing else.
      firstMs = Math.min(firstMs, row.firstTimeMs)
      if (part === 'owners' || part === 'tags') ownedMs = Math.min(ownedMs, row.firstTimeMs)
      modifiedMs = Math.max(modifiedMs, row.timeMs)
      entry = Math.max(entry, row.entry)
      const { field, value, timeMs } = row
      if (field.endsWith('/'))
        parts.push(part === '' ? field.slice(0, -1) : part + `/${field.slice(0, -1)}`)
      else if (part === 'versions' && value !== null) {
        versions.set(field, { entry: row.entry, timeMs })
      }
    }
  }
  const createdMs = Number.isFinite(ownedMs) ? ownedMs : firstMs
  return entry < 0 ? undefined : { createdMs, modifiedMs, entry, versions }
}
