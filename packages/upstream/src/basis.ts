// What the log said of a package when a packument was made of it. Where it says something else by now, because a record
// was amended, or because an older log was restored, another one is to be made: an upstream's "not modified" is not enough.
import { hash } from 'node:crypto'
import type { PinnedState } from './ports.ts'

type Said = {
  readonly name: string
  /** How many chunks it is made from; later ones list other versions. */
  readonly count: number
  readonly amended: ReadonlyMap<string, string>
}

/** What a packument was made of: text without a line end. */
export function formatBasis(state: PinnedState, { name, count, amended }: Said): string {
  const last = count === 0 ? '-' : (state.chunk(name, count - 1) ?? '-')
  const records = JSON.stringify([...amended])
  return `${count} ${last} ${amended.size === 0 ? '-' : hash('sha256', records, 'hex')}`
}

/** True where the log still says that. */
export function isStillBasis(state: PinnedState, name: string, basis: string | undefined): boolean {
  if (basis === undefined) return false
  const count = Number.parseInt(basis, 10)
  return formatBasis(state, { name, count, amended: state.amended(name) }) === basis
}

/** True where the log still says what was seen, whatever was amended since: all of it is pinned. */
export function isStillSeen(state: PinnedState, name: string, basis: string | undefined): boolean {
  if (basis === undefined) return false
  const said = { name, count: Number.parseInt(basis, 10), amended: new Map() }
  return seenPart(formatBasis(state, said)) === seenPart(basis)
}

/** The chunks, without what was amended. */
function seenPart(basis: string): string {
  return basis.slice(0, basis.lastIndexOf(' '))
}
