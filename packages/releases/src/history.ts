// When packages and versions came to be, gathered from the log's entries: times have no row in the state.

import type { LoggedEntry } from '@stele/entries'
import { isStar, parsePackageObject } from './package-state.ts'

/** The entry that published a version, and its time in milliseconds since 1970. */
type PublishedAt = { readonly entry: number; readonly timeMs: number }

/** A package's times. */
export type PackageHistory = {
  readonly createdMs: number
  readonly modifiedMs: number
  /** The last entry that changed it; stars do not. */
  readonly entry: number
  readonly versions: ReadonlyMap<string, PublishedAt>
}

/** The times of all packages so far. */
export type History = {
  /** To be told of every entry, in order. */
  readonly add: (entry: Pick<LoggedEntry, 'index' | 'timeMs' | 'writes'>) => void
  readonly package: (name: string) => PackageHistory | undefined
}

/** An empty history. */
export function createHistory(): History {
  const packages = new Map<
    string,
    PackageHistory & { readonly versions: Map<string, PublishedAt> }
  >()
  return {
    add({ index: entry, timeMs, writes }) {
      for (const { object, field, value } of writes) {
        const place = parsePackageObject(object)
        if (place === undefined || isStar({ ...place, field })) continue // A star changes nothing else.
        const { createdMs = timeMs, versions = new Map<string, PublishedAt>() } =
          packages.get(place.name) ?? {}
        packages.set(place.name, { createdMs, modifiedMs: timeMs, entry, versions })
        if (place.part === 'versions' && value !== null) versions.set(field, { entry, timeMs })
      }
    },
    package: (name) => packages.get(name),
  }
}
