// Located packages: what the state says of them, and the calls by which scanners change it. Spec: release.md, "Located".
import type { StateReader, SubmitCall } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { decodeSegment, encodeSegment } from '@stele/formats/names'
import { type LocatedValue, parseLocatedValue } from '@stele/formats/values'
import { maxLocateBytes, maxLocatedPerCall } from './limits.ts'
import { createToldState } from './told-state.ts'

/** A located package as the log knows it. */
export type LocatedRow = LocatedValue & {
  readonly scanner: string
  readonly name: string
  readonly version: string
}

/** What a scanner says of a package: what it is now, or that it is gone. `record` is canonical JSON. */
export type Locating = { readonly name: string; readonly version: string } & (
  | {
      readonly files: string
      readonly integrity: string | null
      readonly record: string
      /** Its tarball, where the log is to keep it. */
      readonly tarball?: { readonly name: string; readonly bytes: Uint8Array }
    }
  | { readonly gone: true }
)

const root = '/located'

/** Every located package, those that are gone too. What was taken down is left out. */
export function* walkLocated(given: StateReader): Generator<LocatedRow> {
  const state = createToldState(given)
  for (const scannerField of folders(state, root)) {
    const object = `${root}/${scannerField}`
    for (const nameField of folders(state, object)) {
      const place = { scanner: scannerField, name: decodeSegment(nameField) }
      for (const version of state.list(`${object}/${nameField}`)) {
        const row = readLocated(state, { ...place, version })
        if (row !== undefined) yield row
      }
    }
  }
}

/** One of them; undefined where there is none. Throws value_withheld. */
export function readLocated(
  state: StateReader,
  place: Pick<LocatedRow, 'scanner' | 'name' | 'version'>,
): LocatedRow | undefined {
  const { scanner, name, version } = place
  const value = state.get(`${root}/${scanner}/${encodeSegment(name)}`, version)
  return value && { ...place, ...parseLocatedValue(Buffer.from(value).toString()) }
}

/** True for a version that may change, as Maven has it. */
export function isSnapshot(version: string): boolean {
  return version.endsWith('-SNAPSHOT')
}

/** True where the log would take it: it is new, or a SNAPSHOT, or what the log knows of it already. */
export function fitsLocated(row: LocatedRow | undefined, found: Locating): boolean {
  if (row === undefined || 'gone' in found || isSnapshot(found.version)) return true
  return (
    row.files === found.files &&
    row.record === found.record &&
    (row.integrity === null || row.integrity === found.integrity)
  )
}

/** Puts into the log what a scanner found, in as few calls as fit. Throws rule_refused, and what submitting throws. */
export function createLocate({
  submit,
  operator,
}: {
  readonly submit: SubmitCall
  readonly operator: string
}): (scanner: string, found: readonly Locating[]) => Promise<void> {
  return async (scanner, found) => {
    for (const batch of batches(found)) {
      const packages = batch.map(requestOf)
      const blobs = batch.flatMap((one) => ('tarball' in one && one.tarball ? [one.tarball] : []))
      const call = { account: operator, via: 'host', method: 'locate' } as const
      const { outcome } = await submit({ ...call, args: [{ scanner, packages }], blobs })
      if (outcome.ok) continue
      const { name, message } = outcome.error
      throw new SteleError('rule_refused', { method: 'locate', name, message })
    }
  }
}

function requestOf(one: Locating): JsonObject {
  const { name, version } = one
  if ('gone' in one) return { name, version, gone: true }
  const { files, integrity, record } = one
  return { name, version, files, integrity, record }
}

/** By count, and by the bytes of records and tarballs: what one call holds is in memory, and one commit. */
function* batches(found: readonly Locating[]): Generator<readonly Locating[]> {
  let batch: Locating[] = []
  let bytes = 0
  for (const one of found) {
    const own = 'gone' in one ? 0 : one.record.length + (one.tarball?.bytes.length ?? 0)
    if (batch.length > 0 && (batch.length >= maxLocatedPerCall || bytes + own > maxLocateBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(one)
    bytes += own
  }
  if (batch.length > 0) yield batch
}

function folders(state: StateReader, object: string): readonly string[] {
  return state.list(object).flatMap((field) => (field.endsWith('/') ? [field.slice(0, -1)] : []))
}
