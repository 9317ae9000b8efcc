// What a registry serves of a package, against the state of a replay. What is served is the operator's word: attacker controlled.
import type { StateReader } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { normalizeServedManifest, recordDifferences, recordOf } from '@stele/formats/manifest'
import { parseVersionsValue, type VersionsValue } from '@stele/formats/values'
import type { Difference } from './check-release.ts'
import type { PackageHistory } from './history.ts'
import { isoTime } from './iso-time.ts'
import {
  packageObject,
  readNotices,
  readOrigin,
  readOwners,
  readStars,
  readTags,
  readText,
  readVersions,
} from './package-state.ts'
import { showValue } from './show-value.ts'
import { type Form, tarballFile } from './version-pieces.ts'

/** One thing that is not as the log says. `entry` is the one to blame. */
export type ServedDifference = Difference & {
  readonly entry: number | null
  /** Whether it is only that something is not served. */
  readonly isAbsence: boolean
}

/** What is compared. */
export type ServedPackage = {
  readonly name: string
  readonly form: Form
  /** Parsed JSON; undefined where the answer was 404. */
  readonly served: JsonValue | undefined
  readonly state: StateReader
  readonly its: PackageHistory | undefined
  /** The addresses of this registry: what is to be installed lies below one of them. Not compared where it is absent. */
  readonly bases?: readonly string[]
}

/**
 * The differences between a served packument and the state and times of the same moment: versions, every member of their
 * records, integrity, the tarball's address, tags, deprecations, owners, stars, times. Removed versions must not be served.
 * Never throws on what is served. What the tarball alone tells (scripts, checksums, counts) compareManifest() compares.
 */
export function compareServed(asked: ServedPackage): readonly ServedDifference[] {
  const { name, form, served, state, its } = asked
  const differences: ServedDifference[] = []
  const report = reporter(differences, its)
  const expected = expectedVersions(state, name)
  if (served === undefined || !isJsonObject(served)) {
    const count = expected.size === 1 ? '1 version' : `${expected.size} versions`
    if (expected.size > 0) report('the package', 'not served', count, { isAbsence: true })
    return differences
  }
  if (expected.size === 0) report('the package', 'served', 'not found: it has no versions')
  if (served['name'] !== name) report('name', showValue(served['name']), name)
  compareVersions(asked, { served, expected, report })
  compareMap(report, 'dist-tags', served['dist-tags'], readTags(state, name))
  if (its !== undefined) compareTimes({ served, expected, its, report })
  if (expected.size > 0) comparePeople({ name, form, served, state, report })
  return differences
}

type Report = (
  what: string,
  found: string,
  wanted: string,
  place?: { readonly version?: string; readonly isAbsence?: boolean },
) => void
type ExpectedVersion = VersionsValue & { readonly deprecated: string | undefined }
type ExpectedVersions = ReadonlyMap<string, ExpectedVersion>

function reporter(differences: ServedDifference[], its: PackageHistory | undefined): Report {
  return (what, found, wanted, { version, isAbsence = false } = {}) => {
    const published = version === undefined ? undefined : its?.versions.get(version)
    const entry = published?.entry ?? its?.entry ?? null
    const place = version === undefined ? what : `${version}: ${what}`
    differences.push({ entry, what: place, found, wanted, isAbsence })
  }
}

/** The versions that must be served. */
function expectedVersions(state: StateReader, name: string): ExpectedVersions {
  if (readOrigin(state, name) !== 'hosted') return new Map()
  const notices = readNotices(state, name)
  const object = `${packageObject(name)}/versions`
  return new Map(
    readVersions(state, name)
      .filter((version) => notices.get(version)?.gone !== true)
      .map((version) => {
        const value = parseVersionsValue(readText(state, object, version) ?? '')
        return [version, { ...value, deprecated: notices.get(version)?.deprecated }]
      }),
  )
}

type Compared = {
  readonly served: JsonObject
  readonly expected: ExpectedVersions
  readonly report: Report
}

function compareVersions(asked: ServedPackage, { served, expected, report }: Compared): void {
  const versions = isJsonObject(served['versions']) ? served['versions'] : {}
  for (const version of Object.keys(versions)) {
    if (!expected.has(version))
      report('the version', 'served', 'not in the log, or removed', { version })
  }
  for (const [version, wanted] of expected) {
    const manifest = Object.hasOwn(versions, version) ? versions[version] : undefined
    if (isJsonObject(manifest)) compareVersion(asked, { version, manifest, wanted }, report)
    else report('the version', 'not served', 'served', { version, isAbsence: true })
  }
}

