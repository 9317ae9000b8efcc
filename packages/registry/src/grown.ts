// What is kept of a large packument beside its packed bytes: the end of its versions' text, and how far they go. When
// versions are added, nothing that comes before is made, read or packed again.
import { type GrownText, type PackedPieces, restFrom } from './gzip-pieces.ts'
import { grownPieces, gzipPieceBytes } from './limits.ts'
import type { JoinedSoFar, PackumentText } from './packument.ts'

/** The beginning of a packument's text: all of its versions. */
export type Beginning = {
  readonly soFar: JoinedSoFar
  /** Pieces that lie in it as a whole. */
  readonly same: number
  /** Its text from `restFrom(same)` on. */
  readonly rest: Uint8Array
}

/** What is kept of this text; undefined where it is so small that it is as well made anew. `before` is what it grew from. */
export function beginningOf(
  { versions, soFar, hasGrown }: PackumentText,
  before: Beginning | undefined,
): Beginning | undefined {
  const grownFrom = hasGrown ? before : undefined
  const from = grownFrom === undefined ? 0 : restFrom(grownFrom.same)
  const known = grownFrom === undefined ? versions : Buffer.concat([grownFrom.rest, versions])
  const same = Math.floor((from + known.length) / gzipPieceBytes)
  if (same < grownPieces) return undefined
  return { soFar, same, rest: new Uint8Array(known.subarray(restFrom(same) - from)) }
}

/** A text that has only grown since, to be packed on. */
export function grownText(
  { versions, end }: PackumentText,
  { same, rest }: Beginning,
  before: PackedPieces,
): GrownText {
  return { before, same, rest: Buffer.concat([rest, versions, end]) }
}

/** Bytes that it holds. */
export function beginningBytes(beginning: Beginning | undefined): number {
  return beginning === undefined ? 0 : beginning.rest.length + beginning.soFar.times.length
}
