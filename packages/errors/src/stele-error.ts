// The one error class. What a user or a peer can act on is a SteleError; a broken invariant is a plain Error.
import { catalogue, type DetailsOf, type Entry, type ErrorCode } from './catalogue.ts'
import { redact, redactLine } from './redact.ts'

/** An error of the catalogue, with the facts it was made from. `fix` says what to do next. */
export class SteleError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C
  readonly details: DetailsOf[C]
  /** The HTTP status that carries this error. */
  readonly status: number
  readonly fix: string | undefined
  /** What stands below the message, a line each: a diff, a list. */
  readonly lines: readonly string[]

  constructor(code: C, details: DetailsOf[C], options?: { readonly cause?: unknown }) {
    const entry = entryOf(code)
    super(redactLine(entry.message(details)), options)
    this.name = 'SteleError'
    this.code = code
    this.details = details
    this.status = entry.status
    const fix = entry.fix?.(details)
    this.fix = fix === undefined ? undefined : redactLine(fix)
    this.lines = entry.lines?.(details).map(redactLine) ?? []
  }
}

/** The error as JSON travels: `error` is the message, since npm and yarn print that member. */
export type ErrorBody = {
  readonly error: string
  readonly code: string
  readonly fix?: string
  readonly details: unknown
}

/** The JSON body that tells a client of this error. */
export function toErrorBody(error: SteleError): ErrorBody {
  const { message, code, fix, details } = error
  return {
    error: message,
    code,
    ...(fix === undefined ? {} : { fix }),
    details: redactDeep(details),
  }
}

/** True for a SteleError, of the given code where one is given. */
export function isSteleError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is SteleError<C> {
  return error instanceof SteleError && (code === undefined || error.code === code)
}

function entryOf<C extends ErrorCode>(code: C): Entry<DetailsOf[C]> {
  return catalogue[code]
}

function redactDeep(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redactDeep)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactDeep(member)]))
}

/** Whether this is a code of the catalogue. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code)
}

/** The error that a peer sent as code and details, made again here; its details are as the peer wrote them. */
export function errorFromJson(code: ErrorCode, details: object): SteleError {
  return new SteleError(code, details as DetailsOf[ErrorCode])
}
