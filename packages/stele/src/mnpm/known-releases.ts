// What mnpm's calls have told of packages in one installation, as the packuments that resolving takes. Each is asked for once, some at a
// time: who asks for all at once takes those that wait for their turn for a registry that says nothing.
import { SteleError } from '@stele/errors'
import type { PackageId, Packument, Release } from '@stele/resolve/graph'
import semver from 'semver'
import { limitConcurrency } from '../limit-concurrency.ts'
import type { MnpmCalls } from './calls.ts'
import { maxAtOnce, maxVersions } from './limits.ts'

/** What is known, and who is asked for the rest. */
export type KnownReleases = {
  /** Of versions whose dependencies nobody asked for yet, it has none. Throws what the calls throw. */
  readonly packument: (name: string) => Promise<Packument>
  readonly has: (id: PackageId) => boolean
  /** Asks what a version depends on. Throws what the calls throw. */
  readonly ask: (release: Pick<Release, 'name' | 'version'>) => Promise<void>
  /** All is known of this one: its own package.json was read. */
  readonly learn: (release: Release) => void
  /** Nothing is asked for any more. */
  readonly end: () => void
}

/** Knows nothing yet. */
export function openKnownReleases(
  calls: Pick<MnpmCalls, 'versions' | 'dependencies'>,
  { mostVersions = maxVersions }: { readonly mostVersions?: number } = {},
): KnownReleases {
  const inTurn = limitConcurrency(maxAtOnce)
  const packuments = new Map<string, Promise<Packument>>()
  const listed = new Map<string, { [version: string]: Release }>()
  const known = new Set<PackageId>()
  let [isOver, versionCount] = [false, 0]
  const open = async (name: string): Promise<Packument> => {
    const versions = await inTurn(async () => {
      if (isOver) throw new Error('Nobody waits for it any more')
      return calls.versions(name)
    })
    versionCount += versions.length
    if (versionCount > mostVersions)
      throw new SteleError('graph_too_large', {
        limit: mostVersions,
        of: 'versions to choose from',
      })
    const packument = packumentOf(name, versions)
    listed.set(name, packument.versions)
    return packument
  }
  const learn = (release: Release): void => {
    const versions = listed.get(release.name)
    if (versions !== undefined) versions[release.version] = release
    known.add(`${release.name}@${release.version}`)
  }
  return {
    packument: (name) => {
      const asked = packuments.get(name) ?? open(name)
      packuments.set(name, asked)
      return asked
    },
    has: (id) => known.has(id),
    ask: async ({ name, version }) => {
      const dependencies = await calls.dependencies(name, version)
      learn({ ...unknownRelease(name, version), dependencies })
    },
    learn,
    end: () => {
      isOver = true
    },
  }
}

function packumentOf(
  name: string,
  versions: readonly string[],
): Packument & { readonly versions: { [version: string]: Release } } {
  const sorted = versions.toSorted((one, other) => semver.compareBuild(one, other))
  const newest = sorted.findLast((one) => semver.prerelease(one) === null) ?? sorted.at(-1)
  return {
    name,
    'dist-tags': newest === undefined ? {} : { latest: newest },
    versions: Object.fromEntries(
      sorted.map((version) => [version, unknownRelease(name, version)] as const),
    ),
  }
}

function unknownRelease(name: string, version: string): Release {
  return { name, version, dist: { tarball: '' } }
}
