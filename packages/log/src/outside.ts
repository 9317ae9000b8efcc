// Calls with a request of an oracle to the world outside of the service: answered while other calls run, then run again with
// the answers so far (spec/state.md "Oracles").
import type { OracleAnswer } from '@stele/entries/calls'
import { oracleError } from '@stele/entries/oracles'
import { reasonOf, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { maxOutsideCalls, maxOutsideCharacters } from './limits.ts'
import { OutsideAnswers } from './outside-answers.ts'
import type { Pending } from './pending.ts'
import type { AskOutside } from './ports.ts'

type Waiting = { readonly pending: Pending; isAsking: boolean }

/** The calls with an oracle request, until they are done. None of them holds up any other call. */
export class OutsideCalls {
  readonly #ask: AskOutside
  readonly #queue: (pending: Pending) => void
  readonly #origin: string
  readonly #waiting = new Map<OutsideAnswers, Waiting>()
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
    const known = this.#waiting.get(answers)
    const refusal = known === undefined ? this.#busy() : undefined
    if (refusal !== undefined) return pending.reject(refusal)
    const waiting = known ?? this.#add(pending, answers)
    waiting.isAsking = true
    const take = (answer: OracleAnswer): void => {
      if (this.#waiting.get(answers) !== waiting) return
      waiting.isAsking = false
      answers.take(request, answer)
      this.#queue(waiting.pending)
    }
    this.#ask(request).then(take, (error: unknown) => {
      take(oracleError('OutsideError', reasonOf(error)))
    })
  }

  /** Refuses those that wait for an answer; what is queued again is run, and may ask no more. */
  close(): void {
    this.#closed = true
    for (const { pending, isAsking } of this.#waiting.values()) {
      if (isAsking) pending.reject(this.#closedError())
    }
  }

  #add(pending: Pending, answers: OutsideAnswers): Waiting {
    const settled =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        this.#waiting.delete(answers)
        settle(value)
      }
    const { resolve, reject } = pending
    const own = { ...pending, resolve: settled(resolve), reject: settled(reject) }
    const waiting: Waiting = { pending: own, isAsking: false }
    this.#waiting.set(answers, waiting)
    return waiting
  }

  #busy(): SteleError | undefined {
    const calls = this.#waiting.size
    if (calls >= maxOutsideCalls) return busy({ waiting: calls, limit: maxOutsideCalls }, 'calls')
    let characters = 0
    for (const answers of this.#waiting.keys()) characters += answers.characters
    if (characters < maxOutsideCharacters) return undefined
    return busy({ waiting: characters, limit: maxOutsideCharacters }, 'characters')
  }

  #closedError(): SteleError {
    return new SteleError('log_closed', { origin: this.#origin })
  }
}

function busy(
  found: { readonly waiting: number; readonly limit: number },
  unit: 'calls' | 'characters',
): SteleError {
  return new SteleError('log_busy', { ...found, unit })
}
