// Whether one copy of a package can stand for two instances of it.
import type { Graph, InstanceKey } from '@stele/resolve/graph'

/** Whether what stands there can be what is wanted. */
export type Matcher = (there: InstanceKey, wanted: InstanceKey) => boolean

/**
 * Instances of one package match where every name that both take from their surroundings means the same, all the way down: what only
 * one of them found, an optional peer, does not part them.
 */
export function createMatcher({ instances }: Pick<Graph, 'instances'>): Matcher {
  const known = new Map<string, boolean>()
  const matches: Matcher = (there, wanted) => {
    if (there === wanted) return true
    const [one, other] = [instances.get(there), instances.get(wanted)]
    if (one === undefined || other === undefined || one.id !== other.id) return false
    const pair = there < wanted ? `${there}\n${wanted}` : `${wanted}\n${there}`
    const found = known.get(pair)
    if (found !== undefined) return found
    known.set(pair, true) // In a circle: as long as nothing contradicts.
    const isSame = [...one.dependencies].every(([name, target]) => {
      const own = other.dependencies.get(name)
      return own === undefined || matches(target, own)
    })
    known.set(pair, isSame)
    return isSame
  }
  return matches
}
