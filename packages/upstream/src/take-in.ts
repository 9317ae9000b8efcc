// Takes in a packument as an upstream sent it: what is new is to be pinned, what differs from what was pinned is told,
// and what is served is made of both. Everything in it was written by strangers. Pure: it runs on any thread.
import { hash } from 'node:crypto'
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseTolerantJson,
} from '@stele/formats/json'
import { abbreviate } from '@stele/formats/manifest'
import { hexOfIntegrity, type PackageName } from '@stele/formats/names'
import { formatChunk } from '@stele/formats/values'
import {
  baseMark,
  readLines,
  readShown,
  type SeenLine,
  type ShownRelease,
} from '@stele/releases/observed'
import { type Form, parseTime, tarballFile } from '@stele/releases/release'
import { type Coded, plainOf } from './coded.ts'
import { freePackumentBytes, maxDroppedShown, maxPackumentValues } from './limits.ts'
import { pack, unpack, unpackBytes } from './pack.ts'
import { formatPins, type Pin, parsePins, pinsInTemplate, usualTarball } from './pins.ts'

/** A packument of one upstream, and what was known of the package before. */
export type Taking = Coded & {
  readonly name: PackageName
  readonly form: Form
  /** True where the upstream says that it is abbreviated already. */
  readonly isAbbreviated: boolean
  /** Where the upstream is: nearly all tarballs lie below it. */
  readonly url: string
  /** The chunks that were seen, in their order, as text; undefined for one that is withheld. */
  readonly chunks: readonly (string | undefined)[]
  /** What is known of releases that the templates do not tell (`Taken.pins`). */
  readonly pins: Uint8Array | undefined
  /** The templates that are kept of it, whichever form they have; nothing at first sight. */
  readonly templates: readonly Uint8Array[]
  /** What the log itself knows of those that were chosen. */
  readonly chosen: readonly Pin[]
  /** The records that replace the first ones (`amend`), canonical JSON by version. */
  readonly amended: ReadonlyMap<string, string>
  /** 32 random hex digits: whoever wrote the body cannot have known them. */
  readonly mark: string
}

/** Another hash than the one that was seen first. */
export type Differing = {
  readonly version: string
  readonly pinned: string
  readonly shown: string
}

/** What came of it. */
export type Taken = {
  /** The lines of releases that were never seen before, as a chunk; undefined where there are none. */
  readonly chunk: { readonly text: string; readonly count: number } | undefined
  /** Releases with another integrity than they were seen with. They are served as they were, where that is known. */
  readonly conflicts: readonly Differing[]
  /** Releases with the same integrity and another record (its SHA-256): these are served with the pinned one. */
  readonly differences: readonly Differing[]
  /** Versions that nobody could install, and why; the first few. */
  readonly dropped: readonly { readonly version: string; readonly reason: string }[]
  /** The packument's JSON, `baseMark` standing where each tarball's base address is to be; packed (`pack.ts`). */
  readonly template: Uint8Array
  /** The same as it is, for whoever waits for it. */
  readonly plain: Uint8Array
  /** SHA-256 of the template, hex. */
  readonly digest: string
  /** What releases are chosen by that the template does not tell (`pins.ts`), also those that it does not show; packed. */
  readonly pins: Uint8Array | undefined
  readonly modifiedMs: number | undefined
}

