// The canonical records of the releases of one packument. Most manifests are written as npm writes them: then a record is
// put together from what they say, member by member. All others are normalised first; both ways give the same text.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { formatRecord, normalizeServedManifest, recordOf } from '@stele/formats/manifest'
import type { Version } from '@stele/formats/names'

/** The record of a manifest out of a packument, as canonical JSON. */
export type RecordTexts = (manifest: JsonObject, version: Version) => string

/**
 * Records of one packument's releases: manifests must have the same name, and `version` must be theirs. Most releases say
 * what the one before them said, so each member is looked at once for each text that it has.
 */
export function createRecordTexts(): RecordTexts {
  const plain = createPlainRecords()
  const normalized = createNormalizedRecords()
  return (manifest, version) => plain(manifest, version) ?? normalized(manifest, version)
}

/** The members that a record is made of, but for the version and what runs at install. */
const recordMembers = [
  'name',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bundledDependencies',
  'bin',
  'engines',
  'os',
  'cpu',
  'libc',
] as const

/** The slow way, which takes every manifest; what is alike but for the version is normalised once. */
export function createNormalizedRecords(): RecordTexts {
  const made = new Map<string, string>()
  return (manifest, version) => {
    const parts = recordMembers.map((member) => manifest[member] ?? null)
    const installs = runsAtInstall(manifest)
    const key = JSON.stringify([...parts, installs])
    const known = made.get(key)
    if (known !== undefined) return known + versionEnd(version)
    const source = Object.fromEntries(
      recordMembers.map((member, at) => [member, parts[at] ?? null]),
    )
    const whole = { ...source, version, ...(installs ? { hasInstallScript: true } : {}) }
    const text = formatRecord(recordOf(normalizeServedManifest(withoutNulls(whole))))
    made.set(key, text.slice(0, -versionEnd(version).length))
    return text
  }
}

/** "version" is the last member of a record, by the order of canonical JSON. */
function versionEnd(version: Version): string {
  return `"version":${JSON.stringify(version)}}`
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

function runsAtInstall(manifest: JsonObject): boolean {
  if (manifest['hasInstallScript'] === true) return true
  const { scripts } = manifest
  if (!isJsonObject(scripts)) return false
  return ['preinstall', 'install', 'postinstall'].some((event) => {
    const script = scripts[event]
    return typeof script === 'string' && script !== ''
  })
}

/** A member's canonical text, empty where the record does not have it; undefined for what has to be normalised. */
type PlainText = (value: JsonValue) => string | undefined

/** The members in the order of canonical JSON, but "hasInstallScript", "name" and "version". */
const plainTexts: readonly (readonly [member: string, text: PlainText])[] = [
  ['bin', (value) => sortedTexts(value, isPlainCommand)],
  ['bundleDependencies', nothing],
  ['bundledDependencies', nothing],
  ['cpu', listOrTexts],
  ['dependencies', (value) => sortedTexts(value, isPlainSpecifier)],
  ['engines', listOrTexts],
  ['libc', listOrTexts],
  ['optionalDependencies', nothing],
  ['os', listOrTexts],
  ['peerDependencies', (value) => sortedTexts(value, () => true)],
  ['peerDependenciesMeta', optionalPeers],
]
const membersBefore = { hasInstallScript: 'libc', name: 'optionalDependencies' }

/** The fast way. Undefined where a member is not written as npm writes it. */
function createPlainRecords(): (manifest: JsonObject, version: Version) => string | undefined {
  const members = plainTexts.map(([member, text]) => ({ member, read: remembering(member, text) }))
  return (manifest, version) => {
    const { name } = manifest
    if (typeof name !== 'string' || !isPlainName.test(name)) return undefined
    let text = '{'
    for (const { member, read } of members) {
      if (member === membersBefore.hasInstallScript && runsAtInstall(manifest)) {
        text += '"hasInstallScript":true,'
      }
      if (member === membersBefore.name) text += `"name":"${name}",`
      const value = manifest[member]
      if (value === undefined || value === null) continue
      const found = read(value)
      if (found === undefined) return undefined
      text += found
    }
    return text + versionEnd(version)
  }
}

/** A text that stands for itself in JSON, as all that is a name of a package does. */
const isPlainName = /^[A-Za-z0-9@/\-_.!~*'()]+$/

/** The member with its comma, looked at once for each of its texts. */
function remembering(member: string, text: PlainText): PlainText {
  const known = new Map<string, string | undefined>()
  return (value) => {
    const key = JSON.stringify(value)
    const found = known.get(key)
    if (found !== undefined || known.has(key)) return found
    // What is no whole character is written as an escape: to refuse it is left to the slow way.
    const made = key.includes('\\ud') ? undefined : text(value)
    const whole = made === undefined || made === '' ? made : `"${member}":${made},`
    known.set(key, whole)
    return whole
  }
}

function nothing(value: JsonValue): string | undefined {
  const isNothing = value === false || (typeof value === 'object' && isEmpty(value))
  return isNothing ? '' : undefined
}

function isEmpty(value: JsonValue): boolean {
  return Object.keys(value ?? {}).length === 0
}

function listOrTexts(value: JsonValue): string | undefined {
  if (!Array.isArray(value)) return sortedTexts(value, () => true)
  if (value.length === 0) return ''
  return value.every((item) => typeof item === 'string') ? JSON.stringify(value) : undefined
}

/** A map of texts, sorted by its keys. */
function sortedTexts(
  value: JsonValue,
  isPlain: (text: string, key: string) => boolean,
): string | undefined {
  if (!isJsonObject(value)) return undefined
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const text = value[key]
    if (typeof text !== 'string' || !isPlain(text, key)) return undefined
    members.push(`${JSON.stringify(key)}:${JSON.stringify(text)}`)
  }
  return members.length === 0 ? '' : `{${members.join(',')}}`
}

/** A version, a range or a tag; what may be the address of a repository is written anew. */
function isPlainSpecifier(specifier: string): boolean {
  return !specifier.includes('/') && !specifier.includes(':')
}

/**
 * A command and its file as npm writes them: no folder in the name, no dots at the start of what the path is made of. A
 * command called "__proto__" is lost in npm's own normalising.
 */
function isPlainCommand(path: string, command: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(command) && /^\w[\w.-]*(?:\/\w[\w.-]*)*$/.test(path)
}

function optionalPeers(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return undefined
  const names = Object.keys(value).filter((name) => {
    const meta = value[name]
    return isJsonObject(meta) && meta['optional'] === true
  })
  if (names.length === 0) return ''
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:{"optional":true}`)
    .join(',')}}`
}
