// "Did you mean": the known name with the fewest typing errors between.
import { maxNearDistance } from './limits.ts'

/** The nearest name, when it is near enough to have been meant. */
export function nearest(found: string, known: readonly string[]): { readonly near?: string } {
  const plain = plainOf(found)
  const rated = known
    .map((name) => ({ name, distance: distance(plain, plainOf(name)) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = rated
  const most = Math.min(maxNearDistance, Math.floor(found.length / 3))
  return best === undefined || best.distance > most ? {} : { near: best.name }
}

/** Case and separators are no typing errors: `public-url` is `publicUrl`. */
function plainOf(name: string): string {
  return name.slice(0, 100).toLowerCase().replaceAll(/[-_.]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost, swap)
      rows[i]?.splice(j, 1, best)
    }
  }
  return at(a.length, b.length)
}
