// What the oracles of a thread's services ask of the world outside: answered here, by each service's own answerer, while it is
// open and the thread lives.
import type { OracleAnswer } from '@stele/entries/calls'
import { nothingAllowed, oracleError } from '@stele/entries/oracles'
import { reasonOf } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { ThreadAsk, ThreadNews } from './messages.ts'

/** Answers a request of an oracle; `signal` says that nobody waits for the answer any more. */
export type AnswerOutside = (request: JsonValue, signal: AbortSignal) => Promise<OracleAnswer>

type OracleRequest = Extract<ThreadNews, { say: 'oracle_request' }>

/** The oracle requests of one worker that are being answered. */
export class OracleRequests {
  readonly #post: (message: ThreadAsk) => void
  /** What ends each of them, with its service. */
  readonly #running = new Map<AbortController, string>()

  /** `post` sends to that worker, and to no other. */
  constructor(post: (message: ThreadAsk) => void) {
    this.#post = post
  }

  /** Posts an answer in any case: an error where `by` fails, or nobody waits any more. */
  async answer(
    { service, number, request }: OracleRequest,
    by: AnswerOutside | undefined,
  ): Promise<void> {
    const ending = new AbortController()
    this.#running.set(ending, service)
    const ended = new Promise<OracleAnswer>((resolve) => {
      const closed = oracleError('OutsideError', 'The service is closed')
      ending.signal.addEventListener('abort', () => resolve(closed))
    })
    const given = by?.(request, ending.signal).catch(failureOf) ?? nothingAllowed
    const answer = await Promise.race([given, ended])
    this.#running.delete(ending)
    this.#post({ oracleRequest: number, answer })
  }

  /** Nobody waits any more for the requests of this service, or, without a name, for any. */
  end(service?: string): void {
    for (const [ending, name] of this.#running) {
      if (service === undefined || name === service) ending.abort()
    }
  }
}

function failureOf(error: unknown): OracleAnswer {
  return oracleError('OutsideError', reasonOf(error))
}
