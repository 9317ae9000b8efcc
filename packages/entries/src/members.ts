// Reads the members of a JSON object strictly, so that each parser says only what it wants.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'

/** A JSON object whose members are read by kind; each reader throws `entry_invalid` naming the member. */
export type Members = {
  readonly value: { readonly [name: string]: JsonValue }
  readonly has: (name: string) => boolean
  /** Refuses members that are not in the list. */
  readonly only: (names: readonly string[]) => void
  readonly literal: (name: string, wanted: number) => void
  readonly text: (name: string, pattern?: RegExp) => string
  readonly optionalText: (name: string) => string | null
  readonly texts: (name: string) => readonly string[]
  readonly count: (name: string, least: number) => number
  readonly list: (name: string, limit?: number) => readonly JsonValue[]
  readonly optionalList: (name: string, limit?: number) => readonly JsonValue[] | undefined
  /** Any JSON, but it must be there. */
  readonly any: (name: string) => JsonValue
  readonly object: (name: string) => Members
}

/** The members of a value that must be an object. `what` names it in errors. */
export function membersOf(what: string, value: JsonValue | undefined): Members {
  if (!isJsonObject(value)) throw invalid(what, 'it is not an object')
  const get = (name: string): JsonValue | undefined =>
    Object.hasOwn(value, name) ? value[name] : undefined
  const wrong = (name: string, wanted: string): SteleError =>
    invalid(what, `its member "${name}" is not ${wanted}`)
  const text = (name: string, pattern?: RegExp): string => {
    const found = get(name)
    if (typeof found !== 'string') throw wrong(name, 'text')
    if (pattern !== undefined && !pattern.test(found))
      throw wrong(name, `of the form ${pattern.source}`)
    return found
  }
  const list = (name: string, limit?: number): readonly JsonValue[] => {
    const found = get(name)
    if (!Array.isArray(found)) throw wrong(name, 'a list')
    if (limit !== undefined && found.length > limit) throw wrong(name, `at most ${limit} long`)
    return found
  }
  return {
    value,
    has: (name) => get(name) !== undefined,
    only: (names) => {
      const stranger = Object.keys(value).find((name) => !names.includes(name))
      if (stranger !== undefined) throw invalid(what, `it has an unknown member "${stranger}"`)
    },
    literal: (name, wanted) => {
      if (get(name) !== wanted) throw wrong(name, String(wanted))
    },
    text,
    optionalText: (name) => (get(name) === null ? null : text(name)),
    texts: (name) =>
      list(name).map((item) => {
        if (typeof item !== 'string') throw wrong(name, 'a list of texts')
        return item
      }),
    count: (name, least) => {
      const found = get(name)
      if (!Number.isSafeInteger(found) || Number(found) < least) {
        throw wrong(name, `an integer of at least ${least}`)
      }
      return Number(found)
    },
    list,
    optionalList: (name, limit) => (get(name) === undefined ? undefined : list(name, limit)),
    any: (name) => {
      const found = get(name)
      if (found === undefined) throw wrong(name, 'there')
      return found
    },
    object: (name) => membersOf(`${what} member "${name}"`, get(name)),
  }
}

function invalid(what: string, reason: string): SteleError {
  return new SteleError('entry_invalid', { what, reason })
}
