// Packages that nested overrides made several of: those that came out the same are made one again.
import type { Place, Places } from './failures.ts'
import type { PackageId } from './graph.ts'

/** The package in a scope of overrides, while it is not known whether it differs there. */
export function variantId(id: PackageId, scope: string): PackageId {
  return scope === '' ? id : `${id}(in ${scope})`
}

/** The package itself. */
export function packageOf(id: PackageId): PackageId {
  const end = id.indexOf('(')
  return end === -1 ? id : id.slice(0, end)
}

/** The same with as few variants as there are differences; the first of each package has its plain id. */
export function mergeVariants({ importers, nodes }: Places): Places {
  const colours = colour(nodes)
  const byColour = Map.groupBy(nodes.keys(), (id) => colours.get(id) ?? '')
  const names = new Map<PackageId, PackageId>()
  const taken = new Set<PackageId>()
  const classes = [...byColour.values()].map((ids) => ids.toSorted())
  for (const ids of classes.toSorted(byFirst)) {
    const [first = ''] = ids
    const plain = packageOf(first)
    const name = taken.has(plain) ? first : plain
    taken.add(name)
    for (const id of ids) names.set(id, name)
  }
  const rename = (place: Place): Place => ({
    ...place,
    edges: new Map([...place.edges].map(([name, id]) => [name, names.get(id) ?? id])),
  })
  return {
    importers: new Map([...importers].map(([folder, place]) => [folder, rename(place)])),
    nodes: new Map([...nodes].map(([id, place]) => [names.get(id) ?? id, rename(place)])),
  }
}

function byFirst([one = '']: readonly string[], [other = '']: readonly string[]): number {
  return one < other ? -1 : 1
}

/** Equal for packages that are the same all the way down: refined until nothing more is told apart. */
function colour(nodes: ReadonlyMap<PackageId, Place>): ReadonlyMap<PackageId, string> {
  let colours = new Map<PackageId, string>()
  for (let classes = 0; ; ) {
    const next = new Map<PackageId, string>()
    const numbers = new Map<string, string>()
    for (const [id, { edges, release }] of nodes) {
      const targets = [...edges]
        .map(([name, target]) => `${name} ${colours.get(target) ?? packageOf(target)}`)
        .toSorted()
      const text = JSON.stringify([
        colours.get(id) ?? packageOf(id),
        release.peerDependencies ?? {},
        targets,
      ])
      const number = numbers.get(text) ?? String(numbers.size)
      numbers.set(text, number)
      next.set(id, number)
    }
    colours = next
    if (numbers.size === classes) return colours
    classes = numbers.size
  }
}
