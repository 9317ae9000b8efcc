// The numbers that accounts give their calls: each one once, and without a gap that withheld bodies do not explain.
import { entryKinds, Sequences } from '@stele/entries/leaf'
import { type EntryParts, inEntry } from './entry-parts.ts'
import type { ReplayFacts } from './replay-facts.ts'

type Kept = Pick<ReplayFacts, 'sequences' | 'unseenNumbers'>

/** The last number of each account. */
export class AccountNumbers {
  readonly #sequences: Sequences
  readonly #accounts: Set<string | null>
  /** Numbers that withheld bodies have taken, for accounts we cannot tell. */
  #unseen: number

  constructor({ sequences, unseenNumbers }: Kept) {
    const numbers = new Map(sequences)
    this.#sequences = new Sequences((account) => numbers.get(account) ?? 0)
    this.#accounts = new Set(numbers.keys())
    this.#unseen = unseenNumbers
  }

  /** Takes an entry's number. Throws `entry_mismatch` where it is not the next one. */
  accept({ index, leaf, body }: EntryParts): void {
    if (body === undefined) {
      const isNumbered = leaf.kind !== entryKinds.genesis && leaf.kind !== entryKinds.memory
      if (isNumbered) this.#unseen++
      return
    }
    if ('seq' in body.body && body.body.via.type !== 'key') {
      const { account, seq } = body.body
      this.#accounts.add(account)
      const skipped = seq - this.#sequences.last(account) - 1
      if (skipped > 0 && skipped <= this.#unseen) {
        this.#unseen -= skipped
        for (let taken = 0; taken < skipped; taken++) this.#sequences.next(account)
      }
    }
    inEntry(index, 'its seq', () => this.#sequences.accept(body))
  }

  /** What another replay needs to go on. */
  toJson(): Kept {
    const sequences = Array.from(
      this.#accounts,
      (account) => [account, this.#sequences.last(account)] as const,
    )
    return { sequences, unseenNumbers: this.#unseen }
  }
}
