// What oracles ask of the world outside, as the log asks it: an answer that takes too long is an error.
import type { OracleAnswer } from '@stele/entries/calls'
import type { AskOutside } from '@stele/log/script'
import { maxOutsideAnswerMs } from './limits.ts'
import type { Timers } from './ports.ts'

/** Asks, and answers in any case: with an error of the name `TimeoutError` where `ask` has not. */
export function askInTime(ask: AskOutside, timers: Timers): AskOutside {
  return (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<OracleAnswer>()
    const message = `Nobody answered within ${maxOutsideAnswerMs / 1000} s`
    const late: OracleAnswer = { error: { name: 'TimeoutError', message } }
    const cancel = timers.after(maxOutsideAnswerMs, () => resolve(late))
    ask(request).then(resolve, reject)
    return promise.finally(cancel)
  }
}
