// The outcome of resolving: which packages, each in which surroundings. What a lock file holds.
import type { Release } from './packument.ts'
import type { EdgeKind } from './wanted.ts'

/** `name@version` of a registry's package; `name@<address>` of another. */
export type PackageId = string

/**
 * A package in its surroundings: its id, and behind it in parentheses the peers that it found, `react-dom@19.1.0(react@19.1.0)`.
 * For a package of this workspace `link:<folder>`.
 */
export type InstanceKey = string

/** What is installed where nothing else differs. */
export type Instance = {
  readonly id: PackageId
  /** Names, as its code says them, to what they mean; by name. */
  readonly dependencies: ReadonlyMap<string, InstanceKey>
  /** Those of its dependencies that may be missing. */
  readonly optional: ReadonlySet<string>
}

/** A dependency of a package.json of this project. */
export type Direct = {
  readonly name: string
  readonly specifier: string
  readonly kind: EdgeKind
  /** Undefined where it is optional and could not be had. */
  readonly instance: InstanceKey | undefined
}

/** A package.json of this project: its folder below the root, `.` for the root itself. */
export type Importer = {
  readonly folder: string
  readonly directs: readonly Direct[]
}

/** All of it, in a fixed order: the same wishes and answers give the same graph. */
export type Graph = {
  readonly importers: readonly Importer[]
  readonly packages: ReadonlyMap<PackageId, Release>
  readonly instances: ReadonlyMap<InstanceKey, Instance>
}

/** The package of an instance. A key that the graph does not have is a bug, a plain Error. */
export function releaseOf({ packages, instances }: Graph, key: InstanceKey): Release {
  const release = packages.get(instances.get(key)?.id ?? '')
  if (release === undefined) throw new Error(`The graph has no "${key}"`)
  return release
}

/** The id of a package that is no registry's. Brackets and blanks have a meaning in keys of instances. */
export function idAt(name: string, address: string): PackageId {
  const escaped = address.replaceAll(/[()\s]/g, (each) =>
    encodeURIComponent(each).replace('(', '%28').replace(')', '%29'),
  )
  return `${name}@${escaped}`
}

/** The folder behind the key of a workspace's package; undefined for any other. */
export function linkedFolder(key: InstanceKey): string | undefined {
  return key.startsWith('link:') ? key.slice('link:'.length) : undefined
}
