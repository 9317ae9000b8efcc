// The checks that a registry plugs into the audit of its log: every tarball, every package as it is served, and the listings.
import type { CheckItem } from '@stele/entries/checks'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { encodeSegment } from '@stele/formats/names'
import { type ContentsValue, parseContentsValue } from '@stele/formats/values'
import { checkRelease, type Difference } from './check-release.ts'
import type { Outcome, Tools } from './checks.ts'
import { maxTarballBytes } from './limits.ts'
import { isOwnRelease } from './observed-state.ts'
import { decode, packageNames, packageObject, parseNotice } from './package-state.ts'
import { compareListings } from './served-listings.ts'
import { compareObservedPackage } from './served-observed.ts'
import { compareServedPackage } from './served-package.ts'
import type { StateRow, StateRows } from './state-rows.ts'

/** The checks, in the form that the audit takes. */
export type RegistryChecks = {
  readonly nouns: typeof registryNouns
  readonly contents: (state: StateRows, since: number) => readonly CheckItem[]
  readonly checkContent: (item: CheckItem, tools: Tools) => Promise<Outcome>
  readonly isServed: (tools: Tools) => Promise<boolean>
  readonly served: (state: StateRows) => readonly CheckItem[]
  readonly checkServed: (item: CheckItem, tools: Tools) => Promise<Outcome>
  readonly checkListings: (tools: Tools, told: ReadonlyMap<string, string>) => Promise<Outcome>
  readonly notCompared: readonly string[]
  readonly notes: (state: StateRows) => readonly string[]
}

/** What a registry's reports count. */
export const registryNouns = {
  content: { one: 'tarball', many: 'tarballs' },
  served: { one: 'package', many: 'packages' },
} as const

const right: Outcome = { faults: [], missing: [] }
const statusOk = 200

/** The checks of a registry that goes by these addresses, without a slash at their ends. */
export function createRegistryChecks(bases: readonly string[] | undefined): RegistryChecks {
  return {
    nouns: registryNouns,
    contents: listReleases,
    checkContent,
    isServed,
    served: listPackages,
    checkServed: ({ facts, entry }, tools) =>
      facts['origin'] === 'hosted'
        ? compareServedPackage(facts['name'] ?? '', tools, bases === undefined ? {} : { bases })
        : compareObservedPackage(facts['name'] ?? '', tools, entry),
    checkListings: compareListings,
    notCompared: [
      'publishers (_npmUser)',
      'e-mail addresses',
      'order and scores of the search',
      "mnpm's answers",
      'tags, times and deprecations of upstreams',
    ],
    notes: noteRefused,
  }
}

/** What upstreams changed under a version's number: that it is in the log is no fault of the registry, which refused it. */
function noteRefused(state: StateRows): readonly string[] {
  let [tarballs, records] = [0, 0]
  for (const object of namesIn(state).map(packageObject)) {
    for (const version of state.list(`${object}/conflicts`)) {
      tarballs += state.list(`${object}/conflicts/${version.replace(/\/$/, '')}`).length
    }
    for (const { value } of state.rows(`${object}/notices`)) {
      if (value && parseNotice(decode(value)).differs !== undefined) records++
    }
  }
  if (tarballs + records === 0) return []
  const counts = [
    ...(tarballs === 0 ? [] : [`${tarballs} changed ${tarballs === 1 ? 'tarball' : 'tarballs'}`]),
    ...(records === 0 ? [] : [`${records} changed ${records === 1 ? 'record' : 'records'}`]),
  ].join(' and ')
  return [
    `By the log, ${counts} of upstreams ${tarballs + records === 1 ? 'was' : 'were'} refused; /-/stele/conflicts of the registry lists them`,
  ]
}

/**
 * Every release whose contents an entry from `since` on wrote, and whose tarball the log keeps: not those of upstreams,
 * which are compared where they are served. Throws `entry_mismatch` for a folder that names no package. */
function listReleases(state: StateRows, since: number): readonly CheckItem[] {
  return namesIn(state).flatMap((name) => {
    const items: CheckItem[] = []
    if (isObserved(state, name)) return items
    for (const { field: version, value, entry } of state.rows(`${packageObject(name)}/contents`)) {
      if (value === null || entry < since || !isOwnRelease(state, name, version)) continue
      items.push({ key: `${name}@${version}`, entry, facts: { name, version } })
    }
    return items
  })
}

