// The public face of @stele/formats/ranges.
export { highestUpTo, newestOf, parseRange } from '../range.ts'
