// Parts that the service no longer gives out: each must be named by a takedown entry that came later.

import { blobPath, logRoot } from '@stele/entries/paths'
import type { WithheldPart, WithheldValues } from '@stele/entries/takedowns'
import { SteleError } from '@stele/errors'
import { type Fault, faultOf } from './faults.ts'

/** One value of an entry, or one of the parts that are told apart by name. */
type Missing = { readonly part: WithheldPart; readonly entry: number }
type Named = { readonly part: WithheldPart; readonly takedown: number; readonly reason: string }

/** What is kept of it between runs. */
export type KeptWithheld = {
  readonly missing: readonly Missing[]
  readonly named: readonly Named[]
}

/** What was found withheld, and what takedowns have named. */
export class Withheld {
  readonly #missing = new Map<string, Missing>()
  /** By part, each named value on its own: the newest takedown that names it. */
  readonly #named = new Map<string, Named>()

  /** Notes that a part, of `entry` or needed by it, is not to be had. */
  miss(part: WithheldPart, entry: number): void {
    const name = nameOf(part)
    const known = this.#missing.get(name)
    if (known === undefined || entry < known.entry) this.#missing.set(name, { part, entry })
  }

  /** Notes what the takedown entry number `takedown` names. */
  name(parts: readonly WithheldPart[], takedown: number, reason: string): void {
    for (const part of parts.flatMap(each)) {
      this.#named.set(nameOf(part), { part, takedown, reason })
    }
  }

  /** Why the newest takedown of the part was made, undefined where there is none. */
  reasonOf(part: WithheldPart): string | undefined {
    return this.#named.get(nameOf(part))?.reason
  }

  /** Whether a takedown among the entries from this one on names what was there before. */
  reachesBack(from: number): boolean {
    return Array.from(this.#named.values()).some(
      ({ part, takedown }) => takedown >= from && ('blob' in part || part.entry < from),
    )
  }

  /** The parts that no later takedown names, as findings. */
  unexplained(): readonly Fault[] {
    return Array.from(this.#missing, ([name, { part, entry }]) => {
      // A takedown of all values of an entry names each of them.
      const names = isSomeValues(part) ? [name, nameOf(allValues(part.entry))] : [name]
      const isNamed = names.some((one) => this.#explains(one, part))
      return isNamed ? undefined : faultOf(missingPart(part, entry))
    }).filter((fault) => fault !== undefined)
  }

  #explains(name: string, part: WithheldPart): boolean {
    const takedown = this.#named.get(name)?.takedown
    // A blob may have been there before the entry that needs it, and so its takedown too.
    return takedown !== undefined && ('blob' in part || takedown > part.entry)
  }

  toJson(): KeptWithheld {
    return { missing: [...this.#missing.values()], named: [...this.#named.values()] }
  }

  restore({ missing, named }: KeptWithheld): void {
    for (const { part, entry } of missing) this.miss(part, entry)
    for (const { part, takedown, reason } of named) this.name([part], takedown, reason)
  }
}

function allValues(entry: number): WithheldPart {
  return { entry, part: 'values' }
}

function each(part: WithheldPart): readonly WithheldPart[] {
  if (!isSomeValues(part)) return [part]
  return part.writes.map((position) => ({ ...part, writes: [position] }))
}

function isSomeValues(part: WithheldPart): part is WithheldValues & Required<WithheldValues> {
  return 'entry' in part && part.part === 'values' && part.writes !== undefined
}

/** Of some values it takes one, so that a value has one name. */
function nameOf(part: WithheldPart): string {
  if ('blob' in part) return part.blob
  return `${part.entry} ${part.part}${isSomeValues(part) ? ` ${part.writes.join(' ')}` : ''}`
}

function missingPart(part: WithheldPart, entry: number): SteleError {
  const wanted = 'its bytes, or a later takedown entry that names it'
  if ('blob' in part) {
    const path = logRoot + blobPath(part.blob)
    return new SteleError('file_mismatch', { path, entry, what: 'the blob', found: 'none', wanted })
  }
  const what = isSomeValues(part)
    ? `its value number ${part.writes.join(', ')}`
    : `its ${part.part}`
  return new SteleError('entry_mismatch', { entry, what, found: 'withheld', wanted })
}