/** Every package, also where it is not known whether it is published here. */
function listPackages(state: StateRows): readonly CheckItem[] {
  return namesIn(state).flatMap((name): CheckItem[] => {
    const row = state.row(packageObject(name), 'origin')
    if (row === undefined) return []
    const origin = isObserved(state, name) ? 'observed' : 'hosted'
    return [{ key: name, entry: row.entry, facts: { name, origin } }]
  })
}

function isObserved(state: StateRows, name: string): boolean {
  const origin = textOf(state.row(packageObject(name), 'origin'))
  return origin !== undefined && origin !== 'hosted'
}

function namesIn(state: StateRows): readonly string[] {
  try {
    return packageNames(state)
  } catch (error) {
    if (!isSteleError(error)) throw error
    const details = { entry: 0, what: 'a folder of packages', found: error.message }
    throw new SteleError(
      'entry_mismatch',
      { ...details, wanted: 'the name of one' },
      { cause: error },
    )
  }
}

async function checkContent({ entry, facts }: CheckItem, tools: Tools): Promise<Outcome> {
  const [name, version] = [facts['name'] ?? '', facts['version'] ?? '']
  const spec = `${name}@${version}`
  const place = packageObject(name)
  const contents = tools.state.row(`${place}/contents`, version)
  const versions = tools.state.row(`${place}/versions`, version)
  const isWithheld = [contents, versions].some(
    (row) => row !== undefined && row.value === undefined,
  )
  if (isWithheld) return { ...right, unknown: 'its row of the state is withheld' }
  const [contentsValue, versionsValue] = [textOf(contents), textOf(versions)]
  const wanted = readContents(contentsValue)
  const fault = (difference: Difference): Outcome => ({
    ...right,
    faults: [{ code: 'release_mismatch', weight: 2, details: { spec, entry, ...difference } }],
  })
  if (wanted === undefined || contentsValue === undefined || versionsValue === undefined) {
    const found = `contents ${contentsValue}, versions ${versionsValue}`
    return fault({ what: 'its rows', found, wanted: 'one of each' })
  }
  const { sha512, size } = wanted
  const maxBytes = Math.min(size, maxTarballBytes)
  const tarball = await tools.fetchBlob(sha512, { maxBytes, entry })
  if (tarball === undefined) return { ...right, missing: [{ blob: sha512, entry, subject: spec }] }
  if (tarball.length !== size) {
    return fault({ what: 'its size', found: `${tarball.length}`, wanted: `${size}` })
  }
  const differences = takeApart(tarball, { contentsValue, versionsValue })
  return { ...right, faults: differences.flatMap((difference) => fault(difference).faults) }
}

function takeApart(
  tarball: Uint8Array,
  values: Parameters<typeof checkRelease>[1],
): readonly Difference[] {
  try {
    return checkRelease(tarball, values)
  } catch (error) {
    if (!isSteleError(error)) throw error
    const wanted = 'values by the format'
    return [{ what: 'its rows', found: error.message, wanted }]
  }
}

/** A registry answers to a ping, or serves packages; of a copy of its log neither can be said. */
async function isServed({ state, fetch }: Tools): Promise<boolean> {
  const { status, bytes } = await fetch('/-/ping', maxPingBytes, 'application/json')
  if (status === statusOk && isJson(bytes)) return true
  const hosted = listPackages(state).filter(({ facts }) => facts['origin'] === 'hosted')
  for (const { facts } of hosted.slice(0, packagesAsked)) {
    const path = `/${encodeSegment(facts['name'] ?? '')}`
    const packument = await fetch(path, maxPingBytes, 'application/json')
    if (packument.status === statusOk) return true
  }
  return false
}

const maxPingBytes = 64 * 1024
const packagesAsked = 3

function isJson(bytes: Uint8Array): boolean {
  try {
    const value: JsonValue = JSON.parse(Buffer.from(bytes).toString())
    return isJsonObject(value)
  } catch {
    return false
  }
}

function readContents(text: string | undefined): ContentsValue | undefined {
  try {
    return text === undefined ? undefined : parseContentsValue(text)
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}

function textOf(row: StateRow | undefined): string | undefined {
  return row?.value instanceof Uint8Array ? Buffer.from(row.value).toString() : undefined
}
