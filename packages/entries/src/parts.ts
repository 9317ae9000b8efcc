// An entry's parts as they are kept and published: a random salt, then the bytes that a leaf commits to.
import { SteleError } from '@stele/errors'
import { type Body, parseBody } from './body.ts'
import type { EntryKind } from './leaf.ts'
import { saltBytes } from './limits.ts'

/** An entry as it is kept: its leaf's 106 bytes, and parts of which null ones are withheld. */
export type KeptEntry = {
  readonly leaf: Uint8Array
  readonly body: Uint8Array | null
  readonly effects: Uint8Array | null
  /** A value record (spec/state.md "Files"). */
  readonly values: Uint8Array | null
}
/** A body or effects, taken apart: views of the part's bytes. */
export type Part = { readonly salt: Uint8Array; readonly bytes: Uint8Array }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The part cut behind its salt. */
export function splitPart(part: Uint8Array): Part {
  return { salt: part.subarray(0, saltBytes), bytes: part.subarray(saltBytes) }
}

/** The text of a part. Throws `entry_invalid`: bytes that are not UTF-8 would be read as others that are. */
export function readPart(part: Uint8Array): string {
  try {
    return utf8.decode(splitPart(part).bytes)
  } catch (cause) {
    throw new SteleError('entry_invalid', { what: 'part', reason: 'it is not UTF-8' }, { cause })
  }
}

/** The body in a part. Throws `entry_invalid`, `json_not_canonical`. */
export function readBodyPart(kind: EntryKind, part: Uint8Array): Body {
  return parseBody(kind, readPart(part))
}
