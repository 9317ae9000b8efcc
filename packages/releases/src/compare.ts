// For `stele verify`: what a registry serves, and what its tarballs hold, against a replayed state.
// What is served is the operator's word: attacker controlled.
import type { StateReader } from '@stele/entries'
import { isSteleError } from '@stele/errors'
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  normalizeServedManifest,
  parseContentsValue,
  parseVersionsValue,
  recordDifferences,
  recordOf,
  type VersionsValue,
} from '@stele/formats'
import type { History, PackageHistory } from './history.ts'
import { isoTime } from './iso-time.ts'
import {
  packageNames,
  packageObject,
  readNotices,
  readOrigin,
  readTags,
  readText,
  readVersions,
} from './package-state.ts'
import { readRelease } from './release.ts'
import { tarballFile } from './version-pieces.ts'

/** One thing that is not as the log says. `found` and `wanted` are texts for people; `entry` is the one to blame. */
export type Difference = {
  readonly name: string
  readonly entry: number | null
  readonly what: string
  readonly found: string
  readonly wanted: string
}

/**
 * The differences between a served packument, full or abbreviated (parsed JSON; undefined where the answer was 404), and
 * the state and times of the same moment: versions, every member of their records, integrity, the tarball's address,
 * tags, deprecations, times. Removed versions must not be served. Never throws on what is served.
 * What the log does not hold (readme, maintainers' addresses, shasum, file counts) is not compared.
 */
export function compareServed(asked: {
  readonly name: string
  readonly served: JsonValue | undefined
  readonly state: StateReader
  readonly history: History
}): readonly Difference[] {
  const { name, served, state, history } = asked
  const its = history.package(name)
  const differences: Difference[] = []
  const report = reporter(differences, name, its)
  const expected = expectedVersions(state, name)
  if (served === undefined || !isJsonObject(served)) {
    if (expected.size > 0) report('the package', 'not served', `${expected.size} versions`)
    return differences
  }
  if (expected.size === 0) report('the package', 'served', 'not found: it has no versions')
  if (served['name'] !== name) report('name', show(served['name']), name)
  compareVersions({ served, expected, report }, name)
  compareMap(report, 'dist-tags', served['dist-tags'], readTags(state, name))
  if (its !== undefined) compareTimes({ served, expected, its, report })
  return differences
}

/** A release of the state: what its tarball is to be checked against. `isGone` when it was removed. */
export type ExpectedRelease = {
  readonly name: string
  readonly version: string
  readonly isGone: boolean
  /** The state's values, to be given to checkRelease(). */
  readonly versionsValue: string
  readonly contentsValue: string
  /** The blob that is its tarball, hex SHA-512. */
  readonly sha512: string
}

/** Every release of a state whose contents are known, hosted or not, by name and version. */
export function* expectedReleases(state: StateReader): Generator<ExpectedRelease> {
  for (const name of packageNames(state)) {
    const notices = readNotices(state, name)
    for (const version of readVersions(state, name)) {
      const versionsValue = readText(state, `${packageObject(name)}/versions`, version)
      const contentsValue = readText(state, `${packageObject(name)}/contents`, version)
      if (versionsValue === undefined || contentsValue === undefined) continue
      const { sha512 } = parseContentsValue(contentsValue)
      const isGone = notices.get(version)?.gone === true
      yield { name, version, isGone, versionsValue, contentsValue, sha512 }
    }
  }
}

/**
 * Takes a release's tarball apart again: differences in record, integrity, size and digests from what the state says.
 * None when all is as it was when it was published. A tarball that cannot be read is a difference.
 */
