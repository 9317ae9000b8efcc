// One gzip member made of pieces, each of which is kept: of a text that has only grown, or changed near its end, what comes
// before is not compressed again. Where the pieces end depends on nothing but the text, so the same text gives the same bytes.
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, type ZlibOptions } from 'node:zlib'
import { gzipPieceBytes, smallGzipPieces } from './limits.ts'

/** A gzip member, and what it was made of. */
export type PackedPieces = {
  readonly bytes: Uint8Array
  readonly pieces: readonly Piece[]
}

/** One piece of the text: its digest, the CRC-32 of the text up to its end, and where its bytes end in the member. */
type Piece = { readonly digest: string; readonly crc: number; readonly end: number }

/**
 * A text whose first pieces were packed before. `rest` is the text from `restFrom(same)` on: what refers back needs a bit
 * of what comes before it.
 */
export type GrownText = {
  readonly before: PackedPieces
  readonly same: number
  readonly rest: Uint8Array
}

/** Of RFC 1952: deflate, no name, no time, made by who knows whom. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** An empty last block: so every piece can be followed by another. */
const lastBlock = Buffer.from([3, 0])
const windowBytes: number = 32 * 1024

/** The text as one gzip member. Pieces of `before` are taken over for as long as the texts are the same. */
export function packPieces(
  text: Uint8Array,
  before: PackedPieces = { bytes: new Uint8Array(), pieces: [] },
): Promise<PackedPieces> {
  const same = countSame(text, before)
  return packGrown({ before, same, rest: text.subarray(restFrom(same)) })
}

/** Where the part of a text begins that is needed to pack it from its piece `same` on. */
export function restFrom(same: number): number {
  return Math.max(0, same * gzipPieceBytes - windowBytes)
}

/** The same as `packPieces()` gives for the whole text. */
export async function packGrown({ before, same, rest }: GrownText): Promise<PackedPieces> {
  const packed = before.pieces.slice(0, same)
  const last = packed.at(-1)
  const start = last?.end ?? head.length
  const cuts = cutsOf(rest, same, last?.crc ?? 0)
  const made = await Promise.all(cuts.map((cut) => deflatePiece(rest, cut)))
  let end = start
  const pieces = cuts.map(({ digest, crc }, index) => {
    end += made[index]?.length ?? 0
    return { digest, crc, end }
  })
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE((pieces.at(-1) ?? last)?.crc ?? 0, 0)
  tail.writeUInt32LE((restFrom(same) + rest.length) % 2 ** 32, 4)
  const kept = before.bytes.subarray(head.length, start)
  return {
    bytes: Buffer.concat([head, kept, ...made, lastBlock, tail]),
    pieces: [...packed, ...pieces],
  }
}

type Cut = {
  readonly from: number
  readonly to: number
  readonly level: number
  readonly digest: string
  readonly crc: number
}

/** The text in pieces of one size, from that one on. What is large is compressed faster rather than smaller, but for its beginning. */
function cutsOf(rest: Uint8Array, same: number, crcBefore: number): readonly Cut[] {
  const cuts: Cut[] = []
  let crc = crcBefore
  for (let from = same * gzipPieceBytes - restFrom(same); from < rest.length; ) {
    const to = Math.min(from + gzipPieceBytes, rest.length)
    const piece = rest.subarray(from, to)
    crc = crc32(piece, crc)
    const level = same + cuts.length < smallGzipPieces ? 6 : 3
    cuts.push({ from, to, level, crc, digest: hash('sha256', piece) })
    from = to
  }
  return cuts
}

/** Whole pieces that are the same: a last one that is none is packed again. */
function countSame(text: Uint8Array, { pieces }: PackedPieces): number {
  const whole = pieces.slice(0, Math.floor(text.length / gzipPieceBytes))
  const found = whole.findIndex(({ digest }, index) => {
    const from = index * gzipPieceBytes
    return digest !== hash('sha256', text.subarray(from, from + gzipPieceBytes))
  })
  return found < 0 ? whole.length : found
}

const deflateElsewhere = promisify<Uint8Array, ZlibOptions, Uint8Array>(deflateRaw)

/** A piece that ends at a byte, and refers back to what stands before it in the text. */
function deflatePiece(text: Uint8Array, { from, to, level }: Cut): Promise<Uint8Array> {
  const options = {
    level,
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: gzipPieceBytes / 4,
    ...(from === 0 ? {} : { dictionary: text.subarray(Math.max(0, from - windowBytes), from) }),
  }
  return deflateElsewhere(text.subarray(from, to), options)
}
