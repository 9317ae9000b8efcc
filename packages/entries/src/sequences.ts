// The call numbers that the sequencer gives out: from 1, plus 1, per account, over all kinds of entry.
import { SteleError } from '@stele/errors'
import type { Body } from './body.ts'

/** The last number given to each account; anonymous callers (`null`) are one account. */
export class Sequences {
  readonly #last = new Map<string | null, number>()
  readonly #stored: (account: string | null) => number

  /** `stored` gives an account's last number in what is already committed, 0 if it has none. */
  constructor(stored: (account: string | null) => number) {
    this.#stored = stored
  }

  /** The account's last number. */
  last(account: string | null): number {
    return this.#last.get(account) ?? this.#stored(account)
  }

  /** Takes the account's next number. */
  next(account: string | null): number {
    const seq = this.last(account) + 1
    this.#last.set(account, seq)
    return seq
  }

  /** Takes the number of a logged body. Throws `entry_invalid` unless it is the next; signed calls number themselves. */
  accept({ body }: Body): void {
    if (!('seq' in body) || body.via.type === 'key') return
    const wanted = this.next(body.account)
    if (body.seq !== wanted) {
      const reason = `its seq is ${body.seq}, the next of "${body.account}" is ${wanted}`
      throw new SteleError('entry_invalid', { what: 'body', reason })
    }
  }
}
