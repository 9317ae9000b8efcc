// Faults of a registry as plain data, so that they can cross between threads, and how much each weighs.
import { type DetailsOf, isSteleError, SteleError } from '@stele/errors'

/** The codes that say that the registry is wrong; others say that it could not be asked, or are bugs. */
const codes = [
  'history_replaced',
  'history_forked',
  'history_older',
  'entry_mismatch',
  'file_mismatch',
  'release_mismatch',
  'served_mismatch',
] as const

/** A code that is a finding. */
type FaultCode = (typeof codes)[number]

/** What a finding is about, the worst first. Reports are sorted by it, and have room for findings of each kind. */
export const faultWeights = {
  /** Another history than the one that was seen before. */
  history: 0,
  /** The log does not hash, or did not keep to its rules. */
  log: 1,
  /** A release is not what the log says. */
  release: 2,
  /** What is installed from differs. */
  served: 3,
  /** Something is not served. */
  absent: 4,
} as const

/** A number of faultWeights. */
export type FaultWeight = (typeof faultWeights)[keyof typeof faultWeights]

/** One fault. */
export type Fault = {
  [C in FaultCode]: {
    readonly code: C
    readonly details: DetailsOf[C]
    readonly weight: FaultWeight
  }
}[FaultCode]

/** The fault that an error tells of, undefined where it tells of none. */
export function faultOf(error: unknown): Fault | undefined {
  if (isSteleError(error, 'history_replaced')) {
    return toFault(error.code, error.details, faultWeights.history)
  }
  if (isSteleError(error, 'history_forked') || isSteleError(error, 'history_older')) {
    return toFault(error.code, error.details, faultWeights.history)
  }
  if (isSteleError(error, 'entry_mismatch') || isSteleError(error, 'file_mismatch')) {
    return toFault(error.code, error.details, faultWeights.log)
  }
  if (isSteleError(error, 'release_mismatch')) {
    return toFault(error.code, error.details, faultWeights.release)
  }
  if (isSteleError(error, 'served_mismatch')) {
    return toFault(error.code, error.details, faultWeights.served)
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

function toFault<C extends FaultCode>(code: C, details: DetailsOf[C], weight: FaultWeight): Fault {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Code and details are of one another.
  return { code, details, weight } as Fault
}
