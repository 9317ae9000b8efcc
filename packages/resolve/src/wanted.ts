// What a package asks for: one edge for each name, of the kinds that count.
import type { Release } from './packument.ts'

/** Why a name is wanted. Of a package that is depended on, its `devDependencies` are nobody's business. */
export type EdgeKind = 'dependencies' | 'optionalDependencies' | 'devDependencies'

/** A name, and what it should be. */
export type WantedEdge = {
  readonly name: string
  readonly specifier: string
  readonly kind: EdgeKind
  /** A peer of a package.json of the project, which takes the version that others there have, where it fits. */
  readonly isPeer?: boolean
}

/** A peer that a package leaves to whoever depends on it. */
export type WantedPeer = {
  readonly name: string
  readonly range: string
  readonly isOptional: boolean
}

/** The edges of a package, by name. What it brings along itself (bundled) is not asked for; optional wins over the same name. */
export function edgesOf(release: Release): readonly WantedEdge[] {
  const bundled = release.bundleDependencies ?? release.bundledDependencies ?? []
  if (bundled === true) return []
  const isBundled = new Set(bundled === false ? [] : bundled)
  const { dependencies = {}, optionalDependencies = {} } = release
  const edges = [
    ...edgesIn({ ...dependencies, ...optionalDependencies }, (name) =>
      Object.hasOwn(optionalDependencies, name) ? 'optionalDependencies' : 'dependencies',
    ),
  ]
  return edges.filter(({ name }) => !isBundled.has(name))
}

function edgesIn(
  specifiers: { readonly [name: string]: unknown },
  kindOf: (name: string) => EdgeKind,
): readonly WantedEdge[] {
  return Object.keys(specifiers)
    .toSorted()
    .map((name) => {
      const specifier = specifiers[name]
      return {
        name,
        specifier: typeof specifier === 'string' ? specifier : '*',
        kind: kindOf(name),
      }
    })
}

const none: readonly WantedPeer[] = []
/** Asked for again and again, by all that have to do with peers. */
const knownPeers = new WeakMap<Release, readonly WantedPeer[]>()

/** The peers of a package, by name: those that only `peerDependenciesMeta` names are optional, of any version. */
export function peersOf(release: Release): readonly WantedPeer[] {
  if (release.peerDependencies === undefined && release.peerDependenciesMeta === undefined) {
    return none // Most have none.
  }
  const known = knownPeers.get(release) ?? readPeers(release)
  knownPeers.set(release, known)
  return known
}

function readPeers(release: Release): readonly WantedPeer[] {
  const { peerDependencies = {}, peerDependenciesMeta = {}, dependencies = {} } = release
  const names = new Set([...Object.keys(peerDependencies), ...Object.keys(peerDependenciesMeta)])
  return [...names]
    .filter((name) => !Object.hasOwn(dependencies, name))
    .toSorted()
    .map((name) => ({
      name,
      range: peerDependencies[name] ?? '*',
      isOptional:
        peerDependenciesMeta[name]?.optional === true || !Object.hasOwn(peerDependencies, name),
    }))
}
