// The public face of @stele/formats/ranges.
export { highestUpTo, parseRange } from '../range.ts'
