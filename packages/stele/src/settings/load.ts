// Reads the settings: flags win over the environment, the environment over the file, the file over the defaults.
import { existsSync, readFileSync } from 'node:fs'
import { SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import { parse as parseYaml } from 'yaml'
import { type Settings, schema } from './schema.ts'

/** Where settings come from. `flags` are as typed, without the dashes. */
export type SettingSources = {
  readonly flags: { readonly [name: string]: string | boolean | undefined }
  readonly environment: { readonly [name: string]: string | undefined }
  readonly file: string | undefined
}
/** `source` is the flag or the variable as written, or the file. */
type Found = { readonly source: string; readonly value: unknown }
type Key = keyof Settings

const prefix = 'STELE_'
const defaultFile = 'stele.yaml'
const keys = Object.keys(schema).filter((key): key is Key => Object.hasOwn(schema, key))
/** Variables with the prefix that are not settings of the server. */
const otherVariables = ['CONFIG']

/** The settings. Throws `setting_invalid`, `setting_unknown`, `data_invalid`, naming the key and where it was found. */
export function loadSettings(sources: SettingSources): Settings {
  refuseUnknownVariables(sources.environment)
  const file = readFile(sources.file)
  const read = <K extends Key>(key: K): Settings[K] => {
    const found = findSetting(key, sources, file)
    if (found === undefined) return schema[key].fallback
    const value = schema[key].parse(found.value)
    if (value !== undefined) return value
    const details = { key, source: found.source, found: JSON.stringify(found.value) }
    throw new SteleError('setting_invalid', { ...details, wanted: schema[key].wanted })
  }
  return {
    port: read('port'),
    host: read('host'),
    dir: read('dir'),
    publicUrl: read('publicUrl'),
    mountPath: read('mountPath'),
    trustedProxies: read('trustedProxies'),
    signUp: read('signUp'),
    operator: read('operator'),
    origin: read('origin'),
    maxUploadBytes: read('maxUploadBytes'),
    callTimeoutMs: read('callTimeoutMs'),
    publicFolder: read('publicFolder'),
    logLevel: read('logLevel'),
    logFormat: read('logFormat'),
  }
}

/** The flag of a setting, without dashes: `public-url`. */
export function flagOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The environment variable of a setting: `STELE_PUBLIC_URL`. */
export function variableOf(key: string): string {
  return prefix + flagOf(key).replaceAll('-', '_').toUpperCase()
}

type FileSettings = { readonly path: string; readonly members: { readonly [key: string]: unknown } }

function findSetting(key: Key, sources: SettingSources, file: FileSettings): Found | undefined {
  const flag = sources.flags[flagOf(key)]
  if (flag !== undefined) return { source: `--${flagOf(key)}`, value: flag }
  const variable = sources.environment[variableOf(key)]
  if (variable !== undefined) return { source: variableOf(key), value: variable }
  const member = Object.hasOwn(file.members, key) ? file.members[key] : undefined
  return member === undefined ? undefined : { source: `the file "${file.path}"`, value: member }
}

function readFile(named: string | undefined): FileSettings {
  const path = named ?? defaultFile
  if (!existsSync(path)) {
    if (named === undefined) return { path, members: {} }
    throw new SteleError('data_invalid', { path, reason: 'there is no such file' })
  }
  const found = parseFile(path)
  if (found === null || found === undefined) return { path, members: {} }
  if (typeof found !== 'object' || Array.isArray(found)) {
    throw new SteleError('data_invalid', { path, reason: 'it is not a list of "key: value" lines' })
  }
  const members = Object.fromEntries(Object.entries(found))
  for (const key of Object.keys(members)) refuseUnknownKey(key, `the file "${path}"`)
  return { path, members }
}

function parseFile(path: string): unknown {
  try {
    return parseYaml(readFileSync(path, 'utf8'), { maxAliasCount: 0 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('data_invalid', { path, reason }, { cause })
  }
}

function refuseUnknownVariables(environment: SettingSources['environment']): void {
  const known = [...keys.map(variableOf), ...otherVariables.map((name) => prefix + name)]
  for (const key of Object.keys(environment)) {
    if (!key.startsWith(prefix) || known.includes(key)) continue
    const { near } = nearest(
      key.slice(prefix.length),
      known.map((name) => name.slice(prefix.length)),
    )
    if (near === undefined) continue // Another program's, such as those that Kubernetes sets.
    const details = { key, source: 'the environment', near: prefix + near }
    throw new SteleError('setting_unknown', details)
  }
}

function refuseUnknownKey(key: string, source: string): void {
  if (Object.hasOwn(schema, key)) return
  throw new SteleError('setting_unknown', { key, source, ...nearest(key, keys) })
}
