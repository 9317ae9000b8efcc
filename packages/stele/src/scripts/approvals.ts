// Which install scripts of dependencies may run: "scripts" below "stele" in the package.json of the root. An approval is for one version
// and its digest, so that nothing else can ever take its place.

import { isJsonObject, type JsonObject } from '@stele/formats/json'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  type PackageId,
  type Release,
} from '@stele/resolve/graph'
import { editSection } from '../client/edit-manifest.ts'

/** Ids of packages, or their names, to the digest that was approved, or `false` where they are never to run. */
export type Approvals = ReadonlyMap<string, string | false>

/** What the project says of a package's scripts; `changed`: the version was approved, but not these bytes. */
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

/** What is said of this package. */
export function verdictOn(approvals: Approvals, id: PackageId, release: Release): Verdict {
  const found = approvals.get(id) ?? approvals.get(release.name)
  if (found === undefined) return 'open'
  if (found === false) return 'denied'
  return found === digestOf(release) ? 'approved' : 'changed'
}

/** What an approval names: the digest of the tarball, else the address that pins it; undefined where nothing does. */
export function digestOf({ dist }: Release): string | undefined {
  return integrityOf(dist) ?? (dist.tarball === '' ? undefined : dist.tarball)
}

/** The instances whose scripts may run. */
export function approvedOf(
  approvals: Approvals,
  { instances, packages }: Graph,
  selected: ReadonlySet<InstanceKey>,
): ReadonlySet<InstanceKey> {
  if (approvals.size === 0) return new Set()
  return new Set(
    [...selected].filter((key) => {
      const id = instances.get(key)?.id ?? ''
      const release = packages.get(id)
      return release !== undefined && verdictOn(approvals, id, release) === 'approved'
    }),
  )
}

/** The text of a package.json with these in it. */
export function writeApprovals(text: string, approvals: Approvals): Promise<string> {
  const before = readApprovals(JSON.parse(text.replace(/^\uFEFF/, '')))
  const all = [...before, ...approvals].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return editSection(text, 'scripts', Object.fromEntries(all))
}