/** Takes a packument in. Throws upstream_answer_odd, upstream_too_large, json_invalid. */
export function takeIn(taking: Taking): Taken {
  const { name } = taking
  const document = parsePackument(taking)
  const { releases, dropped } = readShown(document, name)
  const known = knownOf(taking, releases)
  const found = releases.map((release) => compare(release, known))
  const fresh = found.filter(({ isNew }) => isNew).map(({ release }) => release)
  const served = found.filter((one): one is Served => one.pin !== undefined)
  const untold = served.filter((one) => !isTold(taking, one)).map(({ pin }) => pin)
  const pins = [...stillPinned(known, served), ...untold]
  const template = formatTemplate(taking, document as JsonObject, served)
  return {
    chunk: fresh.length === 0 ? undefined : { text: formatChunk(fresh), count: fresh.length },
    conflicts: found.flatMap(({ conflict }) => conflict ?? []),
    differences: found.flatMap(({ difference }) => difference ?? []),
    dropped: dropped.slice(0, maxDroppedShown),
    template: pack(template),
    plain: template,
    digest: hash('sha256', template, 'hex'),
    pins: pins.length === 0 ? undefined : pack(Buffer.from(formatPins(pins))),
    modifiedMs: modifiedOf(document),
  }
}

function parsePackument(taking: Taking): JsonValue {
  const body = plainOf(taking)
  const maxValues = body.length > freePackumentBytes ? maxPackumentValues : undefined
  const what = `the packument of "${taking.name}"`
  return parseTolerantJson(new TextDecoder().decode(body), what, maxValues)
}

type Compared = {
  readonly release: ShownRelease
  /** True where it was never seen. */
  readonly isNew: boolean
  /** What is served of it: as shown, or as pinned. Undefined where what was pinned is not known any more. */
  readonly pin: Pin | undefined
  /** True where the upstream's own manifest is served. */
  readonly isAsPinned: boolean
  readonly conflict?: Differing
  readonly difference?: Differing
}
type Served = Compared & { readonly pin: Pin }

type Seen = {
  readonly lines: ReadonlyMap<string, SeenLine>
  readonly amended: ReadonlyMap<string, string>
  /** True where nobody knows what else was seen: what has no line here may have had one. */
  readonly isWithheld: boolean
}
type Known = Seen & {
  /** What is kept of the releases that the packument does not show as they were seen. */
  readonly before: ReadonlyMap<string, Pin>
}

function knownOf(taking: Taking, releases: readonly ShownRelease[]): Known {
  const { chunks, chosen, amended } = taking
  const texts = chunks.filter((text) => text !== undefined)
  const isWithheld = texts.length < chunks.length
  const lines = isWithheld ? new Map(chosen.map(lineOf)) : readLines(texts)
  const seen = { lines, amended, isWithheld }
  return { ...seen, before: chunks.length === 0 ? new Map() : pinsBefore(taking, releases, seen) }
}

/** What was known of the releases that this packument does not show as they were seen: of the others it tells all itself. */
function pinsBefore(
  { name, url, pins, templates, chosen }: Taking,
  releases: readonly ShownRelease[],
  seen: Seen,
): ReadonlyMap<string, Pin> {
  const before = new Map(parsePins(pins === undefined ? '' : unpack(pins)))
  const asSeen = new Set<string>()
  for (const release of releases) {
    const line = seen.lines.get(release.version)
    if (line !== undefined && isAsSeen(release, line, seen)) asSeen.add(release.version)
  }
  const isWanted = (version: string): boolean => !asSeen.has(version) && !before.has(version)
  if (seen.isWithheld || seen.lines.keys().some(isWanted)) {
    for (const template of templates) {
      for (const pin of pinsInTemplate(unpackBytes(template), { name, url, isWanted })) {
        before.set(pin.version, pin)
      }
    }
  }
  for (const pin of chosen) {
    const known = before.get(pin.version)
    const isSame = known?.integrity === pin.integrity
    before.set(pin.version, isSame ? { ...pin, tarball: known.tarball } : pin)
  }
  return before
}

function isAsSeen(release: ShownRelease, line: SeenLine, { amended }: Seen): boolean {
  const own = amended.get(release.version)
  const isSameBytes = line.integrity === release.integrity || isSameSha1(line, release)
  return isSameBytes && isSameRecord(release, line, own)
}

function isSameRecord(
  { recordDigest, recordText }: ShownRelease,
  line: SeenLine,
  own: string | undefined,
): boolean {
  return own === undefined ? line.recordDigest === recordDigest : own === recordText
}

