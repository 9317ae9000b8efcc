// The kinds of value that hold others: lists, and lists of objects, for "several upstreams" and "several services".
import { SteleError } from '@stele/errors'
import { maxListMembers } from './limits.ts'
import { nearest } from './nearest.ts'
import { type Field, type Kind, type Place, refuse } from './section.ts'

/** A list of one kind: a list in the file; in flags and environment separated by commas or spaces. */
export function list<T>(kind: Kind<T>): Kind<readonly T[]> {
  const wanted = `a list, each of it ${kind.wanted}`
  return {
    wanted,
    parse: (found, place) =>
      membersOf(found, place, wanted).map((member, at) => kind.parse(member, inside(place, at))),
  }
}

/** A member of an object in a list: without a fallback it has to be there. */
export type Member<T> = Omit<Field<T>, 'fallback'> & { readonly fallback?: T }

/** A list of objects with these members: in the file; as JSON in flags and environment. */
export function objects<T extends object>(
  members: {
    readonly [K in keyof T]: Member<T[K]>
  },
): Kind<readonly T[]> {
  const wanted = `a list of objects with ${Object.keys(members).join(', ')}`
  return {
    wanted,
    parse: (found, place) =>
      membersOf(found, place, wanted).map((member, at) =>
        parseObject(member, inside(place, at), members),
      ),
  }
}

function parseObject<T extends object>(
  found: unknown,
  place: Place,
  members: { readonly [K in keyof T]: Member<T[K]> },
): T {
  const known = Object.keys(members)
  if (!isObject(found)) throw refuse(found, place, `an object with ${known.join(', ')}`)
  refuseUnknownKeys(found, known, place)
  const read = <K extends keyof T>(key: K): T[K] => {
    const { kind, fallback } = members[key]
    const at = { ...place, key: `${place.key}.${String(key)}` }
    const value = Object.hasOwn(found, key) ? found[String(key)] : undefined
    if (value !== undefined && value !== null) return kind.parse(value, at)
    if (fallback === undefined) throw refuse(null, at, kind.wanted)
    return fallback
  }
  return readAll(members, read)
}

/** An object with a value for each key of the shape. */
export function readAll<T extends object>(
  shape: { readonly [K in keyof T]: unknown },
  read: <K extends keyof T>(key: K) => T[K],
): T {
  const values: Partial<T> = {}
  for (const key in shape) values[key] = read(key)
  if (!isWhole(values, shape)) throw new Error('A setting was not read')
  return values
}

function isWhole<T extends object>(values: Partial<T>, shape: object): values is T {
  return Object.keys(shape).every((key) => Object.hasOwn(values, key))
}

/** Throws setting_unknown for a key that nobody knows. */
export function refuseUnknownKeys(found: object, known: readonly string[], place: Place): void {
  const unknown = Object.keys(found).find((key) => !known.includes(key))
  if (unknown === undefined) return
  const key = place.key === '' ? unknown : `${place.key}.${unknown}`
  throw new SteleError('setting_unknown', {
    key,
    source: place.source,
    ...nearest(unknown, known),
  })
}

/** True for what YAML and JSON call a mapping. */
export function isObject(found: unknown): found is { readonly [key: string]: unknown } {
  return typeof found === 'object' && found !== null && !Array.isArray(found)
}

function membersOf(found: unknown, place: Place, wanted: string): readonly unknown[] {
  const members = typeof found === 'string' ? parseText(found) : found
  if (!Array.isArray(members) || members.length > maxListMembers) throw refuse(found, place, wanted)
  return members
}

function parseText(found: string): unknown {
  if (!found.trimStart().startsWith('[')) return found.split(/[\s,]+/).filter((one) => one !== '')
  try {
    return JSON.parse(found)
  } catch {
    return undefined
  }
}

function inside(place: Place, at: number): Place {
  return { ...place, key: `${place.key}[${at}]` }
}
