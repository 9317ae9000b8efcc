// Parts that the service no longer gives out: each must be named by a takedown entry that came later.

import type { WithheldPart } from '@stele/entries/bodies'
import { blobPath, logRoot } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { type Fault, faultOf } from './faults.ts'

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
  /** By part: the newest takedown that names it. */
  readonly #named = new Map<string, Named>()

  /** Notes that a part, of `entry` or needed by it, is not to be had. */
  miss(part: WithheldPart, entry: number): void {
    const name = nameOf(part)
    const known = this.#missing.get(name)
    if (known === undefined || entry < known.entry) this.#missing.set(name, { part, entry })
  }

  /** Notes what the takedown entry number `takedown` names. */
  name(parts: readonly WithheldPart[], takedown: number, reason: string): void {
    for (const part of parts) this.#named.set(nameOf(part), { part, takedown, reason })
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
      const takedown = this.#named.get(name)?.takedown
      // A blob may have been there before the entry that needs it, and so its takedown too.
      const isNamed = takedown !== undefined && ('blob' in part || takedown > part.entry)
      return isNamed ? undefined : faultOf(missingPart(part, entry))
    }).filter((fault) => fault !== undefined)
  }

  toJson(): KeptWithheld {
    return { missing: [...this.#missing.values()], named: [...this.#named.values()] }
  }

  restore({ missing, named }: KeptWithheld): void {
    for (const { part, entry } of missing) this.miss(part, entry)
    for (const { part, takedown, reason } of named) this.name([part], takedown, reason)
  }
}

function nameOf(part: WithheldPart): string {
  return 'blob' in part ? part.blob : `${part.entry} ${part.part}`
}

function missingPart(part: WithheldPart, entry: number): SteleError {
  const wanted = 'its bytes, or a later takedown entry that names it'
  if ('blob' in part) {
    const path = logRoot + blobPath(part.blob)
    return new SteleError('file_mismatch', { path, entry, what: 'the blob', found: 'none', wanted })
  }
  const what = `its ${part.part}`
  return new SteleError('entry_mismatch', { entry, what, found: 'withheld', wanted })
}
