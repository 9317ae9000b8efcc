// The rows of `stele/log`: what a log says of itself, as its genesis and config entries set it.
import { canonicalJson, type JsonValue, parseCanonicalJson } from '@stele/formats/json'
import { parseLimits, parseRoots, type Roots } from './body.ts'
import type { StateReader, Write } from './execution.ts'
import { membersOf } from './members.ts'

/** The host's own object: what verifies this very log. Scripts cannot reach it. */
export const logObject = 'stele/log'
/** The name of a blob, as `script` and `engine` hold it. */
export const blobName: RegExp = /^[0-9a-f]{128}$/

/** The root keys in force. Throws `entry_invalid` where the state has none. */
export function rootsIn(state: StateReader): Roots {
  return parseRoots(membersOf('roots', readLogRow(state, 'roots')))
}

/** A row of the host's own object as JSON, or undefined. */
export function readLogRow(state: StateReader, name: string): JsonValue | undefined {
  const bytes = state.get(logObject, name)
  return bytes === undefined
    ? undefined
    : parseCanonicalJson(Buffer.from(bytes).toString(), `${logObject} ${name}`)
}

/** Throws `entry_invalid` where a setting that the host reads is not in the form that it takes. */
export function checkSettings(set: { readonly [name: string]: JsonValue }): void {
  const members = membersOf('set', set)
  if (members.has('roots')) parseRoots(members.object('roots'))
  if (members.has('limits')) parseLimits(members.object('limits'))
  if (members.has('keys')) members.texts('keys')
  if (members.has('script')) members.text('script', blobName)
  if (members.has('engine')) members.text('engine', blobName)
  if (members.has('policy')) members.text('policy')
  if (members.has('upstreams')) members.object('upstreams')
}

/** The rows that hold these settings. */
export function settingsRows(settings: { readonly [name: string]: JsonValue }): readonly Write[] {
  return Object.entries(settings).map(([field, value]) => ({
    object: logObject,
    field,
    value: Buffer.from(canonicalJson(value)),
  }))
}

/** Those that the state does not hold already. */
export function changedRows(rows: readonly Write[], state: StateReader): readonly Write[] {
  return rows.filter(({ object, field, value }) => {
    const before = state.get(object, field)
    return before === undefined || value === null || Buffer.compare(before, value) !== 0
  })
}
