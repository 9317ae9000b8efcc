// What reserving a name, or a scope, takes from the clients of a registry: packages of upstreams, as far as the log knows them.
// No upstream is asked: that a name is to be reserved may be what it must not hear of.
import type { StateReader } from '@stele/entries/calls'
import { scopeOf } from '@stele/formats/names'
import { readLines, readSeenChunks } from '@stele/releases/observed'
import { packageNames, readOrigin, readVersions } from '@stele/releases/state'

/** A package of an upstream. */
type ReachedPackage = {
  readonly name: string
  readonly upstream: string
  /** The versions that were installed from here. */
  readonly chosen: readonly string[]
  /** How many more were shown to clients. */
  readonly unchosen: number
}

/** The packages of upstreams under a name, or under a scope as `@scope/*`. */
export type FindReached = (pattern: string) => readonly ReachedPackage[]

/** Over the state and the log's blobs. */
export function createFindReached(
  state: StateReader,
  blobs: (name: string) => Uint8Array | undefined,
): FindReached {
  return (pattern) => {
    const scope = /^(@[^/]+)\/\*$/.exec(pattern)?.[1]
    const names =
      scope === undefined
        ? [pattern]
        : packageNames(state).filter((name) => scopeOf(name) === scope)
    return names.flatMap((name) => {
      const upstream = readOrigin(state, name)
      if (upstream === undefined || upstream === 'hosted') return []
      const chosen = readVersions(state, name)
      const texts = readSeenChunks(state, name).map((blob) => Buffer.from(blobs(blob) ?? []))
      const seen = readLines(texts.map(String)).size
      return { name, upstream, chosen, unchosen: Math.max(0, seen - chosen.length) }
    })
  }
}
