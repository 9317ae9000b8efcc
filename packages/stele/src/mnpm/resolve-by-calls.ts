// Resolving over calls that tell the dependencies of one version at a time: what is known is resolved, what that chose is asked for, and
// so on until nothing new is chosen. Which versions are chosen is decided as the client does.
import { SteleError } from '@stele/errors'
import { type Resolved, resolve, type Specifier, type WantedImporter } from '@stele/resolve'
import type { PackageId, Packument, Release } from '@stele/resolve/graph'
import semver from 'semver'
import type { MnpmCalls } from './calls.ts'
import { inTurns } from './in-turns.ts'
import { maxRounds } from './limits.ts'

/**
 * The graph of these package.jsons. Of releases in `packed` all is known; of others the calls tell the dependencies. Throws what
 * resolve() does, and what the calls throw.
 */
export async function resolveByCalls(
  importers: readonly WantedImporter[],
  calls: Pick<MnpmCalls, 'versions' | 'dependencies'>,
  packed: ReadonlyMap<PackageId, Release> = new Map(),
): Promise<Resolved> {
  const known = new Map<PackageId, Release>(packed)
  const listed = new Map<string, Promise<readonly string[]>>()
  const packument = async (name: string): Promise<Packument> => {
    const asked = listed.get(name) ?? calls.versions(name)
    listed.set(name, asked)
    return packumentOf(name, await asked, known)
  }
  for (let round = 0; round < maxRounds; round++) {
    const resolved = await resolve(
      importers,
      { packument, other: refuseOther },
      { nodeVersion: process.versions.node },
    )
    const open = [...resolved.graph.packages].filter(([id]) => !known.has(id))
    if (open.length === 0) return resolved
    await inTurns(open, async ([id, { name, version }]) => {
      const dependencies = await calls.dependencies(name, version)
      known.set(id, { ...unknownRelease(name, version), dependencies })
    })
  }
  throw new SteleError('graph_too_large', { limit: maxRounds })
}

/** Of versions whose dependencies nobody asked for yet, none are known. */
function packumentOf(
  name: string,
  versions: readonly string[],
  known: ReadonlyMap<string, Release>,
): Packument {
  const sorted = versions.toSorted((one, other) => semver.compareBuild(one, other))
  const newest = sorted.findLast((one) => semver.prerelease(one) === null) ?? sorted.at(-1)
  return {
    name,
    'dist-tags': newest === undefined ? {} : { latest: newest },
    versions: Object.fromEntries(
      sorted.map((version) => [
        version,
        known.get(`${name}@${version}`) ?? unknownRelease(name, version),
      ]),
    ),
  }
}

function unknownRelease(name: string, version: string): Release {
  return { name, version, dist: { tarball: '' } }
}

/** Nothing but the calls and the mirrors. */
function refuseOther({ kind, ...specifier }: Specifier): never {
  const what = Object.values(specifier).find((value) => typeof value === 'string') ?? kind
  const reason = `${JSON.stringify(what)} is no version of a registry: mnpm installs from its registry and its mirrors alone`
  throw new SteleError('usage_wrong', { reason, command: 'mnpm install' })
}