export function checkRelease(
  tarball: Uint8Array,
  expected: Pick<ExpectedRelease, 'versionsValue' | 'contentsValue'>,
): readonly Omit<Difference, 'name' | 'entry'>[] {
  const { integrity, record } = parseVersionsValue(expected.versionsValue)
  const contents = parseContentsValue(expected.contentsValue)
  try {
    const found = readRelease(tarball)
    const facts: readonly [what: string, found: JsonValue, wanted: JsonValue][] = [
      ['integrity', found.integrity, integrity],
      ['sha512', found.contents.sha512, contents.sha512],
      ['size', found.contents.size, contents.size],
      ['files digest', found.contents.files, contents.files],
      ['manifest digest', found.contents.manifest, contents.manifest],
      ['record', found.recordText, canonicalJson(record)],
    ]
    return facts
      .filter(([, is, wanted]) => is !== wanted)
      .map(([what, is, wanted]) => ({ what, found: show(is), wanted: show(wanted) }))
  } catch (error) {
    if (!isSteleError(error)) throw error
    return [{ what: 'tarball', found: error.message, wanted: 'a readable tarball' }]
  }
}

type Report = (what: string, found: string, wanted: string, version?: string) => void
type ExpectedVersion = VersionsValue & { readonly deprecated: string | undefined }
type ExpectedVersions = ReadonlyMap<string, ExpectedVersion>

function reporter(
  differences: Difference[],
  name: string,
  its: PackageHistory | undefined,
): Report {
  return (what, found, wanted, version) => {
    const published = version === undefined ? undefined : its?.versions.get(version)
    const entry = published?.entry ?? its?.entry ?? null
    const place = version === undefined ? what : `${version}: ${what}`
    differences.push({ name, entry, what: place, found, wanted })
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

function compareVersions(
  { served, expected, report }: { served: JsonObject; expected: ExpectedVersions; report: Report },
  name: string,
): void {
  const versions = isJsonObject(served['versions']) ? served['versions'] : {}
  for (const version of Object.keys(versions)) {
    if (!expected.has(version))
      report('the version', 'served', 'not in the log, or removed', version)
  }
  for (const [version, wanted] of expected) {
    const manifest = Object.hasOwn(versions, version) ? versions[version] : undefined
    if (!isJsonObject(manifest)) report('the version', 'not served', 'served', version)
    else compareManifest({ name, version, manifest, wanted }, report)
  }
}

function compareManifest(
  {
    name,
    version,
    manifest,
    wanted,
  }: { name: string; version: string; manifest: JsonObject; wanted: ExpectedVersion },
  report: Report,
): void {
  const tell = (what: string, found: JsonValue | undefined, wish: JsonValue | undefined): void =>
    report(what, show(found), show(wish), version)
  for (const member of servedRecordDifferences(manifest, wanted)) {
    const { record }: { record: JsonObject } = wanted
    tell(member, manifest[member], record[member])
  }
  const dist = isJsonObject(manifest['dist']) ? manifest['dist'] : {}
  const { integrity, tarball } = dist
  if (integrity !== wanted.integrity) tell('dist.integrity', integrity, wanted.integrity)
  const path = `/${name}/-/${tarballFile(name, version)}`
  if (typeof tarball !== 'string' || !isAddressOf(path, tarball)) {
    tell('dist.tarball', tarball, `an address that ends in ${path}`)
  }
  // The empty text, and false, mean "not deprecated" to every client.
  const deprecated = manifest['deprecated'] || undefined
  if (deprecated !== wanted.deprecated) tell('deprecated', deprecated, wanted.deprecated)
}

function compareTimes({
  served,
  expected,
  its,
  report,
}: {
  readonly served: JsonObject
  readonly expected: ExpectedVersions
  readonly its: PackageHistory
  readonly report: Report
}): void {
  const times = expectedTimes(its, expected)
  compareMap(report, 'time', served['time'], times)
  const { modified } = served // Of the abbreviated form.
  const wanted = times.get('modified')
  if (modified !== undefined && modified !== wanted)
    report('modified', show(modified), show(wanted))
}

function servedRecordDifferences(
  manifest: JsonObject,
  { record }: ExpectedVersion,
): readonly string[] {
  try {
    return recordDifferences(recordOf(normalizeServedManifest(manifest)), record)
  } catch (error) {
    if (!isSteleError(error)) throw error
    return ['name', 'version']
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
    if (found !== wanted) report(`${what}.${key}`, show(found), show(wanted))
  }
}

const maxShown = 200

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