/** The line that a release was chosen by. */
function lineOf({ version, integrity, record }: Pin): readonly [string, SeenLine] {
  return [version, { integrity, recordDigest: hash('sha256', record, 'hex') }]
}

function compare(release: ShownRelease, known: Known): Compared {
  const { lines, before, amended, isWithheld } = known
  const { version, integrity, recordDigest, recordText, tarball } = release
  const line = lines.get(version)
  const shown = { version, integrity, tarball, record: recordText }
  if (line === undefined) {
    return { release, isNew: !isWithheld, pin: isWithheld ? undefined : shown, isAsPinned: true }
  }
  const isSameHash = line.integrity === integrity
  const isSameBytes = isSameHash || isSameSha1(line, release)
  const own = amended.get(version)
  if (isSameBytes && isSameRecord(release, line, own)) {
    const pin = { ...shown, integrity: line.integrity }
    return { release, isNew: false, pin, isAsPinned: isSameHash }
  }
  const record = own ?? recordSeen(before.get(version), line)
  const pin =
    record === undefined ? undefined : { version, integrity: line.integrity, tarball, record }
  const what = { release, isNew: false, pin, isAsPinned: false }
  // What it told at first, and was amended, is known already.
  if (isSameBytes && line.recordDigest === recordDigest) return what
  if (isSameBytes) {
    return { ...what, difference: { version, pinned: line.recordDigest, shown: recordDigest } }
  }
  return { ...what, conflict: { version, pinned: line.integrity, shown: integrity } }
}

/** True where an old release, pinned by its SHA-1, is now shown with a SHA-512 beside it. */
function isSameSha1({ integrity }: SeenLine, { manifest }: ShownRelease): boolean {
  const { dist } = manifest
  const shasum = isJsonObject(dist) ? dist['shasum'] : undefined
  return (
    typeof shasum === 'string' &&
    integrity === `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`
  )
}

/** True for a release of which the template tells all that its pin does. What is shortened there may lack some of its record. */
function isTold({ name, url, form, isAbbreviated }: Taking, { pin, isAsPinned }: Served): boolean {
  const isWhole = form === 'full' || isAbbreviated
  return isAsPinned && isWhole && pin.tarball === usualTarball(url, name, pin.version)
}

/** The releases that this packument does not show: the other form of it may, and the upstream may again. */
function stillPinned(known: Known, served: readonly Served[]): readonly Pin[] {
  const { lines, before, amended, isWithheld } = known
  const shown = new Set<string>(served.map(({ pin }) => pin.version))
  return [...before.values()].flatMap((pin) => {
    const { version, integrity } = pin
    if (shown.has(version)) return []
    const line = lines.get(version)
    if (line === undefined && isWithheld) return [pin]
    if (line === undefined || line.integrity !== integrity) return [] // The log may be an older one.
    const record = amended.get(version) ?? recordSeen(pin, line)
    return record === undefined ? [] : [{ ...pin, record }]
  })
}

/** The record that a release was seen with, where it is still known. */
function recordSeen(pin: Pin | undefined, { recordDigest }: SeenLine): string | undefined {
  return pin !== undefined && hash('sha256', pin.record, 'hex') === recordDigest
    ? pin.record
    : undefined
}

/** Members that are a packument's own business with its registry. */
const leftOut = new Set([
  '_rev',
  '_attachments',
  '_source_registry_name',
  'versions',
  'dist-tags',
  '_id',
  'name',
])

