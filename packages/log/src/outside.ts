// Calls whose oracles ask what lies outside of the service: answered while other calls run, then run again with what is
// known so far (spec/state.md "Oracles").
import type { OracleAnswer } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { maxOutsideBytes, maxOutsideCalls } from './limits.ts'
import { OutsideAnswers } from './outside-answers.ts'
import type { Pending } from './pending.ts'
import type { AskOutside } from './ports.ts'

type Waiting = { readonly pending: Pending; readonly answers: OutsideAnswers; isAsking: boolean }

/** The calls that have asked, until they are done. None of them holds up any other call. */
export class OutsideCalls {
  readonly #ask: AskOutside
  readonly #queue: (pending: Pending) => void
  readonly #origin: string
  readonly #waiting = new Set<Waiting>()
  #closed = false

  /** `queue` has a call run again. */
  constructor(
    ask: AskOutside,
    { origin, queue }: { readonly origin: string; readonly queue: (pending: Pending) => void },
  ) {
    this.#ask = ask
    this.#origin = origin
    this.#queue = queue
  }

  /** Has the request answered, and the call run again then; or refuses the call: `log_busy`, `log_closed`. */
  wait(pending: Pending, answers: OutsideAnswers, request: JsonValue): void {
    if (this.#closed) return pending.reject(this.#closedError())
    const known = [...this.#waiting].find((one) => one.answers === answers)
    const refusal = known === undefined ? this.#busy() : undefined
    if (refusal !== undefined) return pending.reject(refusal)
    const waiting = known ?? this.#add(pending, answers)
    waiting.isAsking = true
    const take = (answer: OracleAnswer): void => {
      if (!this.#waiting.has(waiting)) return
      waiting.isAsking = false
      answers.take(request, answer)
      this.#queue(waiting.pending)
    }
    this.#ask(request).then(take, (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      take({ error: { name: 'OutsideError', message } })
    })
  }

  /** Refuses those that wait for an answer; what is queued again is run, and may ask no more. */
  close(): void {
    this.#closed = true
    for (const { pending, isAsking } of this.#waiting) {
      if (isAsking) pending.reject(this.#closedError())
    }
  }

  #add(pending: Pending, answers: OutsideAnswers): Waiting {
    const settled =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        this.#waiting.delete(waiting)
        settle(value)
      }
    const { resolve, reject } = pending
    const own = { ...pending, resolve: settled(resolve), reject: settled(reject) }
    const waiting: Waiting = { pending: own, answers, isAsking: false }
    this.#waiting.add(waiting)
    return waiting
  }

  #busy(): SteleError | undefined {
    const count = this.#waiting.size
    let bytes = 0
    for (const { answers } of this.#waiting) bytes += answers.bytes
    if (count < maxOutsideCalls && bytes < maxOutsideBytes) return undefined
    return new SteleError('log_busy', { queued: count, limit: Math.min(count, maxOutsideCalls) })
  }

  #closedError(): SteleError {
    return new SteleError('log_closed', { origin: this.#origin })
  }
}
