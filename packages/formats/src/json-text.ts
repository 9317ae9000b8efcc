// Reads the text of JSON: counts what is in it before anything is built, and builds a value without JSON.parse's key cache.
import type { JsonValue } from './json-value.ts'

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** What one pass over a text finds. */
type Scan = {
  /** Members of objects as written, duplicates included. */
  readonly members: number
  /** At least as many as there are values of any kind. */
  readonly values: number
  /** Objects and lists within one another. */
  readonly levels: number
  /** Characters outside strings, and escapes in them: what the scan itself had to look at. */
  readonly steps: number
  readonly hasEscapedKey: boolean
}

/** Where a scan ends early: what it found so far is over one of these. */
type ScanLimits = { readonly values: number; readonly levels: number; readonly steps: number }

/**
 * Scans a text, which need not be valid JSON; of one that is not, the counts say nothing. It needs no stack and no memory,
 * however deep the text is, and passes over a string without escapes at the speed of a search.
 */
export function scanJson(text: string, limits: ScanLimits): Scan {
  const found = { members: 0, values: 1, levels: 0, steps: 0, hasEscapedKey: false }
  const strings = createStringScan(text)
  let depth = 0
  for (let position = 0; position < text.length && isWithin(found, limits); position++) {
    found.steps++
    switch (text.charCodeAt(position)) {
      case comma:
        found.values++
        break
      case colon: // What stands before it is a key.
        found.members++
        found.hasEscapedKey ||= strings.lastHasEscape()
        break
      case quote:
        position = strings.end(position, found, limits)
        break
      case openList:
      case openObject:
        found.values++
        if (++depth > found.levels) found.levels = depth
        break
      case closeList:
      case closeObject:
        depth--
    }
  }
  return found
}

function isWithin(found: ScanLimits, limits: ScanLimits): boolean {
  return (
    found.values <= limits.values && found.levels <= limits.levels && found.steps <= limits.steps
  )
}

type StringScan = {
  /** The position of the quote that closes the string opened at `start`, or the text's end. Counts escapes as steps. */
  readonly end: (start: number, found: { steps: number }, limits: ScanLimits) => number
  readonly lastHasEscape: () => boolean
}

/** Finds the ends of strings from left to right: nothing is searched twice. */
function createStringScan(text: string): StringScan {
  let hasEscape = false
  let nextBackslash = -1
  const backslashFrom = (position: number): number => {
    if (nextBackslash < position) nextBackslash = text.indexOf('\\', position)
    if (nextBackslash < 0) nextBackslash = text.length
    return nextBackslash
  }
  return {
    end: (start, found, limits) => {
      hasEscape = false
      let end = text.indexOf('"', start + 1)
      let escape = backslashFrom(start + 1)
      while (end >= 0 && escape < end && found.steps <= limits.steps) {
        hasEscape = true
        found.steps++
        if (end === escape + 1) end = text.indexOf('"', end + 1)
        escape = backslashFrom(escape + 2)
      }
      return end < 0 ? text.length : end
    },
    lastHasEscape: () => hasEscape,
  }
}

/** The value of a valid text of few enough levels; the last of duplicate keys wins, `__proto__` is a key as any other. */
export function readValidJson(text: string): JsonValue {
  const cursor = { text, position: 0 }
  return readValue(cursor)
}

type Cursor = { readonly text: string; position: number }

function readValue(cursor: Cursor): JsonValue {
  const unit = peek(cursor)
  if (unit === '{') return readObject(cursor)
  if (unit === '[') return readArray(cursor)
  return unit === '"' ? readString(cursor) : readWord(cursor)
}

function readObject(cursor: Cursor): JsonValue {
  const members = new Map<string, JsonValue>()
  for (cursor.position++; peek(cursor) !== '}'; ) {
    const key = readString(cursor)
    peek(cursor)
    cursor.position++ // The colon.
    members.set(key, readValue(cursor))
    if (peek(cursor) === ',') cursor.position++
  }
  cursor.position++
  return Object.fromEntries(members)
}

function readArray(cursor: Cursor): JsonValue {
  const items: JsonValue[] = []
  for (cursor.position++; peek(cursor) !== ']'; ) {
    items.push(readValue(cursor))
    if (peek(cursor) === ',') cursor.position++
  }
  cursor.position++
  return items
}

function readString(cursor: Cursor): string {
  peek(cursor)
  const end = endOfString(cursor.text, cursor.position) + 1
  const value: unknown = JSON.parse(cursor.text.slice(cursor.position, end))
  cursor.position = end
  return String(value)
}

function readWord(cursor: Cursor): JsonValue {
  word.lastIndex = cursor.position
  const [text = ''] = word.exec(cursor.text) ?? []
  cursor.position += text.length
  if (text === 'null') return null
  return text === 'true' || (text === 'false' ? false : Number(text))
}

const word = /[^\s,\]}]+/y

/** The next character that is no space. */
function peek(cursor: Cursor): string {
  while (isSpace(cursor.text.charCodeAt(cursor.position))) cursor.position++
  return cursor.text.charAt(cursor.position)
}

/** The four characters that JSON allows between its tokens. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

/** The position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end < 0) throw new Error('Cannot read a string: the text is not JSON')
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++
    if (backslashes % 2 === 0) return end
  }
}
