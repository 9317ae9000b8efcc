// What differs between two locks, by package.
import { redactLine } from '@stele/errors'
import { type Graph, integrityOf } from '@stele/resolve/graph'
import semver from 'semver'

/** A package whose versions are others now. */
export type Change = {
  readonly name: string
  /** Versions that are gone; empty for a package that is new. */
  readonly from: readonly string[]
  /** Versions that are new; empty for a package that is gone. */
  readonly to: readonly string[]
  /** Whether a package.json names it. */
  readonly isDirect: boolean
}

/** The packages that differ, by name. */
export function changesBetween(before: Graph | undefined, after: Graph): readonly Change[] {
  const directs = new Set([...directNames(before), ...directNames(after)])
  const [old, now] = [versionsIn(before), versionsIn(after)]
  return [...new Set([...old.keys(), ...now.keys()])].toSorted().flatMap((name) => {
    const [from, to] = [old.get(name) ?? new Set<string>(), now.get(name) ?? new Set<string>()]
    const [gone, come] = [sorted(from.difference(to)), sorted(to.difference(from))]
    const isDirect = directs.has(name)
    return gone.length + come.length === 0 ? [] : [{ name, from: gone, to: come, isDirect }]
  })
}

/** A line for each: `+ a 1.0.0`, `- b 1.0.0`, `a 1.0.0 → 1.1.0`. */
export function formatChanges(changes: readonly Change[]): readonly string[] {
  return changes.map(({ name, from, to }) => {
    if (from.length === 0) return `+ ${name} ${to.join(', ')}`
    if (to.length === 0) return `- ${name} ${from.join(', ')}`
    return `  ${name} ${from.join(', ')} → ${to.join(', ')}`
  })
}

const maxTold = 10

/** A line for each package that is new here and deprecated; of those that nobody asked for by name only how many there are. */
export function deprecationsIn(graph: Graph, changes: readonly Change[]): readonly string[] {
  const added = changes.flatMap(({ name, to, isDirect }) =>
    to.map((version) => ({ id: `${name}@${version}`, isDirect })),
  )
  const found = added.flatMap(({ id, isDirect }) => {
    const { deprecated } = graph.packages.get(id) ?? {}
    const isSo = deprecated !== undefined && deprecated !== false && deprecated !== ''
    return isSo
      ? [{ id, isDirect, text: deprecated === true ? '' : `: ${redactLine(deprecated)}` }]
      : []
  })
  const direct = found.filter(({ isDirect }) => isDirect)
  const others = found.filter(({ isDirect }) => !isDirect).map(({ id }) => id)
  return [
    ...direct.map(({ id, text }) => `${id} is deprecated${text}`),
    ...told('Deprecated, and there for other packages', others),
  ]
}

/** A line for the packages that are new here and that nobody can check well: those with a SHA-1 alone, and those without any digest. */
export function weakDigestsIn(graph: Graph, changes: readonly Change[]): readonly string[] {
  const added = changes.flatMap(({ name, to }) => to.map((version) => `${name}@${version}`))
  const digestOf = (id: string): string | undefined => {
    const release = graph.packages.get(id)
    return release === undefined ? 'none is wanted' : integrityOf(release.dist)
  }
  const weak = added.filter((id) => /^(?:sha1-\S+ ?)+$/.test(digestOf(id) ?? ''))
  return [
    ...told('Their registry tells only a SHA-1 of them, which can be forged', weak),
    ...told(
      'Their registry tells no digest of them; stele.lock keeps the one of what came',
      added.filter((id) => digestOf(id) === undefined),
    ),
  ]
}

/** The first of them; nothing where there are none. */
function told(what: string, ids: readonly string[]): readonly string[] {
  const rest = ids.length - maxTold
  const more = rest > 0 ? ` and ${rest} more` : ''
  return ids.length === 0 ? [] : [`${what}: ${ids.slice(0, maxTold).join(', ')}${more}`]
}

function directNames(graph: Graph | undefined): readonly string[] {
  return (graph?.importers ?? []).flatMap(({ directs }) => directs.map(({ name }) => name))
}

function versionsIn(graph: Graph | undefined): ReadonlyMap<string, Set<string>> {
  const versions = new Map<string, Set<string>>()
  for (const { name, version } of graph?.packages.values() ?? []) {
    const known = versions.get(name)
    if (known === undefined) versions.set(name, new Set([version]))
    else known.add(version)
  }
  return versions
}

function sorted(versions: ReadonlySet<string>): readonly string[] {
  return [...versions].toSorted((one, other) =>
    semver.valid(one) === null || semver.valid(other) === null
      ? Number(one > other) - Number(one < other)
      : semver.compare(one, other),
  )
}
