// Who answers what the oracles of a thread's services ask: each service its own, while it is open and the thread lives.
import type { OracleAnswer } from '@stele/entries/calls'
import type { JsonValue } from '@stele/formats/json'
import type { ThreadAsk, ThreadNews } from './messages.ts'

/** Answers what an oracle asks; `signal` says that nobody waits for the answer any more. */
export type AnswerOutside = (request: JsonValue, signal: AbortSignal) => Promise<OracleAnswer>

type Asked = Extract<ThreadNews, { say: 'outside' }>

/** The questions of one worker that are being answered. */
export class Answerers {
  readonly #post: (message: ThreadAsk) => void
  readonly #running = new Map<AbortController, string>()

  /** `post` sends to that worker, and to no other. */
  constructor(post: (message: ThreadAsk) => void) {
    this.#post = post
  }

  /** Has the question answered, whatever becomes of that: also once nobody waits, so that the thread need not wait either. */
  async answer({ service, number, request }: Asked, by: AnswerOutside | undefined): Promise<void> {
    const ending = new AbortController()
    this.#running.set(ending, service)
    const ended = new Promise<OracleAnswer>((resolve) => {
      const answer = { error: { name: 'OutsideError', message: 'The service is closed' } }
      ending.signal.addEventListener('abort', () => resolve(answer))
    })
    const given = (by ?? refuse)(request, ending.signal).catch(errorOf)
    const answer = await Promise.race([given, ended])
    this.#running.delete(ending)
    this.#post({ outside: number, answer })
  }

  /** Nobody waits any more for what this service asked, or, without a name, for anything. */
  end(service?: string): void {
    for (const [ending, asked] of this.#running) {
      if (service === undefined || asked === service) ending.abort()
    }
  }
}

async function refuse(): Promise<OracleAnswer> {
  return { error: { name: 'NotAllowedError', message: 'Nothing outside may be asked here' } }
}

function errorOf(error: unknown): OracleAnswer {
  const message = error instanceof Error ? error.message : String(error)
  return { error: { name: 'OutsideError', message } }
}
