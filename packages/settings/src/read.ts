// Reads sections: flags win over the environment, the environment over the file, the file over the defaults.
import { SteleError } from '@stele/errors'
import { isObject, readAll, refuseUnknownKeys } from './lists.ts'
import { nearest } from './nearest.ts'
import { type Place, refuse, type Section } from './section.ts'

/** Where settings come from. */
export type SettingSources = {
  /** As typed, without the dashes. */
  readonly flags: { readonly [name: string]: string | boolean | undefined }
  readonly environment: { readonly [name: string]: string | undefined }
  /** What the file holds, and its name for messages. */
  readonly file: { readonly path: string; readonly members: { readonly [key: string]: unknown } }
}

/** Any section, where what it is read as does not matter. */
export type AnySection = {
  readonly name: string
  readonly fields: {
    readonly [key: string]: {
      readonly summary: string
      readonly kind: { readonly wanted: string }
      readonly fallback: unknown
    }
  }
}

/** The values of one section. Throws setting_invalid, naming the key and where it was found. */
export function readSection<S extends object>(section: Section<S>, sources: SettingSources): S {
  return readAll<S>(section.fields, (key) => {
    const { kind, fallback } = section.fields[key]
    const found = findSetting(section.name, String(key), sources)
    return found === undefined ? fallback : kind.parse(found.value, found)
  })
}

/** Throws setting_unknown for a key of the file, or a variable that looks like a misspelt one, that no section has. */
export function refuseUnknown(
  sections: readonly AnySection[],
  { environment, file }: Pick<SettingSources, 'environment' | 'file'>,
  otherVariables: readonly string[] = [],
): void {
  const known = sections.flatMap(({ name, fields }) =>
    Object.keys(fields).map((key) => nameOf(name, key)),
  )
  refuseUnknownMembers(file.members, known, { key: '', source: sourceOfFile(file.path) })
  refuseUnknownVariables(sections, environment, otherVariables)
}

/** Names with dots may lead from object to object. */
function refuseUnknownMembers(found: object, known: readonly string[], place: Place): void {
  const names = [...known, ...known.map((name) => name.split('.', 1)[0] ?? name)]
  for (const [key, member] of Object.entries(found)) {
    if (known.includes(key)) continue
    const begun = known.filter((name) => name.startsWith(`${key}.`))
    if (begun.length === 0) refuseUnknownKeys({ [key]: member }, names, place)
    if (member === undefined || member === null) continue
    const inside = begun.map((name) => name.slice(key.length + 1))
    const here = { ...place, key: place.key === '' ? key : `${place.key}.${key}` }
    if (!isObject(member)) throw refuse(member, here, `an object with ${inside.join(', ')}`)
    refuseUnknownMembers(member, inside, here)
  }
}

/** The flag of a setting, without dashes: `public-url`, `mnpm-mirrors`. */
export function flagOf(section: string, key: string): string {
  const dashed = key
    .replaceAll('.', '-')
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return section === '' ? dashed : `${section}-${dashed}`
}

/** The environment variable of a setting: `STELE_PUBLIC_URL`, `STELE_MNPM_MIRRORS`. */
export function variableOf(section: string, key: string): string {
  return prefix + flagOf(section, key).replaceAll('-', '_').toUpperCase()
}

const prefix = 'STELE_'

type Found = { readonly key: string; readonly source: string; readonly value: unknown }

function findSetting(section: string, key: string, sources: SettingSources): Found | undefined {
  const { flags, environment, file } = sources
  const name = nameOf(section, key)
  const flag = flags[flagOf(section, key)]
  if (flag !== undefined) {
    return { key: name, source: `--${flagOf(section, key)}`, value: flag }
  }
  const variable = environment[variableOf(section, key)]
  if (variable !== undefined) {
    return { key: name, source: variableOf(section, key), value: variable }
  }
  const member = memberAt(file.members, name.split('.'))
  if (member === undefined || member === null) return undefined
  return { key: name, source: sourceOfFile(file.path), value: member }
}

/** The setting's name in the file and in messages. */
function nameOf(section: string, key: string): string {
  return section === '' ? key : `${section}.${key}`
}

/** A name with dots leads from object to object; some of its parts may also stand in one key, as they are written in prose. */
function memberAt(members: { readonly [key: string]: unknown }, path: readonly string[]): unknown {
  for (let parts = 1; parts <= path.length; parts++) {
    const key = path.slice(0, parts).join('.')
    const member = Object.hasOwn(members, key) ? members[key] : undefined
    const rest = path.slice(parts)
    if (rest.length === 0) return member
    const found = isObject(member) ? memberAt(member, rest) : undefined
    if (found !== undefined && found !== null) return found
  }
  return undefined
}

function sourceOfFile(path: string): string {
  return `the file "${path}"`
}

function refuseUnknownVariables(
  sections: readonly AnySection[],
  environment: SettingSources['environment'],
  otherVariables: readonly string[],
): void {
  const known = sections.flatMap(({ name, fields }) =>
    Object.keys(fields).map((key) => variableOf(name, key)),
  )
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith(prefix) || known.includes(variable)) continue
    const rest = variable.slice(prefix.length)
    if (otherVariables.includes(rest)) continue
    const names = known.map((name) => name.slice(prefix.length))
    const { near } = nearest(rest, names)
    if (near === undefined) continue // Another program's, such as those that Kubernetes sets.
    const details = { key: variable, source: 'the environment', near: prefix + near }
    throw new SteleError('setting_unknown', details)
  }
}
