// What an upstream showed: each release is pinned when it is first seen, and chosen before anything of it is handed out.
// These methods are the host's alone. Spec: spec/release.md, "Observed".
import { requireHost } from './accounts.ts'
import { maxConflictsPerVersion, maxLinesPerChunk, maxReleasesPerCall } from './limits.ts'
import { directoryOf, holdersOf, nameOf, quoted } from './names.ts'
import { noticeOf, writeNotice } from './packages.ts'
import { observedContentsOf, recordTextOf } from './record.ts'
import { formOf, membersOf, refuse, wrong } from './refuse.ts'
import { createLines, type Lines } from './seen.ts'
import {
  base64OfHex,
  exists,
  hexOfBase64,
  list,
  makeDirectory,
  now,
  read,
  readBlob,
  sha256,
  write,
} from './system.ts'
import { versionOf } from './versions.ts'

const upstreamForm = /^[a-z0-9][a-z0-9-]{0,31}$/
const sha256Form = /^[0-9a-f]{64}$/
const blobForm = /^[0-9a-f]{128}$/
const integrityForm = /^(?:sha512-[A-Za-z0-9+/]{86}==|sha1-[A-Za-z0-9+/]{27}=)$/

/**
 * Pins the releases that an upstream shows for the first time: `{name, upstream, n, chunk, count}`. `chunk` is the blob
 * of their lines, `n` the number of chunks before it. The first one decides which upstream the name belongs to.
 */
export function see(request: unknown): void {
  requireHost()
  const wanted = ['name', 'upstream', 'n', 'chunk', 'count']
  const asked = membersOf(request, 'the request', { wanted })
  const name = nameOf(asked['name'])
  const upstream = upstreamOf(asked['upstream'])
  const chunk = formOf(asked['chunk'], 'the chunk', blobForm)
  const { n, count } = asked
  if (!isCount(count, maxLinesPerChunk)) {
    throw wrong('count', `must be a number from 1 to ${maxLinesPerChunk}`)
  }
  const directory = directoryOf(name)
  const origin = read(`${directory}/origin`)
  requireUnreserved(name)
  if (origin === undefined) write(directory, 'origin', upstream)
  else if (origin !== upstream) throw otherOrigin(name, origin)
  const seen = `${directory}/seen`
  const next = list(seen).length
  if (n !== next) throw refuse('not_next', `Cannot see "${name}": its next chunk is number ${next}`)
  write(seen, String(next).padStart(8, '0'), chunk)
}

/**
 * Chooses releases that were seen, from then on for ever: `{releases: [{name, version, integrity, record}, …]}`. One that
 * was chosen before must be the same.
 */
export function choose(request: unknown): void {
  requireHost()
  const releases = releasesOf(request)
  const lines = createLines()
  for (const release of releases) chooseOne(release, lines)
}

function chooseOne(release: unknown, lines: Lines): void {
  const wanted = ['name', 'version', 'integrity', 'record']
  const asked = membersOf(release, 'the release', { wanted })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const integrity = formOf(asked['integrity'], 'the integrity', integrityForm)
  const record = recordTextOf(asked['record'], name, version)
  const directory = directoryOf(name)
  const value = `{"integrity":"${integrity}","record":${record}}`
  const before = read(`${directory}/versions/${version}`)
  if (before === value) return
  if (before !== undefined) {
    throw refuse(
      'version_exists',
      `Cannot choose ${name}@${version}: it was chosen with another record`,
    )
  }
  upstreamPackage(name)
  const line = lines(directory, version)
  if (line === undefined) {
    throw refuse('version_not_seen', `Cannot choose ${name}@${version}: it was not seen`)
  }
  if (line !== `${integrity} ${sha256(record)}`) {
    throw refuse('not_as_seen', `Cannot choose ${name}@${version}: it was seen as ${line}`)
  }
  write(`${directory}/versions`, version, value)
}

/**
 * Says what the tarballs of chosen releases hold: `{releases: [{name, version, contents}, …]}`, once for each. Its SHA-512
 * binds from then on, also where the integrity is a SHA-1.
 */
export function contents(request: unknown): void {
  requireHost()
  for (const release of releasesOf(request)) takeContents(release)
}

function takeContents(release: unknown): void {
  const asked = membersOf(release, 'the release', { wanted: ['name', 'version', 'contents'] })
  const { directory, version, spec, chosen } = chosenRelease(asked)
  const found = observedContentsOf(asked['contents'])
  const { integrity } = chosen
  if (integrity.startsWith('sha512-') && integrity !== `sha512-${base64OfHex(found.sha512)}`) {
    throw refuse(
      'bad_integrity',
      `Cannot take the contents of ${spec}: their SHA-512 is not the integrity`,
    )
  }
  const text = JSON.stringify(found)
  const before = read(`${directory}/contents/${version}`)
  if (before === text) return
  if (before !== undefined) {
    throw refuse('contents_exist', `Cannot take the contents of ${spec}: other ones are known`)
  }
  write(`${directory}/contents`, version, text)
}

/**
 * Records that an upstream showed a release with other bytes than it was seen with: `{name, version, integrity}`. The
 * release stays as it was; each other integrity is recorded once.
 */
