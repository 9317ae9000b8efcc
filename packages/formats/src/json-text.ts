// Reads the text of JSON that is known to be valid: counts its members, and builds the value without JSON.parse's key cache.
import type { JsonValue } from './json.ts'

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** What one pass over a valid text finds. */
type Scan = {
  /** Members of objects as written, duplicates included. */
  readonly members: number
  /** Objects and lists within one another. */
  readonly levels: number
  readonly hasEscapedKey: boolean
}

/** Scans a valid text: it needs no stack, however deep the text is. */
export function scanMembers(text: string): Scan {
  let members = 0
  let depth = 0
  let levels = 0
  let hasEscapedKey = false
  let last = { start: 0, end: 0 } // The newest string: before a colon, it is a key.
  for (let position = 0; position < text.length; position++) {
    const unit = text.charCodeAt(position)
    if (unit === colon) {
      members++
      hasEscapedKey ||= text.slice(last.start, last.end).includes('\\')
    } else if (unit === quote) {
      last = { start: position, end: endOfString(text, position) }
      position = last.end
    } else if (unit === openList || unit === openObject) {
      if (++depth > levels) levels = depth
    } else if (unit === closeList || unit === closeObject) depth--
  }
  return { members, levels, hasEscapedKey }
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
