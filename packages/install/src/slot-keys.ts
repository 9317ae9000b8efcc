// The key of a slot: what the package is, and what the packages are that it is linked to, all the way down.
import { hash } from 'node:crypto'
import {
  type Graph,
  type Instance,
  type InstanceKey,
  integrityOf,
  type Release,
} from '@stele/resolve/graph'

/** What names a slot in the store: 32 hex digits. */
export type SlotKey = string

/**
 * The slot of each instance. Two projects share one where the package and everything below it is the same. Packages that depend on
 * each other in a circle are named by the whole circle. `builds` are the packages that are not as they were unpacked, since their install
 * scripts ran, each with what the outcome depends on. `sourceOf` tells where a package comes from that no hash and no address names: two
 * registries may have different ones of the same name and version.
 */
export function slotKeys(
  { packages, instances }: Pick<Graph, 'packages' | 'instances'>,
  sourceOf: (name: string) => string,
  builds?: ReadonlyMap<InstanceKey, string>,
): ReadonlyMap<InstanceKey, SlotKey> {
  const keys = new Map<InstanceKey, SlotKey>()
  for (const circle of circles(instances)) {
    const members = new Set(circle)
    const parts = circle.map((key) => {
      const instance = instances.get(key)
      const release = packages.get(instance?.id ?? '')
      const targets = [...(instance?.dependencies ?? [])].map(([name, target]) => [
        name,
        members.has(target) ? target : (keys.get(target) ?? target),
      ])
      return [key, release && bytesOf(release, sourceOf), targets, builds?.get(key)]
    })
    // As JSON: no name, key or hash can pass for another part.
    for (const key of circle) {
      keys.set(key, hash('sha256', JSON.stringify([key, parts]), 'hex').slice(0, 32))
    }
  }
  return keys
}

/** What the bytes of the package are, as far as anybody knows. */
function bytesOf({ name, dist }: Release, sourceOf: (name: string) => string): string {
  return integrityOf(dist) ?? (dist.tarball === '' ? sourceOf(name) : dist.tarball)
}

type Visit = { readonly key: InstanceKey; readonly at: number; low: number; isOpen: boolean }
type Frame = { readonly visit: Visit; readonly rest: Iterator<InstanceKey> }

/** Instances in an order in which nobody comes before what it depends on; those in a circle together (Tarjan, without recursion). */
function circles(
  instances: ReadonlyMap<InstanceKey, Instance>,
): readonly (readonly InstanceKey[])[] {
  const found: InstanceKey[][] = []
  const visits = new Map<InstanceKey, Visit>()
  const open: InstanceKey[] = []
  const stack: Frame[] = []
  const enter = (key: InstanceKey): void => {
    const visit = { key, at: visits.size, low: visits.size, isOpen: true }
    visits.set(key, visit)
    open.push(key)
    stack.push({ visit, rest: (instances.get(key)?.dependencies ?? new Map()).values() })
  }
  const leave = ({ key, at, low }: Visit): void => {
    if (low !== at) return
    const circle = open.splice(open.lastIndexOf(key))
    for (const member of circle) {
      const visit = visits.get(member)
      if (visit !== undefined) visit.isOpen = false
    }
    found.push(circle.toSorted())
  }
  for (const start of instances.keys()) {
    if (visits.has(start)) continue
    enter(start)
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const next = frame.rest.next()
      if (next.done === true) {
        stack.pop()
        leave(frame.visit)
        const outer = stack.at(-1)?.visit
        if (outer !== undefined) outer.low = Math.min(outer.low, frame.visit.low)
        continue
      }
      const known = visits.get(next.value)
      if (known === undefined && instances.has(next.value)) enter(next.value)
      else if (known?.isOpen === true) frame.visit.low = Math.min(frame.visit.low, known.at)
    }
  }
  return found
}
