// Faults of a log and its service as plain data, so that they can cross between threads, and how much each weighs.
import { type DetailsOf, type ErrorCode, isSteleError, SteleError } from '@stele/errors'

/** What a finding is about, the worst first. Reports are sorted by it, and have room for findings of each kind. */
export const faultWeights = {
  /** Another log than the one that was asked for, or another history than the one that was seen before. */
  history: 0,
  /** The log does not hash, or did not keep to its rules. */
  log: 1,
  /** Contents are not what the log says. */
  content: 2,
  /** What is served differs. */
  served: 3,
  /** Something is not served. */
  absent: 4,
} as const

/** A number of faultWeights. */
export type FaultWeight = (typeof faultWeights)[keyof typeof faultWeights]

/** One fault: of the log, or with a code of the service's own checks. */
export type Fault = {
  [C in ErrorCode]: {
    readonly code: C
    readonly details: DetailsOf[C]
    readonly weight: FaultWeight
  }
}[ErrorCode]

/**
 * The fault of the log that an error tells of. Undefined where it tells of none: it could not be asked, or that is a bug. Faults of
 * the service its checks give themselves.
 */
export function faultOf(error: unknown): Fault | undefined {
  if (
    isSteleError(error, 'key_not_shown') ||
    isSteleError(error, 'history_replaced') ||
    isSteleError(error, 'history_forked') ||
    isSteleError(error, 'history_older')
  ) {
    return toFault(error.code, error.details, faultWeights.history)
  }
  if (isSteleError(error, 'entry_mismatch') || isSteleError(error, 'file_mismatch')) {
    return toFault(error.code, error.details, faultWeights.log)
  }
  return undefined
}

/** The error of a fault. */
export function errorOf({ code, details }: Fault): SteleError {
  return new SteleError(code, details)
}

/** The entry that a fault blames, a large number where it blames none. */
export function entryOf({ details }: Fault): number {
  return 'entry' in details && details.entry !== null ? details.entry : Number.MAX_SAFE_INTEGER
}

function toFault<C extends ErrorCode>(code: C, details: DetailsOf[C], weight: FaultWeight): Fault {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Code and details are of one another.
  return { code, details, weight } as Fault
}
