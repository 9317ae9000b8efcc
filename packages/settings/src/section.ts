// What a section of settings is. A package declares its own section; the app reads all of them from the same sources.
import { SteleError } from '@stele/errors'

/** Where a value was found: the key as it stands in the file (`mirrors[1].url`), and the source in words. */
export type Place = { readonly key: string; readonly source: string }

/** What a value has to be. `wanted` completes "must be …". */
export type Kind<T> = {
  readonly wanted: string
  /** Text where it comes from a flag or the environment, what YAML makes of it where it comes from the file. Throws setting_invalid. */
  readonly parse: (found: unknown, place: Place) => T
}

/** One setting. */
export type Field<T> = {
  /** What it is for, in a line of help. */
  readonly summary: string
  readonly kind: Kind<T>
  readonly fallback: T
}

/** The settings of one package. `S` is what it reads them as. */
export type Section<S> = {
  /** In the file the section is an object of this name; in flags and environment the name stands in front. Empty: its settings stand at the top. */
  readonly name: string
  readonly fields: { readonly [K in keyof S]: Field<S[K]> }
}

/** The section of what has no settings. */
export const noSettings: Section<object> = { name: '', fields: {} }

/** The error for a value of the wrong kind. */
export function refuse(found: unknown, place: Place, wanted: string): SteleError {
  const { key, source } = place
  return new SteleError('setting_invalid', { key, source, found: describe(found), wanted })
}

function describe(found: unknown): string {
  const text = JSON.stringify(found) ?? String(found)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
