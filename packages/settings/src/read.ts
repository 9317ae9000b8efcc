// Reads sections: flags win over the environment, the environment over the file, the file over the defaults.
import { SteleError } from '@stele/errors'
import { isObject, readAll, refuseUnknownKeys } from './lists.ts'
import { nearest } from './nearest.ts'
import { refuse, type Section } from './section.ts'

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
  const source = sourceOfFile(file.path)
  const top = sections.flatMap(({ name, fields }) => (name === '' ? Object.keys(fields) : [name]))
  refuseUnknownKeys(file.members, top, { key: '', source })
  for (const { name, fields } of sections) {
    const members = name === '' ? undefined : file.members[name]
    if (members === undefined || members === null) continue
    const wanted = `an object with ${Object.keys(fields).join(', ')}`
    if (!isObject(members)) throw refuse(members, { key: name, source }, wanted)
    refuseUnknownKeys(members, Object.keys(fields), { key: name, source })
  }
  refuseUnknownVariables(sections, environment, otherVariables)
}

/** The flag of a setting, without dashes: `public-url`, `mnpm-mirrors`. */
export function flagOf(section: string, key: string): string {
  const dashed = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
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
  const name = section === '' ? key : `${section}.${key}`
  const flag = flags[flagOf(section, key)]
  if (flag !== undefined) {
    return { key: name, source: `--${flagOf(section, key)}`, value: flag }
  }
  const variable = environment[variableOf(section, key)]
  if (variable !== undefined) {
    return { key: name, source: variableOf(section, key), value: variable }
  }
  const members = section === '' ? file.members : file.members[section]
  const member = isObject(members) && Object.hasOwn(members, key) ? members[key] : undefined
  if (member === undefined || member === null) return undefined
  return { key: name, source: sourceOfFile(file.path), value: member }
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