function compareVersion(
  { name, bases }: ServedPackage,
  { version, manifest, wanted }: { version: string; manifest: JsonObject; wanted: ExpectedVersion },
  report: Report,
): void {
  const tell = (what: string, found: JsonValue | undefined, wish: JsonValue | undefined): void =>
    report(what, showValue(found), showValue(wish), { version })
  for (const [member, found, wish] of differencesOfRecord(manifest, wanted))
    tell(member, found, wish)
  const dist = isJsonObject(manifest['dist']) ? manifest['dist'] : {}
  const { integrity, tarball } = dist
  if (integrity !== wanted.integrity) tell('dist.integrity', integrity, wanted.integrity)
  const path = `/${name}/-/${tarballFile(name, version)}`
  if (typeof tarball !== 'string' || !isAddressOf(path, tarball)) {
    tell('dist.tarball', tarball, `an address that ends in ${path}`)
  } else if (bases?.every((base) => tarball !== base + path) === true) {
    tell('dist.tarball', tarball, bases.map((base) => base + path).join(' or '))
  }
  // The empty text, and false, mean "not deprecated" to every client.
  const deprecated = manifest['deprecated'] || undefined
  if (deprecated !== wanted.deprecated) tell('deprecated', deprecated, wanted.deprecated)
}

type RecordDifference = readonly [
  member: string,
  found: JsonValue | undefined,
  wanted: JsonValue | undefined,
]

/**
 * The members of the record that are served otherwise. What the log records is served as it stands there: two ways to write
 * one thing are two things to a client.
 */
function differencesOfRecord(
  manifest: JsonObject,
  { record }: ExpectedVersion,
): readonly RecordDifference[] {
  const wanted: JsonObject = record
  let read: ReturnType<typeof recordOf>
  try {
    read = recordOf(normalizeServedManifest(manifest))
  } catch (error) {
    if (!isSteleError(error)) throw error
    return ['name', 'version'].map((member) => [member, manifest[member], wanted[member]])
  }
  const differences = new Map<string, RecordDifference>()
  for (const member of Object.keys(wanted)) {
    const found = Object.hasOwn(manifest, member) ? manifest[member] : undefined
    if (!isSame(found, wanted[member])) {
      differences.set(member, [member, found, wanted[member]])
    }
  }
  // Members that a client reads although the record has none, such as commands that no registry takes.
  const { bin } = manifest
  if (wanted['bin'] === undefined && isFilled(bin)) differences.set('bin', ['bin', bin, undefined])
  for (const member of recordDifferences(read, record)) {
    if (differences.has(member)) continue
    differences.set(member, [member, memberOf(read, member) ?? manifest[member], wanted[member]])
  }
  return [...differences.values()]
}

function isFilled(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value !== ''
  return isJsonObject(value) && Object.keys(value).length > 0
}

/** Whether two values are the same JSON, the order of members aside. Parsed JSON has a bounded depth. */
export function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  )
}

function expectedTimes(
  { createdMs, modifiedMs, versions }: PackageHistory,
  expected: ExpectedVersions,
): ReadonlyMap<string, string> {
  const published = [...expected.keys()].map((version): [string, string] => [
    version,
    isoTime(versions.get(version)?.timeMs ?? 0),
  ])
  return new Map([['created', isoTime(createdMs)], ['modified', isoTime(modifiedMs)], ...published])
}

function compareTimes({
  served,
  expected,
  its,
  report,
}: Compared & { readonly its: PackageHistory }): void {
  const times = expectedTimes(its, expected)
  compareMap(report, 'time', served['time'], times)
  const { modified } = served // Of the abbreviated form.
  const wanted = times.get('modified')
  if (modified !== undefined && modified !== wanted)
    report('modified', showValue(modified), showValue(wanted))
}

/** Owners and stars: the full form has them, the abbreviated one may. */
function comparePeople({
  name,
  form,
  served,
  state,
  report,
}: Pick<ServedPackage, 'name' | 'form' | 'state'> & Pick<Compared, 'served' | 'report'>): void {
  const { maintainers, users } = served
  if (form === 'full' || maintainers !== undefined) {
    const listed = Array.isArray(maintainers) ? maintainers : []
    const found = listed.map((one) => showValue(isJsonObject(one) ? one['name'] : one))
    const wanted = readOwners(state, name)
    if (!isSame(found.toSorted(), wanted.toSorted())) {
      report('maintainers', showValue(found), showValue(wanted))
    }
  }
  if (form !== 'full' && users === undefined) return
  const found = isJsonObject(users)
    ? Object.keys(users).filter((user) => users[user] !== false)
    : []
  const wanted = readStars(state, name)
  if (!isSame(found.toSorted(), wanted.toSorted())) {
    report('users', showValue(found), showValue(wanted))
  }
}

function isAddressOf(path: string, address: string): boolean {
  return /^https?:\/\/[^/]/.test(address) && address.endsWith(path)
}

function compareMap(
  report: Report,
  what: string,
  served: JsonValue | undefined,
  expected: ReadonlyMap<string, string>,
): void {
  const members = isJsonObject(served) ? served : {}
  for (const key of new Set([...Object.keys(members), ...expected.keys()])) {
    const found = Object.hasOwn(members, key) ? members[key] : undefined
    const wanted = expected.get(key)
    if (found !== wanted) report(`${what}.${key}`, showValue(found), showValue(wanted))
  }
}

function memberOf(record: JsonObject, member: string): JsonValue | undefined {
  return record[member]
}
