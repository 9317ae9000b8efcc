// The public face of @stele/errors.
export {
  type Catalogue,
  catalogue,
  type DetailsOf,
  type Entry,
  type ErrorCode,
} from './catalogue.ts'
export { type ErrorText, errorFromText, errorToText } from './error-text.ts'
export { reasonOf } from './reason.ts'
export {
  escapeLine,
  isPlainLine,
  redact,
  redactLine,
  tokenPattern,
} from './redact.ts'
export {
  type ErrorBody,
  errorFromJson,
  isErrorCode,
  isSteleError,
  SteleError,
  toErrorBody,
} from './stele-error.ts'
