// Outside text as one path segment of the state, and the order of the state's texts.
import { SteleError } from '@stele/errors'

/** The text as one path segment: percent-encoded, `@` kept, a lone surrogate as U+FFFD. Spec: state.md, "Trie". */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%40', '@')
}

/** The text of a path segment: the inverse of encodeSegment(), lower-case escapes taken too. Throws name_invalid. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    const reason = 'its percent-encoding is broken'
    throw new SteleError('name_invalid', { name: segment, reason }, { cause })
  }
}

/** Orders texts by their UTF-8 bytes: negative, 0 or positive. Not the order of sort(), which is by UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above U+FFFF, so they come after U+E000 to U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