/** The packument as it is served, formatted by the engine at once: that is many times faster than joining pieces. */
function formatTemplate(
  { name, form, isAbbreviated, mark }: Taking,
  document: JsonObject,
  served: readonly Served[],
): Buffer {
  const short = form === 'abbreviated' && !isAbbreviated
  const start = `${mark}/${name}/-/`
  const versions = served.map(({ release, pin, isAsPinned }): [string, JsonValue] => {
    const manifest = isAsPinned ? release.manifest : pinnedManifest(pin, release.manifest)
    setTarball(manifest, start + tarballFile(name, pin.version))
    return [pin.version, short && isAsPinned ? abbreviate(manifest) : manifest]
  })
  const own = new Set<string>(served.map(({ pin }) => pin.version))
  const whole = {
    ...(form === 'full' ? { _id: name } : {}),
    name,
    versions: Object.fromEntries(versions), // Before what changes with each of them: what comes first is compressed once.
    'dist-tags': tagsOf(document, own),
    ...restOf(document, { form, own }),
  }
  return putBaseMarks(Buffer.from(JSON.stringify(whole)), mark)
}

/** `baseMark` in place of every mark. In the same bytes: a large text has enough copies already. */
function putBaseMarks(text: Buffer, mark: string): Buffer {
  const wanted = Buffer.from(mark)
  let [from, to] = [0, 0]
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, from)) {
    text.copyWithin(to, from, at)
    to += at - from
    to += text.write(baseMark, to)
    from = at + wanted.length
  }
  text.copyWithin(to, from)
  return text.subarray(0, to + text.length - from)
}

/** Writes the address into the manifest itself, which was parsed here and is nobody else's: a copy costs as much as a line of JSON. */
function setTarball({ dist }: JsonObject, tarball: string): void {
  if (isJsonObject(dist)) Object.assign(dist, { tarball })
}

/** What is left of a release whose upstream now tells something else: its record, the hash that it was seen with, and what is followed. */
function pinnedManifest({ record, integrity }: Pin, { deprecated }: JsonObject): JsonObject {
  const members = parseTolerantJson(record, 'a record')
  const sha1 = integrity.startsWith('sha1-')
  const shasum = sha1 ? { shasum: hexOfIntegrity(integrity) } : {}
  const own = isJsonObject(members) ? members : {}
  const followed = typeof deprecated === 'string' ? { deprecated } : {}
  return { ...own, ...followed, dist: { integrity, ...shasum } }
}

/** The tags that lead to a version that is served. Clients cannot do without "latest": where its version is not served, no other is made up. */
function tagsOf(document: JsonObject, own: ReadonlySet<string>): JsonObject {
  const tags = document['dist-tags']
  if (!isJsonObject(tags)) return {}
  return Object.fromEntries(
    Object.entries(tags).filter(([, version]) => typeof version === 'string' && own.has(version)),
  )
}

/** Everything else, as it came: in the abbreviated form only its times. */
function restOf(
  document: JsonObject,
  { form, own }: { readonly form: Form; readonly own: ReadonlySet<string> },
): JsonObject {
  const time = timesOf(document, own)
  const times = time === undefined ? {} : { time }
  if (form === 'abbreviated') {
    const modified = modifiedText(document)
    return { ...times, ...(modified === undefined ? {} : { modified }) }
  }
  const rest = Object.entries(document).filter(([member]) => !leftOut.has(member))
  return { ...Object.fromEntries(rest), ...times }
}

/** When versions were published, as the upstream says: clients with an age limit need it. */
function timesOf(document: JsonObject, own: ReadonlySet<string>): JsonObject | undefined {
  const { time } = document
  if (!isJsonObject(time)) return undefined
  return Object.fromEntries(
    Object.entries(time).filter(([key]) => own.has(key) || key === 'created' || key === 'modified'),
  )
}

function modifiedText(document: JsonObject): string | undefined {
  const { modified, time } = document
  const found = modified ?? (isJsonObject(time) ? time['modified'] : undefined)
  return typeof found === 'string' ? found : undefined
}

function modifiedOf(document: JsonValue): number | undefined {
  const text = isJsonObject(document) ? modifiedText(document) : undefined
  return text === undefined ? undefined : parseTime(text)
}
