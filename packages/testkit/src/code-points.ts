// Every character that text may have, by number: a library's table of them takes a second to build.

const surrogates = { first: 0xd800, count: 0x800 }

/** How many there are: what Unicode numbers, without surrogates. */
export const codePointCount: number = 0x110000 - surrogates.count

/** The character of a number in [0, codePointCount). */
export function codePoint(index: number): string {
  return String.fromCodePoint(index < surrogates.first ? index : index + surrogates.count)
}
