// Canonical JSON (RFC 8785) and strict reading of JSON. What is hashed, signed or stored is text made here.
import { SteleError } from '@stele/errors'
import { readValidJson, scanJson } from './json-text.ts'
import type { JsonObject, JsonValue } from './json-value.ts'
import { escapedKeyCost, maxJsonDepth, maxStepsPerValue } from './limits.ts'

export type { JsonObject, JsonValue } from './json-value.ts'

/**
 * The value as canonical JSON: RFC 8785, keys in UTF-16 order, -0 as 0.
 * Takes plain objects, arrays, strings, booleans, null and finite numbers; numbers that are written as integers
 * are within ±(2^53−1). A member that is undefined is an error, not left out.
 * Throws json_not_canonical. Spec: state.md, "Canonical JSON".
 */
export function canonicalJson(value: unknown, what = 'the value'): string {
  return write(value, 0, what)
}

/**
 * The value that a JSON text says. Duplicate keys and more than 128 levels are refused; `__proto__` is a key as any other.
 * `what` names the text in the error: json_invalid. More than `maxValues` values are refused before memory is spent on
 * them, and a text that is long for other reasons than its strings with them: wanted for what a stranger sends.
 */
export function parseJson(
  text: string,
  what: string,
  maxValues: number = Number.POSITIVE_INFINITY,
): JsonValue {
  const { value, written } = read(text, { what, maxValues })
  if (countMembers(value) !== written) {
    throw new SteleError('json_invalid', { what, reason: 'an object has the same key twice' })
  }
  return value
}

/**
 * As parseJson(), but the last of duplicate keys wins, as in every JavaScript reader: for texts that others wrote and
 * other programs read too. Throws json_invalid, also for more than `maxValues` values, as parseJson() does.
 */
export function parseTolerantJson(
  text: string,
  what: string,
  maxValues: number = Number.POSITIVE_INFINITY,
): JsonValue {
  // Without an escape no key has one, and the levels are counted faster in what was built: JSON.parse needs no stack for them.
  if (maxValues === Number.POSITIVE_INFINITY && !text.includes('\\')) {
    const value = parsed(text, what)
    if (hasLevels(value, maxJsonDepth)) return value
    throw tooDeep(what)
  }
  return read(text, { what, maxValues }).value
}

/** As parseJson(), and the text must be canonical to the byte. Throws json_invalid, json_not_canonical. */
export function parseCanonicalJson(text: string, what: string): JsonValue {
  const value = parseTolerantJson(text, what)
  if (canonicalJson(value, what) !== text) {
    throw new SteleError('json_not_canonical', {
      what,
      reason: 'its bytes differ from the canonical form of the same value',
    })
  }
  return value
}

/** True for a JSON object: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function write(value: unknown, depth: number, what: string): string {
  if (typeof value === 'string') return writeString(value, what)
  if (typeof value === 'number') return writeNumber(value, what)
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value !== 'object') throw notCanonical(what, `it holds a ${typeof value}`)
  if (depth >= maxJsonDepth) throw notCanonical(what, `it has more than ${maxJsonDepth} levels`)
  return Array.isArray(value) ? writeArray(value, depth, what) : writeObject(value, { depth, what })
}

function writeArray(list: readonly unknown[], depth: number, what: string): string {
  let text = '['
  // An index loop also meets the holes of a sparse array, as undefined.
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text += ','
    text += write(list[index], depth + 1, what)
  }
  return `${text}]`
}

function writeObject(object: object, at: { depth: number; what: string }): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  // Values of another realm have another Object.prototype; its own prototype is null all the same.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notCanonical(at.what, 'it holds an object that is not plain')
  }
  let text = '{'
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ','
    const member: unknown = Reflect.get(object, key)
    text += `${writeString(key, at.what)}:${write(member, at.depth + 1, at.what)}`
  }
  return `${text}}`
}

function writeString(text: string, what: string): string {
  if (!text.isWellFormed()) throw notCanonical(what, 'it holds a lone surrogate')
  return JSON.stringify(text)
}

function writeNumber(value: number, what: string): string {
  if (!Number.isFinite(value)) throw notCanonical(what, `it holds ${value}`)
  // From 1e21 on, numbers are written with an exponent: nobody takes them for exact integers.
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
    throw notCanonical(what, `it holds the integer ${value}, beyond 2^53-1`)
  }
  return String(value)
}

function notCanonical(what: string, reason: string): SteleError {
  return new SteleError('json_not_canonical', { what, reason })
}

/** Counts the members of all objects within. */
function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (isList(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  for (const key in value) count += 1 + countMembers(value[key] ?? null)
  return count
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

type Reading = { readonly what: string; readonly maxValues: number }

/** The value, and how many members were written, duplicates included. */
function read(
  text: string,
  { what, maxValues }: Reading,
): { readonly value: JsonValue; readonly written: number } {
  const refuse = (reason: string): SteleError => new SteleError('json_invalid', { what, reason })
  const limits = { values: maxValues, levels: maxJsonDepth, steps: maxValues * maxStepsPerValue }
  const { members, values, levels, steps, hasEscapedKey } = scanJson(text, limits)
  // Before anything is built of it, or walks it: whoever comes after needs a stack for the levels.
  if (levels > maxJsonDepth) throw tooDeep(what)
  if (values > maxValues) throw refuse(`it has more than ${maxValues} values`)
  if (hasEscapedKey && values * escapedKeyCost > maxValues) {
    throw refuse(`it has more than ${maxValues / escapedKeyCost} values, with escapes in its keys`)
  }
  if (steps > limits.steps) throw refuse('too much of it is spaces, digits or escapes')
  const value = parsed(text, what)
  // V8 14 may take an escaped key for another one that it met before (nodejs/node#63785), so those are read here.
  return { value: hasEscapedKey ? readValidJson(text) : value, written: members }
}

function parsed(text: string, what: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('json_invalid', { what, reason }, { cause })
  }
}

function tooDeep(what: string): SteleError {
  return new SteleError('json_invalid', { what, reason: `it has more than ${maxJsonDepth} levels` })
}

/** True for a value of at most so many levels of objects and lists. */
function hasLevels(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  if (isList(value)) return value.every((item) => hasLevels(item, levels - 1))
  for (const key in value) if (!hasLevels(value[key] ?? null, levels - 1)) return false
  return true
}
