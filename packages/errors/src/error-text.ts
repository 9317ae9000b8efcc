// An error as it crosses between threads: plain data.
import type { DetailsOf, ErrorCode } from './catalogue.ts'
import { isSteleError, SteleError } from './stele-error.ts'

/** An error of the catalogue as code and details; a bug as its stack. */
export type ErrorText =
  | { readonly code: ErrorCode; readonly details: DetailsOf[ErrorCode] }
  | { readonly bug: string }

/** The error as plain data. */
export function errorToText(error: unknown): ErrorText {
  if (isSteleError(error)) return { code: error.code, details: error.details }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** The error again. */
export function errorFromText(text: ErrorText): Error {
  if ('bug' in text) return new Error(text.bug)
  return new SteleError(text.code, text.details)
}
