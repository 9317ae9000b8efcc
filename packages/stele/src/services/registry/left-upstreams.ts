// Upstreams that packages came from, and that the settings do not name any more: nobody gets these packages.
import type { StateReader } from '@stele/entries/calls'
import { packageNames, readOrigin } from '@stele/releases/state'

/** So many packages are looked at before others have their turn: each costs a read of the state. */
const atOnce = 256

/**
 * How many packages of each of them the log holds. `pause` resolves when others had their turn, with false where the rest is not
 * wanted any more.
 */
export async function countLeft(
  state: StateReader,
  asked: readonly string[],
  pause: () => Promise<boolean>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const [at, name] of packageNames(state).entries()) {
    if (at % atOnce === 0 && !(await pause())) return new Map()
    const origin = readOrigin(state, name)
    if (origin === undefined || origin === 'hosted' || asked.includes(origin)) continue
    counts.set(origin, (counts.get(origin) ?? 0) + 1)
  }
  return counts
}

/** What the operator is told of one. */
export function leftFacts(
  upstream: string,
  packages: number,
): { readonly [name: string]: unknown } {
  const next = `nobody gets them until an upstream with the id "${upstream}" is in the settings again`
  return { upstream, packages, next }
}
