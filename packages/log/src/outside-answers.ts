// The oracle requests of one call to the world outside, and their answers (spec/state.md "Oracles").
import type { OracleAnswer } from '@stele/entries/calls'
import { oracleError } from '@stele/entries/oracles'
import type { JsonValue } from '@stele/formats/json'
import {
  maxOutsideCallCharacters,
  maxOutsideMs,
  maxOutsideRequests,
  maxRequestCharacters,
} from './limits.ts'

type Known = { readonly request: string; readonly answer: OracleAnswer }

/** What one call was answered so far. Each run takes the answers in their order, as far as it asks the same. */
export class OutsideAnswers {
  readonly #known: Known[] = []
  #next = 0
  #requests = 0
  #characters = 0
  #startedMs: number | undefined
  #nowMs = 0

  /** Characters of requests and answers that are kept. */
  get characters(): number {
    return this.#characters
  }

  /** The call runs, from its beginning. Gives the time of its first run, which stays its time as far as the log's goes. */
  begin(nowMs: number): number {
    this.#startedMs ??= nowMs
    this.#nowMs = nowMs
    this.#next = 0
    return this.#startedMs
  }

  /** The answer, or undefined where it is not known yet. Where the call may not ask any more, that is its answer. */
  readonly find = (request: JsonValue): OracleAnswer | undefined => {
    const text = JSON.stringify(request)
    const known = this.#known[this.#next]
    if (known?.request === text) {
      this.#next++
      return known.answer
    }
    this.#forget() // The state has changed since, or the time: what comes now is asked anew.
    return this.#refusal(text.length)
  }

  /** Keeps the answer to the request that the last run ended with. */
  take(request: JsonValue, answer: OracleAnswer): void {
    const text = JSON.stringify(request)
    const size = text.length + JSON.stringify(answer).length
    const isTooMuch = this.#characters + size > maxOutsideCallCharacters
    const kept = isTooMuch
      ? limited(
          `What one call asks and is answered has ${maxOutsideCallCharacters} characters at most`,
        )
      : answer
    this.#known.push({ request: text, answer: kept })
    this.#characters += isTooMuch ? text.length : size
    this.#requests++
  }

  #forget(): void {
    for (const { request, answer } of this.#known.splice(this.#next)) {
      this.#characters -= request.length + JSON.stringify(answer).length
    }
  }

  #refusal(size: number): OracleAnswer | undefined {
    if (size > maxRequestCharacters) {
      return limited(`A request has ${maxRequestCharacters} characters at most`)
    }
    if (this.#requests >= maxOutsideRequests) {
      return limited(
        `A call asks ${maxOutsideRequests} times at most; each time that it asks otherwise than before counts`,
      )
    }
    if (this.#nowMs - (this.#startedMs ?? 0) > maxOutsideMs) {
      return limited(`A call asks for ${maxOutsideMs / 1000} seconds at most`)
    }
    return undefined
  }
}

function limited(message: string): OracleAnswer {
  return oracleError('OutsideLimitError', message)
}
