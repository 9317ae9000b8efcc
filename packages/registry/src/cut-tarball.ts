// The tarball of a publish document, found in its bytes before they are read as JSON: as a string it would be there three times over.
import { SteleError } from '@stele/errors'
import { base64PerStep, maxStringsSeen, minCutLength } from './limits.ts'

/** A document without its tarball. */
type Cut = {
  /** The document's bytes, the mark standing for the tarball. */
  readonly parts: readonly Uint8Array[]
  /** Undefined where no string looks like one. */
  readonly tarball: CutTarball | undefined
}

/** What was cut out. */
export type CutTarball = {
  /** The text that stands for it: the document's bytes have it nowhere else. */
  readonly mark: string
  /** Its bytes, written over the text. Throws upload_invalid where that is no strict base64. */
  readonly decode: (spec: string) => Uint8Array
}

/** Cuts the first long string of base64 out of a JSON text. Whether the text is JSON is not looked at. */
export function cutTarball(body: Uint8Array): Cut {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const found = findBase64(bytes)
  if (found === undefined) return { parts: [bytes], tarball: undefined }
  const [before, text, after] = [
    bytes.subarray(0, found.start),
    bytes.subarray(found.start, found.end),
    bytes.subarray(found.end),
  ]
  let [number, mark] = [0, 'tarball 0']
  while (before.includes(mark) || after.includes(mark)) mark = `tarball ${++number}`
  const tarball = { mark, decode: (spec: string) => decodeInPlace(spec, text) }
  return { parts: [before, Buffer.from(mark), after], tarball }
}

const quote = 0x22
const backslash = 0x5c

/** Where the text of the first such string starts, and ends. */
function findBase64(bytes: Buffer): { readonly start: number; readonly end: number } | undefined {
  let start = bytes.indexOf(quote) + 1
  for (let seen = 0; start > 0 && seen < maxStringsSeen; seen++) {
    const end = endOfString(bytes, start)
    if (end === undefined) return undefined
    if (end - start >= minCutLength && isBase64(bytes, start, end)) return { start, end }
    start = bytes.indexOf(quote, end + 1) + 1
  }
  return undefined
}

function endOfString(bytes: Buffer, start: number): number | undefined {
  for (let end = bytes.indexOf(quote, start); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let backslashes = 0
    while (end - 1 - backslashes >= start && bytes[end - 1 - backslashes] === backslash)
      backslashes++
    if (backslashes % 2 === 0) return end
  }
  return undefined
}

/** By how it begins: whether all of it is, is seen when it is decoded. Escapes are for the reader of JSON. */
function isBase64(bytes: Buffer, start: number, end: number): boolean {
  const escape = bytes.indexOf(backslash, start)
  if (escape >= 0 && escape < end) return false
  return /^[A-Za-z0-9+/]+$/.test(bytes.toString('latin1', start, start + minCutLength / 2))
}

/** What is decoded is shorter than its text, so it never reaches what is still to be decoded. */
function decodeInPlace(spec: string, text: Buffer): Uint8Array {
  let size = 0
  for (let at = 0; at < text.length; at += base64PerStep) {
    const piece = text.toString('latin1', at, Math.min(text.length, at + base64PerStep))
    const bytes = Buffer.from(piece, 'base64')
    // Decoding is lenient, encoding has one answer: whoever gets the same text back wrote strict base64.
    if (bytes.toString('base64') !== piece) {
      throw new SteleError('upload_invalid', { spec, reason: 'its tarball is not strict base64' })
    }
    size += bytes.copy(text, size)
  }
  return text.subarray(0, size)
}
