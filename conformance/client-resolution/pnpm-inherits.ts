// Rule: pnpm gives a package the version that one of those above it depends on, where that fits. A package is looked at once, below
// whoever comes first: nearest to the root, and by name.
import { nodeRanges } from '../../packages/resolve/src/index.ts'
import type { Edge } from './ours.ts'

/** The packages that pnpm would have of ours. */
export function pnpmInherits(edges: readonly Edge[]): ReadonlySet<string> {
  const wishes = Map.groupBy(edges, ({ from }) => from)
  const above = new Map<string, ReadonlyMap<string, readonly string[]>>([['.', new Map()]])
  for (const [id, inherited] of above) {
    const own = (wishes.get(id) ?? []).filter(({ kind }) => kind !== 'optional peer')
    const chosen = own.map((edge) => ({ ...edge, to: choose(edge, inherited) }))
    const known = new Map(inherited)
    for (const { name, to, kind } of chosen) {
      if (to !== undefined && kind !== 'peer') known.set(name, [...(known.get(name) ?? []), to])
    }
    for (const { to } of chosen) if (to !== undefined && !above.has(to)) above.set(to, known)
  }
  above.delete('.')
  return new Set(above.keys())
}

function choose(
  { name, specifier, to, kind }: Edge,
  inherited: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const isWithin = nodeRanges.test(specifier)
  if (to === undefined || kind === 'peer' || isWithin === undefined) return to
  const versions = (inherited.get(name) ?? []).flatMap((id) =>
    id.startsWith(`${name}@`) ? [id.slice(name.length + 1)] : [],
  )
  const best = versions.filter(isWithin).toSorted(nodeRanges.compare).at(-1)
  return best === undefined ? to : `${name}@${best}`
}
