// JSON as host version 1 reads and writes it: what may be a result, and the bytes of an oracle's answer. It stays as it is,
// whatever other packages do with JSON: a changed word here changes the results of logs that exist.
import type { JsonValue } from '@stele/formats/json'

/** Objects and lists within one another in a result: one less than effects may have, whose member it becomes. */
export const maxResultLevels = 127
/** The same of an oracle's answer, which stands three levels deep in a call's body. */
export const maxAnswerLevels = 125

/** The value that JSON.stringify of the VM wrote, or in words why it is no result. */
export function readResult(
  json: string,
  maxLevels: number,
): { readonly value: JsonValue } | { readonly bad: string } {
  const { levels, hasEscapedKey } = scan(json)
  if (levels > maxLevels) return { bad: `it has more than ${maxLevels} levels` }
  // V8 14 may take an escaped key for another one that it met before (nodejs/node#63785), so those are read here.
  const value: JsonValue = hasEscapedKey ? readValue({ text: json, at: 0 }) : JSON.parse(json)
  const bad = fault(value)
  return bad === undefined ? { value } : { bad }
}

/** The value as RFC 8785 writes it; it must be one that readResult() or a log's body gave. */
export function canonicalText(value: JsonValue): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`
  const members = Object.keys(value)
    .sort() // By UTF-16 units, as RFC 8785 wants.
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** What canonical JSON cannot say. */
function fault(value: JsonValue): string | undefined {
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : 'it holds a lone surrogate'
  if (typeof value === 'number') {
    // From 1e21 on, numbers are written with an exponent: nobody takes them for exact integers.
    const isExact =
      !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21
    return isExact ? undefined : `it holds the integer ${value}, beyond 2^53 - 1`
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (isList(value)) return firstFault(value)
  return firstFault(
    Object.keys(value)
      .sort()
      .flatMap((key) => [key, value[key] ?? null]),
  )
}

function firstFault(values: readonly JsonValue[]): string | undefined {
  for (const value of values) {
    const found = fault(value)
    if (found !== undefined) return found
  }
  return undefined
}

const unit = { quote: 0x22, colon: 0x3a, backslash: 0x5c } as const

/** One pass over a valid text, which needs no stack, however deep the text is. */
function scan(text: string): { readonly levels: number; readonly hasEscapedKey: boolean } {
  let depth = 0
  let levels = 0
  let hasEscapedKey = false
  let isEscaped = false // The newest string: before a colon, it is a key.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === unit.quote) {
      const end = endOfString(text, at)
      isEscaped = text.slice(at, end).includes('\\')
      at = end
    } else if (code === unit.colon) hasEscapedKey ||= isEscaped
    else if (code === 0x5b || code === 0x7b) levels = Math.max(levels, ++depth)
    else if (code === 0x5d || code === 0x7d) depth--
  }
  return { levels, hasEscapedKey }
}

/** The position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end < 0) throw new Error('The VM gave JSON with an open string')
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === unit.backslash) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

type Cursor = { readonly text: string; at: number }

/** Reads JSON without spaces, of few levels, without JSON.parse's memory of keys. The last of duplicate keys wins. */
function readValue(cursor: Cursor): JsonValue {
  const first = cursor.text[cursor.at]
  if (first === '"') return readString(cursor)
  if (first === '{') return Object.fromEntries(readItems(cursor, '}', readMember))
  if (first === '[') return readItems(cursor, ']', readValue)
  word.lastIndex = cursor.at
  const [text = ''] = word.exec(cursor.text) ?? []
  cursor.at += text.length
  const value: JsonValue = JSON.parse(text)
  return value
}

function readItems<T>(cursor: Cursor, end: string, readItem: (cursor: Cursor) => T): T[] {
  const items: T[] = []
  for (cursor.at++; cursor.text[cursor.at] !== end; ) {
    items.push(readItem(cursor))
    if (cursor.text[cursor.at] === ',') cursor.at++
  }
  cursor.at++
  return items
}

function readMember(cursor: Cursor): readonly [string, JsonValue] {
  const key = readString(cursor)
  cursor.at++ // The colon.
  return [key, readValue(cursor)]
}

function readString(cursor: Cursor): string {
  const end = endOfString(cursor.text, cursor.at) + 1
  const value: unknown = JSON.parse(cursor.text.slice(cursor.at, end))
  cursor.at = end
  return String(value)
}

const word = /[^,\]}]+/y
