// Whether a lock is what the package.jsons want: where it is not, as a diff.
import { fitsWanted, type WantedImporter } from '@stele/resolve'
import {
  type Direct,
  type EdgeKind,
  type Graph,
  type Importer,
  linkedFolder,
  type WantedEdge,
} from '@stele/resolve/graph'
import { rangeIn } from './range-in.ts'

/** A dependency of a package.json that the lock cannot serve. */
export type Drift = {
  /** The folder of the package.json. */
  readonly folder: string
  readonly name: string
  /** What package.json wants; absent where it wants nothing any more. */
  readonly wanted?: { readonly kind: EdgeKind; readonly specifier: string }
  /** What the lock has; absent where it has nothing. */
  readonly locked?: {
    readonly kind: EdgeKind
    readonly specifier: string
    /** As the lock writes it: `name@version`, with what surrounds it. */
    readonly instance?: string
  }
}

/** The lock for these package.jsons, and what of them it does not have. */
export type Reconciled = {
  /** With these package.jsons and no others, each dependency in their words. */
  readonly graph: Graph
  readonly drift: readonly Drift[]
  /** Whether the lock has package.jsons that are not there: those of a larger workspace, or of folders that were deleted. */
  readonly hasOthers: boolean
}

/**
 * Only what changes the outcome is drift: not another way to write a range that the locked version fits, not a dependency that moved
 * between the members of package.json, and not package.jsons that only the lock has, as in a part of a larger workspace.
 */
export function reconcile(graph: Graph, wanted: readonly WantedImporter[]): Reconciled {
  const locked = new Map(graph.importers.map((importer) => [importer.folder, importer]))
  const drift: Drift[] = []
  const importers = wanted
    .toSorted((one, other) => (one.folder < other.folder ? -1 : 1))
    .map(({ folder, edges }): Importer => {
      const directs = new Map(locked.get(folder)?.directs.map((direct) => [direct.name, direct]))
      const kept = edges.flatMap((edge) => {
        const direct = directs.get(edge.name)
        directs.delete(edge.name)
        if (direct !== undefined && isSame(graph, direct, edge)) {
          const { name, specifier, kind } = edge
          return [{ name, specifier, kind, instance: direct.instance }]
        }
        drift.push(driftOf(folder, edge, direct))
        return []
      })
      for (const direct of directs.values()) drift.push(driftOf(folder, undefined, direct))
      return { folder, directs: kept.toSorted((one, other) => (one.name < other.name ? -1 : 1)) }
    })
  const folders = new Set(wanted.map(({ folder }) => folder))
  const hasOthers = graph.importers.some(({ folder }) => !folders.has(folder))
  return { graph: { ...graph, importers }, drift, hasOthers }
}

function isSame({ packages, instances }: Graph, direct: Direct, edge: WantedEdge): boolean {
  const { specifier, instance } = direct
  if (instance === undefined) {
    return specifier === edge.specifier && edge.kind === 'optionalDependencies'
  }
  if (specifier === edge.specifier) return true
  if (linkedFolder(instance) !== undefined) return areWorkspaces(specifier, edge.specifier)
  const range = rangeIn(edge)
  const release = packages.get(instances.get(instance)?.id ?? '')
  if (range === undefined || release === undefined) return false
  return range.isRange && range.name === release.name && fitsWanted(release.version, range.wanted)
}

/** Both mean the package of the workspace, in any version. */
function areWorkspaces(...specifiers: readonly string[]): boolean {
  return specifiers.every((specifier) => /^workspace:[\^~*]$/.test(specifier))
}

function driftOf(folder: string, edge: WantedEdge | undefined, direct: Direct | undefined): Drift {
  const name = edge?.name ?? direct?.name ?? ''
  return {
    folder,
    name,
    ...(edge === undefined ? {} : { wanted: { kind: edge.kind, specifier: edge.specifier } }),
    ...(direct === undefined ? {} : { locked: lockedIn(direct) }),
  }
}

function lockedIn({ kind, specifier, instance }: Direct): NonNullable<Drift['locked']> {
  return { kind, specifier, ...(instance === undefined ? {} : { instance }) }
}

/** The drift as the lines of a diff: what the lock has with `-`, what package.json wants with `+`. */
export function formatDrift(drift: readonly Drift[]): readonly string[] {
  return [...Map.groupBy(drift, ({ folder }) => folder)].flatMap(([folder, own]) => [
    folder === '.' ? 'package.json' : `${folder}/package.json`,
    ...own.flatMap(({ name, wanted, locked }) => [
      ...(locked === undefined ? [] : [`  - ${formatLocked(name, locked)}`]),
      ...(wanted === undefined ? [] : [`  + "${name}": "${wanted.specifier}" (${wanted.kind})`]),
    ]),
  ])
}

function formatLocked(
  name: string,
  { specifier, kind, instance }: NonNullable<Drift['locked']>,
): string {
  const [found = ''] = (instance ?? 'nothing').split('(', 1)
  const version = found.startsWith(`${name}@`) ? found.slice(name.length + 1) : found
  return `"${name}": "${specifier}" (${kind}), locked as ${version}`
}
