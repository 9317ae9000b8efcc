// Resolving over calls that tell the dependencies of one version at a time: what is known is resolved, what that chose is asked for, and
// so on until nothing new is chosen. Which versions are chosen is decided as the client does.
import { SteleError } from '@stele/errors'
import { type Resolved, resolve, type Specifier, type WantedImporter } from '@stele/resolve'
import { inTurns } from '../in-turns.ts'
import type { KnownReleases } from './known-releases.ts'
import { maxAtOnce, maxRounds } from './limits.ts'

/** The graph of these package.jsons. Throws what resolve() does, and what the calls throw. */
export async function resolveByCalls(
  importers: readonly WantedImporter[],
  known: KnownReleases,
  mostRounds: number = maxRounds,
): Promise<Resolved> {
  try {
    for (let round = 0; round < mostRounds; round++) {
      const resolved = await resolve(
        importers,
        { packument: known.packument, other: refuseOther },
        { nodeVersion: process.versions.node },
      )
      const open = [...resolved.graph.packages].filter(([id]) => !known.has(id))
      if (open.length === 0) return resolved
      await inTurns(open, maxAtOnce, ([, release]) => known.ask(release))
    }
  } catch (error) {
    known.end() // What was still to be asked for would keep the program.
    throw error
  }
  throw new SteleError('graph_too_large', { limit: mostRounds, of: 'on one way from package.json' })
}

/** Nothing but the calls and the mirrors. */
function refuseOther({ kind, ...specifier }: Specifier): never {
  const what = Object.values(specifier).find((value) => typeof value === 'string') ?? kind
  const reason = `${JSON.stringify(what)} is no version of a registry: mnpm installs from its registry and its mirrors alone`
  throw new SteleError('usage_wrong', { reason, command: 'mnpm install' })
}
