// What packages say that they need and do not get: another Node, or other peers. It is told; settings of npm make it an error.
import { escapeLine, SteleError } from '@stele/errors'
import type { RegistryConfig } from '@stele/fetch'
import { isJsonObject } from '@stele/formats/json'
import type { PeerMismatch } from '@stele/resolve'
import {
  type Graph,
  type InstanceKey,
  type PackageId,
  releaseOf,
  wantedNode,
} from '@stele/resolve/graph'
import { runsOn } from '@stele/resolve/queries'
import type { ProjectManifest } from '../project/project.ts'
import { formatMismatches } from './peer-advice.ts'

/** What of a project may want a Node. */
export type Wanting = {
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly manifests: readonly Pick<ProjectManifest, 'folder' | 'manifest'>[]
}

/** Something that names other Nodes than this one. */
export type UnmetEngine = { readonly by: string; readonly wanted: string }

/** What of it names other Nodes than this one, the project itself first. */
export function unmetEngines(
  { graph, selected, manifests }: Wanting,
  nodeVersion: string,
): readonly UnmetEngine[] {
  const known = new Map<string, boolean>()
  const unmetIn = (by: string, engines: Parameters<typeof wantedNode>[0]): UnmetEngine[] => {
    const wanted = wantedNode(engines)
    if (wanted === undefined) return []
    const isMet = known.get(wanted) ?? runsOn({ engines: { node: wanted } }, nodeVersion)
    known.set(wanted, isMet)
    return isMet ? [] : [{ by, wanted }]
  }
  const own = manifests.flatMap(({ folder, manifest }) => {
    const { engines } = manifest
    const node = engines !== undefined && isJsonObject(engines) ? engines['node'] : undefined
    const by = folder === '.' ? 'package.json' : `${folder}/package.json`
    return typeof node === 'string' ? unmetIn(by, { node }) : []
  })
  const seen = new Set<PackageId>()
  const packages = [...selected].flatMap((key) => {
    const { name, version, engines } = releaseOf(graph, key)
    const id = `${name}@${version}`
    if (seen.has(id)) return []
    seen.add(id)
    return unmetIn(id, engines)
  })
  return [...own, ...packages]
}

const maxTold = 10

/** A line for each that is told of, and one for the rest. */
export function formatEngines(
  unmet: readonly UnmetEngine[],
  nodeVersion: string,
): readonly string[] {
  const rest = unmet.length - maxTold
  return [
    ...unmet
      .slice(0, maxTold)
      .map(({ by, wanted }) =>
        escapeLine(`${by} wants Node ${wanted}, and the one of the PATH is ${nodeVersion}`),
      ),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
}

/** Throws engines_unmet where there is something. */
export function refuseEngines(unmet: readonly UnmetEngine[], nodeVersion: string): void {
  if (unmet.length === 0) return
  throw new SteleError('engines_unmet', {
    node: nodeVersion,
    unmet: unmet.map(({ by, wanted }) => escapeLine(`${by} wants ${wanted}`)),
  })
}

/** Throws peers_unmet where strict-peer-deps is set and there is a mismatch. */
export function refusePeers(
  { setting }: Pick<RegistryConfig, 'setting'>,
  mismatches: readonly PeerMismatch[],
): void {
  if (setting('strict-peer-deps') !== 'true' || mismatches.length === 0) return
  throw new SteleError('peers_unmet', { unmet: formatMismatches(mismatches) })
}
