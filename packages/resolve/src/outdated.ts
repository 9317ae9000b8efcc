// Which dependencies of the project have newer versions.
import { type Direct, type Graph, linkedFolder } from './graph.ts'
import type { Packument } from './packument.ts'
import { type Preferences, pickVersion } from './pick-version.ts'
import { nodeRanges } from './ranges.ts'
import { parseSpecifier } from './specifier.ts'

/** A dependency, the version that it has, and those that it could have. */
export type Outdated = {
  readonly folder: string
  readonly name: string
  readonly specifier: string
  readonly kind: Direct['kind']
  readonly current: string | undefined
  /** The best that fits the range. */
  readonly wanted: string | undefined
  /** What the registry calls the latest. */
  readonly latest: string | undefined
}

/** The dependencies from registries that are not the best that fits, or not the latest. */
export function findOutdated(
  { importers, instances, packages }: Graph,
  packuments: (name: string) => Packument | undefined,
  preferences: Omit<Preferences, 'preferred'> = {},
): readonly Outdated[] {
  return importers.flatMap(({ folder, directs }) =>
    directs.flatMap(({ name, specifier, kind, instance }) => {
      if (instance !== undefined && linkedFolder(instance) !== undefined) return [] // A folder has no other versions.
      const parsed = parseSpecifier(name, specifier)
      const packument = parsed.kind === 'registry' ? packuments(parsed.name) : undefined
      if (parsed.kind !== 'registry' || packument === undefined) return []
      const current = packages.get(instances.get(instance ?? '')?.id ?? '')?.version
      const wanted = pickVersion(packument, parsed.wanted, preferences)?.version
      const latest = pickVersion(packument, 'latest', preferences)?.version
      const { compare } = preferences.ranges ?? nodeRanges
      const isBehind = latest !== undefined && current !== undefined && compare(current, latest) < 0
      if (current === wanted && !isBehind) return []
      return [{ folder, name, specifier, kind, current, wanted, latest }]
    }),
  )
}
