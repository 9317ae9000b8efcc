// A lock that some packages may leave: what an update takes over.
import type { Locked } from './crawl.ts'

/**
 * The lock without what it holds of these packages: they, and what other packages take of them, are chosen anew within their ranges;
 * all else stays. Where no names are given, everything is chosen anew.
 */
export function loosened(locked: Locked, names: ReadonlySet<string> | undefined): Locked {
  if (names === undefined) {
    return { direct: () => undefined, node: () => undefined, versions: () => [] }
  }
  const isLoose = (id: string): boolean => {
    const name = locked.node(id)?.release.name
    return name !== undefined && names.has(name)
  }
  const leads = leadsToLoose(locked, isLoose)
  return {
    direct: (folder, edge) => {
      const id = locked.direct(folder, edge)
      return id === undefined || leads(id) ? undefined : id
    },
    node: (id) => (leads(id) ? undefined : locked.node(id)),
    versions: (name) => (names.has(name) ? [] : locked.versions(name)),
  }
}

/** Whether a package is loose or anything below it is: a package that stays is taken over with all that it depends on. */
function leadsToLoose(locked: Locked, isLoose: (id: string) => boolean): (id: string) => boolean {
  const known = new Map<string, boolean>()
  return (start) => {
    const seen = new Set([start])
    const queue = [start]
    for (const id of queue) {
      const isKnown = known.get(id)
      if (isKnown === true || isLoose(id)) {
        known.set(start, true)
        return true
      }
      if (isKnown === false) continue
      for (const target of locked.node(id)?.edges.values() ?? []) {
        if (seen.has(target)) continue
        seen.add(target)
        queue.push(target)
      }
    }
    for (const id of seen) known.set(id, false)
    return false
  }
}
