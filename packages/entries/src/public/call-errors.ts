// The public face of @stele/entries/call-errors.
export { describeCallError, describeLimit } from '../call-errors.ts'
