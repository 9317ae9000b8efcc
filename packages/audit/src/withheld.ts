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

/**
 * What was found withheld, and what takedowns have named. An entry is replayed before the takedowns that can explain it, and what
 * it lacks is noted then: so of what they name only that is kept, and of blobs all.
 */
export class Withheld {
  /** Each value that is told apart on its own. */
  readonly #missing = new Map<string, Missing>()
  /** The entries of which a part is missing. */
  readonly #lacking = new Set<number>()
  /** By part, each missing value on its own: the newest takedown that names it. */
  readonly #named = new Map<string, Named>()
  /** By takedown: the first entry that it names, 0 where it names a blob. */
  readonly #reach = new Map<number, number>()

  /** Notes that a part, of `entry` or needed by it, is not to be had. */
  miss(part: WithheldPart, entry: number): void {
    const name = nameOf(part)
    const known = this.#missing.get(name)
    if (known === undefined || entry < known.entry) this.#missing.set(name, { part, entry })
    if ('entry' in part) this.#lacking.add(part.entry)
  }

  /** Notes what the takedown entry number `takedown` names. */
  name(parts: readonly WithheldPart[], takedown: number, reason: string): void {
    for (const part of parts) {
      const first = 'blob' in part ? 0 : part.entry
      this.#reach.set(takedown, Math.min(first, this.#reach.get(takedown) ?? first))
      for (const one of this.#needed(part, takedown)) {
        this.#named.set(nameOf(one), { part: one, takedown, reason })
      }
    }
  }

  /** What of a named part can explain something. */
  *#needed(part: WithheldPart, takedown: number): Iterable<WithheldPart> {
    if ('blob' in part) {
      yield part
      return
    }
    if (part.entry >= takedown || !this.#lacking.has(part.entry)) return
    if (!isSomeValues(part)) {
      yield part
      return
    }
    for (const position of part.writes) {
      const one = { ...part, writes: [position] }
      if (this.#missing.has(nameOf(one))) yield one
    }
  }

  /** Why the newest takedown of the part was made, undefined where there is none. */
  reasonOf(part: WithheldPart): string | undefined {
    return this.#named.get(nameOf(part))?.reason
  }

  /** Whether a takedown among the entries from this one on names what was there before. */
  reachesBack(from: number): boolean {
    return Array.from(this.#reach).some(([takedown, first]) => takedown >= from && first < from)
  }

  /** The parts that no later takedown names, as findings. */
  unexplained(): readonly Fault[] {
    return Array.from(this.#missing, ([name, { part, entry }]) => {
      // A takedown of all values of an entry names each of them.
      const names = isSomeValues(part) ? [name, nameOf(allValues(part.entry))] : [name]
      return names.some((one) => this.#named.has(one))
        ? undefined
        : faultOf(missingPart(part, entry))
    }).filter((fault) => fault !== undefined)
  }

  toJson(): KeptWithheld {
    return { missing: [...this.#missing.values()], named: joined(this.#named.values()) }
  }

  restore({ missing, named }: KeptWithheld): void {
    for (const { part, entry } of missing) this.miss(part, entry)
    for (const { part, takedown, reason } of named) this.name([part], takedown, reason)
  }
}

function allValues(entry: number): WithheldPart {
  return { entry, part: 'values' }
}

/** The values of an entry that a takedown names, as one part: its reason may be long. */
function joined(named: Iterable<Named>): readonly Named[] {
  const groups = Map.groupBy(named, ({ part, takedown }) =>
    isSomeValues(part) ? `${part.entry} ${takedown}` : nameOf(part),
  )
  return Array.from(groups.values(), ([first, ...others]) => {
    if (first === undefined) throw new Error('A group is never empty')
    const some = [first, ...others].map(({ part }) => part).filter(isSomeValues)
    if (!isSomeValues(first.part)) return first
    return { ...first, part: { ...first.part, writes: some.flatMap(({ writes }) => writes) } }
  })
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
