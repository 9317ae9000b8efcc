// Parts that the registry no longer gives out: each must be named by a takedown entry that came later.
import { blobPath, logRoot, type WithheldPart } from '@stele/entries'
import { SteleError } from '@stele/errors'

type Missing = { readonly part: WithheldPart; readonly entry: number }

/** What was found withheld, and what takedowns have named. */
export class Withheld {
  readonly #missing = new Map<string, Missing>()
  /** By part: the newest takedown that names it. */
  readonly #named = new Map<string, number>()

  /** Notes that a part, of `entry` or needed by it, is not to be had. */
  miss(part: WithheldPart, entry: number): void {
    const name = nameOf(part)
    if (!this.#missing.has(name)) this.#missing.set(name, { part, entry })
  }

  /** Notes what the takedown entry number `takedown` names. */
  name(parts: readonly WithheldPart[], takedown: number): void {
    for (const part of parts) this.#named.set(nameOf(part), takedown)
  }

  /** Whether a takedown names the part. */
  isNamed(part: WithheldPart): boolean {
    return this.#named.has(nameOf(part))
  }

  /** The parts that no later takedown names, as findings, at most `limit`. */
  unexplained(limit: number): readonly SteleError[] {
    const faults: SteleError[] = []
    for (const [name, { part, entry }] of this.#missing) {
      const takedown = this.#named.get(name)
      // A blob may have been there before the entry that needs it, and so its takedown too.
      if (takedown !== undefined && ('blob' in part || takedown > part.entry)) continue
      faults.push(missingPart(part, entry))
      if (faults.length >= limit) break
    }
    return faults
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
