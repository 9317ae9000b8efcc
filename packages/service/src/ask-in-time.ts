// The log's oracle requests: an answer that takes too long is an error.
import type { OracleAnswer } from '@stele/entries/calls'
import { oracleError } from '@stele/entries/oracles'
import type { AskOutside } from '@stele/log/script'
import { maxOutsideAnswerMs } from './limits.ts'
import type { Timers } from './ports.ts'

/** As `ask`, and the answer is a `TimeoutError` where `ask` has given none in time. */
export function askInTime(ask: AskOutside, timers: Timers): AskOutside {
  return (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<OracleAnswer>()
    const message = `Nobody answered within ${maxOutsideAnswerMs / 1000} s`
    const late = oracleError('TimeoutError', message)
    const cancel = timers.after(maxOutsideAnswerMs, () => resolve(late))
    ask(request).then(resolve, reject)
    return promise.finally(cancel)
  }
}
