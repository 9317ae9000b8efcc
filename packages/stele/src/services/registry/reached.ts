// What reserving a name, or a scope, takes from the clients of a registry: packages of upstreams, as far as the log knows them.
// No upstream is asked what it takes: that a name is to be reserved may be what it must not hear of.
import type { StateReader } from '@stele/entries/calls'
import { parsePackageName, scopeOf } from '@stele/formats/names'
import { readLines, readSeenChunks } from '@stele/releases/observed'
import { packageNames, readOrigin, readVersions } from '@stele/releases/state'
import type { Proxy } from '@stele/upstream'

/** A package of an upstream. */
type ReachedPackage = {
  readonly name: string
  readonly upstream: string
  /** The versions that were installed from here. */
  readonly chosen: readonly string[]
  /** Those of them whose tarballs are not here now. */
  readonly missing: readonly string[]
  /** How many more were shown to clients. */
  readonly unchosen: number
}

/** A version that was installed from here, and why its tarball is not here. */
export type MissingTarball = { readonly version: string; readonly reason: string }

/** What upstreams have of names here. */
export type Reached = {
  /**
   * The packages of upstreams under a name, or under a scope as `@scope/*`: of that, which is given back, no tarballs are looked
   * for.
   */
  readonly find: (pattern: string) => Promise<readonly ReachedPackage[]>
  /** Whether the log knows the package, of here or of an upstream; of a scope it never knows all. */
  readonly isKnown: (pattern: string) => boolean
  /** The upstream that a name belongs to by now; none for a scope. */
  readonly upstreamOf: (pattern: string) => string | undefined
  /** Fetches what is missing under a name, and gives what cannot be had. Nothing is, under a scope. */
  readonly fetchMissing: (pattern: string) => Promise<readonly MissingTarball[]>
}

/** Over the state and the log's blobs; without `holding` no tarball of an upstream is here, and none can be had. */
export function createReached(
  state: StateReader,
  blobs: (name: string) => Uint8Array | undefined,
  holding: Proxy['holding'] | undefined,
): Reached {
  const upstreamOf = (name: string): string | undefined => {
    if (scopeIn(name) !== undefined) return undefined
    const origin = readOrigin(state, name)
    return origin === 'hosted' ? undefined : origin
  }
  return {
    isKnown: (pattern) =>
      scopeIn(pattern) === undefined && readOrigin(state, pattern) !== undefined,
    upstreamOf,
    find: async (pattern) => {
      const scope = scopeIn(pattern)
      const names =
        scope === undefined
          ? [pattern]
          : packageNames(state).filter((name) => scopeOf(name) === scope)
      const found: ReachedPackage[] = []
      for (const name of names) {
        const upstream = upstreamOf(name)
        if (upstream === undefined) continue
        const chosen = readVersions(state, name)
        const missing = scope !== undefined ? [] : ((await holding?.findMissing(name)) ?? chosen)
        const texts = readSeenChunks(state, name).map((blob) => Buffer.from(blobs(blob) ?? []))
        const seen = readLines(texts.map(String)).size
        const unchosen = Math.max(0, seen - chosen.length)
        found.push({ name, upstream, chosen, missing, unchosen })
      }
      return found
    },
    fetchMissing: async (pattern) => {
      if (upstreamOf(pattern) === undefined) return []
      if (holding !== undefined) return holding.fetchMissing(parsePackageName(pattern))
      const reason = 'no upstream is asked'
      return readVersions(state, pattern).map((version) => ({ version, reason }))
    },
  }
}

function scopeIn(pattern: string): string | undefined {
  return /^(@[^/]+)\/\*$/.exec(pattern)?.[1]
}
