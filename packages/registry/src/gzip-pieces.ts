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

/** One piece of the text: its digest, and where its bytes end in the member. */
type Piece = { readonly digest: string; readonly end: number }

/** Of RFC 1952: deflate, no name, no time, made by who knows whom. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** An empty last block: so every piece can be followed by another. */
const lastBlock = Buffer.from([3, 0])
const windowBytes: number = 32 * 1024

/** The text as one gzip member. Pieces of `before` are taken over for as long as the texts are the same. */
export async function packPieces(text: Uint8Array, before?: PackedPieces): Promise<PackedPieces> {
  const cuts = cutsOf(text)
  const same = countSame(cuts, before)
  const kept = before?.bytes.subarray(head.length, before.pieces[same - 1]?.end ?? head.length)
  const made = await Promise.all(cuts.slice(same).map((cut) => deflatePiece(text, cut)))
  const pieces: Piece[] = []
  let start = head.length
  cuts.forEach(({ digest }, index) => {
    const known = index < same ? before?.pieces[index] : undefined
    const end = known?.end ?? start + (made[index - same]?.length ?? 0)
    pieces.push({ digest, end })
    start = end
  })
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(text), 0)
  tail.writeUInt32LE(text.length % 2 ** 32, 4)
  return {
    bytes: Buffer.concat([head, kept ?? head.subarray(0, 0), ...made, lastBlock, tail]),
    pieces,
  }
}

type Cut = {
  readonly from: number
  readonly to: number
  readonly level: number
  readonly digest: string
}

/** The text in pieces of one size. What is large is compressed faster rather than smaller, but for its beginning. */
function cutsOf(text: Uint8Array): readonly Cut[] {
  const cuts: Cut[] = []
  for (let from = 0; from < text.length; from += gzipPieceBytes) {
    const to = Math.min(from + gzipPieceBytes, text.length)
    const level = cuts.length < smallGzipPieces ? 6 : 3
    cuts.push({ from, to, level, digest: hash('sha256', text.subarray(from, to)) })
  }
  return cuts
}

function countSame(cuts: readonly Cut[], before: PackedPieces | undefined): number {
  const found = cuts.findIndex(({ digest }, index) => before?.pieces[index]?.digest !== digest)
  return found < 0 ? cuts.length : found
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
