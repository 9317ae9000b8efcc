// What the state says of packages of upstreams, read through the StateReader port (spec/release.md "State").
import type { StateReader } from '@stele/entries/calls'
import { isJsonObject, parseTolerantJson } from '@stele/formats/json'
import { encodeSegment, hexOfIntegrity, scopeOf } from '@stele/formats/names'
import { packageObject, readText, readVersions } from './package-state.ts'
import type { StateRows } from './state-rows.ts'

/** The blobs of the chunks that were seen of a package, in their order. */
export function readSeenChunks(state: StateReader, name: string): readonly string[] {
  const object = `${packageObject(name)}/seen`
  return state.list(object).flatMap((n) => readText(state, object, n) ?? [])
}

/** The blob of one of them, by its number from 0. */
export function readSeenChunk(state: StateReader, name: string, n: number): string | undefined {
  return readText(state, `${packageObject(name)}/seen`, String(n).padStart(8, '0'))
}

type ChosenRelease = {
  readonly version: string
  readonly integrity: string
  /** Canonical JSON. */
  readonly record: string
}

/** A release that was published or chosen. */
export function readChosenRelease(
  state: StateReader,
  name: string,
  version: string,
): ChosenRelease | undefined {
  const text = readText(state, `${packageObject(name)}/versions`, version)
  const [, integrity, record] = /^\{"integrity":"([^"]+)","record":(.*)\}$/s.exec(text ?? '') ?? []
  return integrity === undefined || record === undefined
    ? undefined
    : { version, integrity, record }
}

/** The integrity that a release was published or chosen with, SRI. The record is not looked at: that is most of the text. */
export function readPinnedIntegrity(
  state: StateReader,
  name: string,
  version: string,
): string | undefined {
  const text = readText(state, `${packageObject(name)}/versions`, version)
  return text === undefined ? undefined : /^\{"integrity":"([^"]+)"/.exec(text)?.[1]
}

/** The releases of a package that were published or chosen. */
export function readChosenReleases(state: StateReader, name: string): readonly ChosenRelease[] {
  const versions = state.list(`${packageObject(name)}/versions`)
  return versions.flatMap((version) => readChosenRelease(state, name, version) ?? [])
}

/** The chosen versions of a package of an upstream of which the log does not tell what their tarballs hold. */
export function readUnlearned(state: StateReader, name: string): readonly string[] {
  const learned = new Set(state.list(`${packageObject(name)}/contents`))
  return readVersions(state, name).filter((version) => !learned.has(version))
}

/** True where this other integrity of a release was recorded. */
export function readConflict(
  state: StateReader,
  {
    name,
    version,
    integrity,
  }: { readonly name: string; readonly version: string; readonly integrity: string },
): boolean {
  const digest = hexOfIntegrity(integrity)
  return state.get(`${packageObject(name)}/conflicts/${version}`, digest) !== undefined
}

/** How many other integrities of a release were recorded. */
export function countConflicts(state: StateReader, name: string, version: string): number {
  return state.list(`${packageObject(name)}/conflicts/${version}`).length
}

/** A conflict's value: the integrity that was refused, and when it was first seen; undefined where it says neither. */
export function readSeenConflict(
  text: string,
): { readonly integrity: string; readonly seenMs: number } | undefined {
  const value = parseTolerantJson(text, 'the conflict')
  if (!isJsonObject(value)) return undefined
  const { integrity, seen } = value
  return typeof integrity === 'string' && typeof seen === 'number'
    ? { integrity, seenMs: seen }
    : undefined
}

/** The accounts that a name is reserved for: by itself, or else with its scope. */
export function readHolders(state: StateReader, name: string): readonly string[] {
  const scope = scopeOf(name)
  for (const pattern of [name, ...(scope === undefined ? [] : [`${scope}/*`])]) {
    const holders = readText(state, '/names', encodeSegment(pattern))
    if (holders !== undefined) return holders.split(' ')
  }
  return []
}

/** True where another record replaces the first one of a release. */
export function isAmended(state: StateReader, name: string, version: string): boolean {
  return state.get(`${packageObject(name)}/amended`, version) !== undefined
}

/** The records that replace the first ones of a package's releases, canonical JSON by version. */
export function readAmended(state: StateReader, name: string): ReadonlyMap<string, string> {
  const object = `${packageObject(name)}/amended`
  const records = state.list(object).flatMap((version) => {
    const text = readText(state, object, version) ?? ''
    const at = text.indexOf('"record":')
    return at < 0 ? [] : [[version, text.slice(at + '"record":'.length, -1)] as const]
  })
  return new Map(records)
}

/**
 * True for a release that was published here: not one that was chosen of an upstream before the name became this registry's
 * own, which its origin's row tells. Nothing is known of the contents of those any more from then on.
 */
export function isOwnRelease(state: StateRows, name: string, version: string): boolean {
  const origin = state.row(packageObject(name), 'origin')
  const versions = state.row(`${packageObject(name)}/versions`, version)
  return origin === undefined || versions === undefined || versions.entry >= origin.entry
}