export function conflict(request: unknown): void {
  requireHost()
  const asked = membersOf(request, 'the request', { wanted: ['name', 'version', 'integrity'] })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const integrity = formOf(asked['integrity'], 'the integrity', integrityForm)
  const { directory } = upstreamPackage(name)
  const line = createLines()(directory, version)
  if (line === undefined) {
    throw refuse(
      'version_not_seen',
      `Cannot record a conflict of ${name}@${version}: it was not seen`,
    )
  }
  if (line.startsWith(`${integrity} `)) {
    throw refuse('no_conflict', `Cannot record a conflict of ${name}@${version}: it was seen so`)
  }
  makeDirectory(`${directory}/conflicts`)
  const conflicts = `${directory}/conflicts/${version}`
  const digest = hexOfBase64(integrity.slice(integrity.indexOf('-') + 1))
  if (exists(`${conflicts}/${digest}`)) return
  if (list(conflicts).length >= maxConflictsPerVersion) {
    throw refuse(
      'too_many_conflicts',
      `Cannot record a conflict of ${name}@${version}: ${maxConflictsPerVersion} are recorded already`,
    )
  }
  write(conflicts, digest, JSON.stringify({ integrity, seen: now() }))
}

/**
 * Replaces the record of a chosen release by the one that its tarball's package.json tells, which the upstream's
 * packument had told otherwise: `{name, version, record, blob}`. `blob` holds that package.json.
 */
export function amend(request: unknown): void {
  requireHost()
  const asked = membersOf(request, 'the request', { wanted: ['name', 'version', 'record', 'blob'] })
  const { directory, name, version, spec } = chosenRelease(asked)
  const record = recordTextOf(asked['record'], name, version)
  const blob = formOf(asked['blob'], 'the blob', blobForm)
  const found = read(`${directory}/contents/${version}`)
  if (found === undefined) {
    throw refuse(
      'contents_unknown',
      `Cannot amend ${spec}: what its tarball holds is not known yet`,
    )
  }
  const { manifest } = JSON.parse(found)
  if (manifest !== sha256(readBlob(blob))) {
    throw refuse('not_its_manifest', `Cannot amend ${spec}: the blob is not its package.json`)
  }
  write(`${directory}/amended`, version, `{"manifest":"${blob}","record":${record}}`)
}

/**
 * Notes that an upstream now tells another record of a release than the one that was pinned: `{name, version, record}`,
 * `record` being the SHA-256 of the other one. The pinned one stays. The first other one is noted alone: an upstream that
 * changes its mind every minute must not grow the log for ever.
 */
export function differ(request: unknown): void {
  requireHost()
  const asked = membersOf(request, 'the request', { wanted: ['name', 'version', 'record'] })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const record = formOf(asked['record'], 'the record', sha256Form)
  const { directory } = upstreamPackage(name)
  const line = createLines()(directory, version)
  if (line === undefined) {
    throw refuse(
      'version_not_seen',
      `Cannot note a difference of ${name}@${version}: it was not seen`,
    )
  }
  if (line.endsWith(` ${record}`)) {
    throw refuse('no_difference', `Cannot note a difference of ${name}@${version}: it was seen so`)
  }
  const notice = noticeOf(directory, version)
  if (notice.differs === record) return
  if (notice.differs !== undefined) {
    throw refuse(
      'difference_exists',
      `Cannot note a difference of ${name}@${version}: another one is noted already`,
    )
  }
  writeNotice(directory, version, { ...notice, differs: record })
}

/** The releases that one call is about. */
function releasesOf(request: unknown): readonly unknown[] {
  const { releases } = membersOf(request, 'the request', { wanted: ['releases'] })
  if (!Array.isArray(releases) || releases.length === 0 || releases.length > maxReleasesPerCall) {
    throw wrong('releases', `must be a list of 1 to ${maxReleasesPerCall} releases`)
  }
  return releases
}

type Chosen = { readonly integrity: string }

/** A release that was chosen, of a name that still belongs to its upstream. */
function chosenRelease(asked: Record<string, unknown>): {
  readonly directory: string
  readonly name: string
  readonly version: string
  readonly spec: string
  readonly chosen: Chosen
} {
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const directory = directoryOf(name)
  const spec = `${name}@${version}`
  const text = read(`${directory}/versions/${version}`)
  if (text === undefined)
    throw refuse('version_not_found', `Cannot find ${spec}: it was not chosen`)
  const origin = read(`${directory}/origin`) ?? 'hosted'
  if (origin === 'hosted') throw otherOrigin(name, origin)
  return { directory, name, version, spec, chosen: JSON.parse(text) }
}

/** The directory of a package that belongs to an upstream. */
function upstreamPackage(name: string): { readonly directory: string } {
  const directory = directoryOf(name)
  const origin = read(`${directory}/origin`)
  if (origin === undefined) throw refuse('package_not_found', `Cannot find the package "${name}"`)
  if (origin === 'hosted') throw otherOrigin(name, origin)
  requireUnreserved(name)
  return { directory }
}

/** Reserved names belong to accounts: nothing of them comes from an upstream. */
function requireUnreserved(name: string): void {
  const holders = holdersOf(name)
  if (holders.length > 0) {
    throw refuse(
      'name_reserved',
      `Cannot take "${name}" from an upstream: the name is reserved for ${quoted(holders)}`,
    )
  }
}

function otherOrigin(name: string, origin: string): Error {
  const owner = origin === 'hosted' ? 'this registry' : `the upstream "${origin}"`
  return refuse('other_origin', `Cannot take "${name}" from this upstream: it belongs to ${owner}`)
}

function upstreamOf(value: unknown): string {
  const upstream = formOf(value, 'the upstream', upstreamForm)
  if (upstream === 'hosted') throw wrong('the upstream', 'must not be called "hosted"')
  return upstream
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= max
}
