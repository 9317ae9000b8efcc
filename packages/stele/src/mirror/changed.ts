// Which packages a run has to look at: where the last one left a whole mirror, those that new entries of the log wrote to.
import type { CarriedLog } from '@stele/audit'
import { parsePackageObject } from '@stele/releases/state'
import type { KeptMirror, Tally } from './kept-state.ts'
import { type Changed, isFileName, type MirrorPlan } from './releases.ts'

/** The last run's packages that changed since, and those of which something was missing. `oddNames` are those that it left out. */
export function findChanged(
  { written, withheld }: Pick<CarriedLog, 'written' | 'withheld'>,
  kept: (KeptMirror & { readonly oddNames: readonly string[] }) | undefined,
): Changed {
  // What was taken down may be a blob of any package.
  const isWhole = kept !== undefined && withheld.length === kept.carry.withheld.length
  if (!isWhole || written === undefined) return 'all'
  const names = new Set<string>()
  for (const object of written) {
    const found = parsePackageObject(object)
    if (found !== undefined) names.add(found.name)
  }
  for (const [name, [wanted, held, unlearned]] of kept.tallies)
    if (held < wanted || unlearned > 0) names.add(name)
  const others = [...kept.tallies.keys(), ...kept.oddNames].filter((one) => !isLower(one))
  const twins = new Set(others.map((one) => one.toLowerCase()))
  // Of names that differ in case, which of them is shown depends on the others.
  const isPlain = (name: string): boolean => isFileName(name) && isLower(name) && !twins.has(name)
  return [...names].every(isPlain) ? names : 'all'
}

function isLower(name: string): boolean {
  return name === name.toLowerCase()
}

/** How much is held now of each package: of those that did not change, as much as before. */
export function tallyUp(
  { packages, unlearned }: Pick<MirrorPlan, 'packages' | 'unlearned'>,
  {
    before,
    changed,
    heldOf,
  }: {
    readonly before: ReadonlyMap<string, Tally> | undefined
    readonly changed: Changed
    readonly heldOf: (name: string) => number
  },
): ReadonlyMap<string, Tally> {
  const tallies = new Map(changed === 'all' ? [] : before)
  if (changed !== 'all') for (const name of changed) tallies.delete(name)
  for (const [name, releases] of packages)
    tallies.set(name, [releases.length, heldOf(name), unlearned.get(name) ?? 0])
  return tallies
}
