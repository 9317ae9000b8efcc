// What versions and ranges mean: as node-semver has it, or as the first npm documented it.
import semver from 'semver'
import { comparePlain, isInSpan, plainOf, spanOf } from './plain-version.ts'

/** A grammar of versions and ranges. */
export type Ranges = {
  /** The version, as registries write it; undefined of a text that is none. */
  readonly version: (text: string) => string | undefined
  /** Whether a version fits the range; undefined of a text that is no range. */
  readonly test: (text: string) => ((version: string) => boolean) | undefined
  /** Below 0 where the first comes first. */
  readonly compare: (one: string, other: string) => number
}

const maxKnown = 20_000
const versionStart = /^[v=\s]*\d+\.\d+\.\d/

type Test = (version: string) => boolean

/** node-semver, as npm uses it. */
export const nodeRanges: Ranges = {
  version: (text) => {
    if (plainOf(text) !== undefined) return text
    // It throws and catches an error of its own for whatever is none, and ranges are what it is asked mostly.
    return versionStart.test(text) ? (semver.valid(text, { loose: true }) ?? undefined) : undefined
  },
  test: createTests({ loose: true }),
  compare: (one, other) => {
    const [first, second] = [plainOf(one), plainOf(other)]
    if (first !== undefined && second !== undefined) return comparePlain(first, second)
    return semver.compare(one, other, { loose: true })
  },
}

/** What a range says of versions that are there already, be they for trial: peers, and the Node that runs. */
export const testPresent: Ranges['test'] = createTests({ loose: true, includePrerelease: true })

/** Whether it is a range, read as loosely as npm reads those of package.jsons. */
export function isNodeRange(text: string): boolean {
  return nodeRanges.test(text) !== undefined
}

/** Reads each range once. */
function createTests(options: semver.RangeOptions): Ranges['test'] {
  const known = new Map<string, Test | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    if (known.size >= maxKnown) known.clear()
    const test = testIn(text, options)
    known.set(text, test)
    return test
  }
}

function testIn(text: string, options: semver.RangeOptions): Test | undefined {
  const range = readRange(text, options)
  if (range === undefined) return undefined
  const span = spanOf(range)
  if (span === undefined) return (version) => range.test(version)
  return (version) => {
    const plain = plainOf(version)
    return plain === undefined ? range.test(version) : isInSpan(plain, span)
  }
}

function readRange(text: string, options: semver.RangeOptions): semver.Range | undefined {
  try {
    return new semver.Range(text, options)
  } catch {
    return undefined // semver.validRange() would only find out the same way.
  }
}

/**
 * The nine forms of npm 0.0.6: a version, one with `=`, `>`, `>=`, `<` or `<=` before it, `*`, nothing, and `a - b`; with blanks between
 * them all must fit. Versions are compared as they are, so `2.0.0-a` fits `<2.0.0`; a number behind the hyphen is a build, and higher.
 */
export const seedRanges: Ranges = {
  version: (text) => {
    const parts = partsOf(text)
    return parts && text.trim().replace(/^[v=\s]+/, '')
  },
  test: (text) => {
    const tests = testsOf(text.trim())
    return tests && ((version) => tests.every((fits) => fits(version)))
  },
  compare: (one, other) => compareParts(partsOf(one), partsOf(other)),
}

type Parts = {
  readonly numbers: readonly number[]
  /** Of `1.2.3-4`; 0 where there is none. */
  readonly build: number
  readonly tag: string
}
const seedVersion =
  /^\s*[v=]*\s*(\d+)\.(\d+)\.(\d+)(?:-(\d+)(?![\w.]))?-?([A-Za-z][\w.:-]*|\d+[A-Za-z.][\w.:-]*)?\s*$/

function partsOf(text: string): Parts | undefined {
  const found = seedVersion.exec(text)
  if (found === null) return undefined
  const [, major, minor, patch, build = '0', tag = ''] = found
  return { numbers: [Number(major), Number(minor), Number(patch)], build: Number(build), tag }
}

/** What cannot be read comes first, so that it is never chosen where something else can be. */
function compareParts(one: Parts | undefined, other: Parts | undefined): number {
  if (one === undefined || other === undefined)
    return Number(one !== undefined) - Number(other !== undefined)
  for (const [at, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  if (one.build !== other.build) return one.build - other.build
  if (one.tag === other.tag) return 0
  if (one.tag === '' || other.tag === '') return one.tag === '' ? 1 : -1
  return one.tag < other.tag ? -1 : 1
}

function testsOf(text: string): readonly Test[] | undefined {
  if (text === '') return [() => true]
  const span = /^(\S+)\s+-\s+(\S+)$/.exec(text)
  const terms =
    span === null
      ? text.replaceAll(/([<>]=?|=)\s+/g, '$1').split(/\s+/)
      : [`>=${span[1]}`, `<=${span[2]}`]
  const tests = terms.map(testOf)
  return tests.every((test) => test !== undefined) ? tests : undefined
}

function testOf(term: string): Test | undefined {
  const [, sign = '', text = ''] = /^([<>]=?|=)?(.*)$/.exec(term) ?? []
  if (text === '*' || (text === '' && sign === '')) return () => true
  const wanted = partsOf(text)
  if (wanted === undefined) return undefined
  return (version) => {
    const parts = partsOf(version)
    return parts !== undefined && fits(sign, compareParts(parts, wanted))
  }
}

function fits(sign: string, difference: number): boolean {
  switch (sign) {
    case '>':
      return difference > 0
    case '>=':
      return difference >= 0
    case '<':
      return difference < 0
    case '<=':
      return difference <= 0
    default:
      return difference === 0
  }
}
