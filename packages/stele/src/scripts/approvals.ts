// Which install scripts of dependencies may run: "scripts" below "stele" in the package.json of the root. An approval is for one version,
// its digest, and the digests of all that its scripts can load, so that nothing else can ever take its place.
import { hash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  linkedFolder,
  type PackageId,
  type Release,
} from '@stele/resolve/graph'
import { editSection } from '../client/project/edit-manifest.ts'
import { isGitAddress } from '../client/sources/git-kinds.ts'

/** Ids of packages, or their names, to the digest that was approved, or `false` where they are never to run. */
export type Approvals = ReadonlyMap<string, string | false>

/** What the project says of a package's scripts; `changed`: the version was approved, but not these bytes, or not those of what it depends on. */
export type Verdict = 'approved' | 'denied' | 'changed' | 'open'

/** Reads the approvals of a package.json. */
export function readApprovals({ stele }: JsonObject): Approvals {
  const scripts = stele !== undefined && isJsonObject(stele) ? stele['scripts'] : undefined
  if (scripts === undefined || !isJsonObject(scripts)) return new Map()
  return new Map(
    Object.entries(scripts).flatMap(([id, value]) =>
      typeof value === 'string' || value === false ? [[id, value] as const] : [],
    ),
  )
}

/** What is said of this package of the graph. */
export function verdictOn(approvals: Approvals, graph: Graph, id: PackageId): Verdict {
  const found = approvals.get(id) ?? approvals.get(graph.packages.get(id)?.name ?? '')
  if (found === undefined) return 'open'
  if (found === false) return 'denied'
  return found === approvalFor(graph, id).text ? 'approved' : 'changed'
}

/** What an approval of a package says, or the packages because of which there can be none: nothing pins their bytes. */
export type ApprovalFor =
  | { readonly text: string }
  | { readonly text?: undefined; readonly unpinned: readonly PackageId[] }

/**
 * The digest of the package, and one of all that is below it where there is anything: in whatever surroundings it stands, and for every
 * platform, so that it is the same on every machine.
 */
export function approvalFor(graph: Graph, id: PackageId): ApprovalFor {
  const rows = [...edgesBelow(graph, id)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const pinned = rows.map(([each, edges]) => {
    const release = graph.packages.get(each)
    const isFolder = linkedFolder(each) !== undefined // The project's own.
    return [each, isFolder ? each : release && pinOf(release), [...edges].toSorted()] as const
  })
  const unpinned = pinned.flatMap(([each, pin]) => (pin === undefined ? [each] : []))
  if (unpinned.length > 0) return { unpinned }
  const own = pinned.find(([each]) => each === id)?.[1] ?? ''
  if (rows.length === 1) return { text: own }
  return { text: `${own} with sha256-${hash('sha256', JSON.stringify(pinned), 'base64')}` }
}

/** The package and all below it, each with its dependencies: `name id`. */
function edgesBelow({ instances }: Graph, id: PackageId): ReadonlyMap<PackageId, Set<string>> {
  const starts = [...instances].filter(([, instance]) => instance.id === id).map(([key]) => key)
  const reached = new Set<InstanceKey>(starts)
  const found = new Map<PackageId, Set<string>>([[id, new Set()]])
  for (const key of reached) {
    const instance = instances.get(key)
    const own = instance?.id ?? key
    const edges = found.get(own) ?? new Set<string>()
    found.set(own, edges)
    for (const [name, target] of instance?.dependencies ?? []) {
      edges.add(`${name} ${instances.get(target)?.id ?? target}`)
      reached.add(target)
    }
  }
  return found
}

/** What pins the bytes of a package: the digest of its tarball, or a commit. An address alone may hold something else tomorrow. */
function pinOf({ dist }: Release): string | undefined {
  const isCommit =
    isGitAddress(dist.tarball) && /#(?:[0-9a-f]{40}|[0-9a-f]{64})(?:&|$)/.test(dist.tarball)
  return integrityOf(dist) ?? (isCommit ? dist.tarball : undefined)
}

/** The instances whose scripts may run. */
export function approvedOf(
  approvals: Approvals,
  graph: Graph,
  selected: ReadonlySet<InstanceKey>,
): ReadonlySet<InstanceKey> {
  if (approvals.size === 0) return new Set()
  return new Set(
    [...selected].filter((key) => {
      const id = graph.instances.get(key)?.id ?? ''
      return graph.packages.has(id) && verdictOn(approvals, graph, id) === 'approved'
    }),
  )
}

/** The text of a package.json with these in it. */
export function writeApprovals(text: string, approvals: Approvals): Promise<string> {
  const before = readApprovals(JSON.parse(text.replace(/^\uFEFF/, '')))
  const all = [...before, ...approvals].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return editSection(text, 'scripts', Object.fromEntries(all))
}
