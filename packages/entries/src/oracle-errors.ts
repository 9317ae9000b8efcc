// The errors that an oracle is answered with. Scripts branch on their names, and logs record them: no name changes its sense.
import type { OracleAnswer } from './execution.ts'

/** Each name, and when it is given. A limit of the engine that the oracle's own work exceeds is a `trap`, as in any call. */
export const oracleErrors = {
  TypeError: 'the request is not one that can be answered',
  NotOpenError:
    'an oracle asked another oracle, or code that is not in an oracle called System.outside',
  NotAllowedError: 'the operator does not allow it',
  FetchError: 'a fetch went wrong',
  TimeoutError: 'no answer came in time',
  ProvisionError: 'the service that a factory was to provision could not be opened',
  OutsideError: 'whoever was to answer failed, or the service is closing',
  OutsideLimitError: 'the call has asked outside too often, for too long, or for too much',
  OracleLimitError: 'the answers of the call have no room left in its entry',
} as const

/** One of those names. */
export type OracleErrorName = keyof typeof oracleErrors

/** The answer that an error of this name is. */
export function oracleError(name: OracleErrorName, message: string): OracleAnswer {
  return { error: { name, message } }
}

/** The answer where nobody answers oracles. */
export const nothingAllowed: OracleAnswer = oracleError(
  'NotAllowedError',
  'Nothing outside may be asked here',
)
