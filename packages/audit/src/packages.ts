// What a registry's state says of its packages, as far as a verification needs it (spec/release.md "State").
import { isSteleError } from '@stele/errors'
import {
  type ContentsValue,
  decodeSegment,
  encodeSegment,
  parseContentsValue,
} from '@stele/formats'
import { inEntry } from './entry-parts.ts'
import type { ReplayState, Row } from './replay-state.ts'

/** A release that the state has contents of, with its rows as text: undefined where there is none. */
export type ReleaseRows = {
  readonly name: string
  readonly version: string
  readonly entry: number
  /** Whether the value of one of the rows is withheld. */
  readonly isWithheld: boolean
  readonly contents: string | undefined
  readonly versions: string | undefined
}

const packagesObject = '/packages'

/** Every package's name, in the order of the state. Throws `entry_mismatch` for a folder that names none. */
export function packageNames(state: ReplayState): readonly string[] {
  const folders = state.list(packagesObject).filter((field) => field.endsWith('/'))
  return folders.map((field) => {
    const entry = state.row(packagesObject, field)?.entry ?? 0
    return inEntry(entry, 'its package', () => decodeSegment(field.slice(0, -1)))
  })
}

/** Whether the package is published here; undefined where what says so is withheld. */
export function isHosted(state: ReplayState, name: string): boolean | undefined {
  const row = state.row(`${packagesObject}/${encodeSegment(name)}`, 'origin')
  return row !== undefined && row.value === undefined ? undefined : textOf(row) === 'hosted'
}

/** The releases of a package that the state has contents of. */
export function releasesOf(state: ReplayState, name: string): readonly ReleaseRows[] {
  const [contents, versions] = [objectOf(name, 'contents'), objectOf(name, 'versions')]
  return state.list(contents).map((version) => {
    const rows = [state.row(contents, version), state.row(versions, version)]
    return {
      name,
      version,
      entry: rows[0]?.entry ?? 0,
      isWithheld: rows.some((row) => row !== undefined && row.value === undefined),
      contents: textOf(rows[0]),
      versions: textOf(rows[1]),
    }
  })
}

/** The contents of a release, undefined where the text is none. Throws never: what is in the state was not checked. */
export function readContents(text: string | undefined): ContentsValue | undefined {
  try {
    return text === undefined ? undefined : parseContentsValue(text)
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}

function objectOf(name: string, part: string): string {
  return `${packagesObject}/${encodeSegment(name)}/${part}`
}

function textOf(row: Row | undefined): string | undefined {
  return row?.value === undefined ? undefined : Buffer.from(row.value).toString()
}
