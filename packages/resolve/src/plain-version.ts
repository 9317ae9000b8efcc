// Versions of three plain numbers, and ranges between two of them, as `^1.2.3` and `~1.2` are: nearly all that there are. They are
// compared without an object for each; node-semver reads all others.
import type semver from 'semver'

/** `[1, 2, 3]`. */
export type Plain = readonly [major: number, minor: number, patch: number]

const zero = 48
const dot = 46
/** A number of so many digits is exact. */
const maxDigits = 15

/** The numbers of `1.2.3`; undefined of anything else, be it `1.2.3-a` or `01.2.3`. */
export function plainOf(text: string): Plain | undefined {
  let [major, minor] = [0, 0]
  let [number, digits, dots] = [0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === dot) {
      if (digits === 0 || dots === 2) return undefined
      if (dots === 0) major = number
      else minor = number
      dots++
      number = 0
      digits = 0
      continue
    }
    const digit = code - zero
    if (digit < 0 || digit > 9 || digits === maxDigits || (digits > 0 && number === 0)) {
      return undefined
    }
    number = number * 10 + digit
    digits++
  }
  return dots === 2 && digits > 0 ? [major, minor, number] : undefined
}

/** Below 0 where the first comes first. */
export function comparePlain(one: Plain, other: Plain): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}

/** A range from one version, which is in it, to another, which is not. */
type Span = { readonly from: Plain; readonly to: Plain }

const first: Plain = [0, 0, 0]
const end: Plain = [Number.POSITIVE_INFINITY, 0, 0]

/** What the range is of plain versions; undefined where it is no such span. */
export function spanOf(range: semver.Range): Span | undefined {
  const [comparators = [], ...others] = range.set
  const [low, high, ...more] = comparators
  if (others.length > 0 || more.length > 0 || low === undefined) return undefined
  if (low.value === '') return high === undefined ? { from: first, to: end } : undefined
  if (low.operator !== '>=' || !isPlainEdge(low)) return undefined
  const from = numbersOf(low.semver)
  if (high === undefined) return { from, to: end }
  return high.operator === '<' && isPlainEdge(high)
    ? { from, to: numbersOf(high.semver) }
    : undefined
}

/** `2.0.0`, or `2.0.0-0`, which is before all that are named so: between these two there is no plain version. */
function isPlainEdge({ semver: { prerelease } }: semver.Comparator): boolean {
  return prerelease.length === 0 || (prerelease.length === 1 && prerelease[0] === 0)
}

function numbersOf({ major, minor, patch }: semver.SemVer): Plain {
  return [major, minor, patch]
}

/** Whether it is in the span. */
export function isInSpan(version: Plain, { from, to }: Span): boolean {
  return comparePlain(version, from) >= 0 && comparePlain(version, to) < 0
}
