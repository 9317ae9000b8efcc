// Rule: npm gives whoever asks a version that already lies where Node would find it, if that fits. So what it takes depends on who
// comes first: packages are placed by depth, and by name within it, each as near to the root as nothing stands in its way.
import { nodeRanges } from '../../packages/resolve/src/index.ts'
import type { Edge } from './ours.ts'

type Folder = {
  readonly id: string
  readonly name: string
  readonly above: Folder | undefined
  readonly depth: number
  readonly path: string
  readonly inside: Map<string, Folder>
}

/** The packages that npm would have of ours. */
export function npmReuses(edges: readonly Edge[]): ReadonlySet<string> {
  const wishes = Map.groupBy(edges, ({ from }) => from)
  const root: Folder = folderOf('.', '', undefined)
  const queue = [root]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next !== root && next.above?.inside.get(next.name) !== next) continue // It was replaced.
    const own = wishes.get(next.id) ?? []
    for (const edge of own.toSorted(byName)) {
      if (edge.kind === 'optional peer' || edge.to === undefined) continue
      const start = edge.kind === 'peer' ? (next.above ?? next) : next
      const found = lookUp(start, edge.name)
      if (found !== undefined && fits(found.id, edge)) continue
      const placed = place({ root, wishes }, start, edge.to, edge)
      if (placed === undefined) continue
      queue.push(placed)
      queue.sort(
        (one, other) => one.depth - other.depth || one.path.localeCompare(other.path, 'en'),
      )
    }
  }
  return reached(root, wishes)
}

function byName({ name: one }: Edge, { name: other }: Edge): number {
  return one.localeCompare(other, 'en')
}

function folderOf(id: string, name: string, above: Folder | undefined): Folder {
  const path = above === undefined ? '' : `${above.path}/node_modules/${name}`
  return { id, name, above, depth: (above?.depth ?? -1) + 1, path, inside: new Map() }
}

function lookUp(from: Folder, name: string): Folder | undefined {
  for (let at: Folder | undefined = from; at !== undefined; at = at.above) {
    const found = at.inside.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

function versionOf(id: string): string {
  return id.slice(id.indexOf('@', 1) + 1)
}

function fits(id: string, { name, specifier, to }: Edge): boolean {
  if (id === to) return true
  const [, real = name, range = specifier] =
    /^npm:((?:@[^/]+\/)?[^@]+)@?(.*)$/.exec(specifier) ?? []
  return id.startsWith(`${real}@`) && nodeRanges.test(range)?.(versionOf(id)) === true
}

type Tree = { readonly root: Folder; readonly wishes: ReadonlyMap<string, readonly Edge[]> }

/** As near to the root as it can go; undefined where it is there already. */
function place(tree: Tree, start: Folder, id: string, edge: Edge): Folder | undefined {
  let target: Folder | undefined
  for (let at: Folder | undefined = start; at !== undefined; at = at.above) {
    if (!canStand(tree, at, id, edge.name)) break
    target = at
  }
  const within = target ?? start
  const placed = folderOf(id, edge.name, within)
  within.inside.set(edge.name, placed)
  return placed
}

/** Nothing else stands there that is needed, and nobody below would find the wrong package. */
function canStand(tree: Tree, at: Folder, id: string, name: string): boolean {
  const current = at.inside.get(name)
  if (current !== undefined && nodeRanges.compare(versionOf(id), versionOf(current.id)) < 0)
    return false
  const own = tree.wishes
    .get(at.id)
    ?.find((edge) => edge.name === name && edge.kind !== 'optional peer')
  if (own !== undefined && !fits(id, own)) return false
  const peers = tree.wishes.get(id)?.filter(({ kind }) => kind === 'peer') ?? []
  const meetsPeers = peers.every((peer) => {
    const found = lookUp(at, peer.name)
    return found === undefined || fits(found.id, peer)
  })
  if (!meetsPeers) return false
  const now = lookUp(at, name)
  return now === undefined || usersOf(tree, at, now).every((edge) => fits(id, edge))
}

/** The edges from below here that find this package. */
function usersOf({ wishes }: Tree, at: Folder, found: Folder): readonly Edge[] {
  const users: Edge[] = []
  const queue = [at]
  for (const folder of queue) {
    for (const edge of wishes.get(folder.id) ?? []) {
      if (edge.name !== found.name || edge.to === undefined) continue
      const start = edge.kind.endsWith('peer') ? (folder.above ?? folder) : folder
      if (lookUp(start, edge.name) === found && fits(found.id, edge)) users.push(edge)
    }
    queue.push(...folder.inside.values())
  }
  return users
}

function reached(root: Folder, wishes: Tree['wishes']): ReadonlySet<string> {
  const found = new Set<Folder>([root])
  for (const folder of found) {
    for (const { name, kind } of wishes.get(folder.id) ?? []) {
      const start = kind.endsWith('peer') ? (folder.above ?? folder) : folder
      const target = kind === 'optional peer' ? undefined : lookUp(start, name)
      if (target !== undefined) found.add(target)
    }
  }
  found.delete(root)
  return new Set([...found].map(({ id }) => id))
}
