// One package as a registry serves it: both packuments, its tags, each version's manifest and tarball.
import { hash } from 'node:crypto'
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { encodeSegment } from '@stele/formats/names'
import { parseContentsValue, parseVersionsValue } from '@stele/formats/values'
import type { Difference } from './check-release.ts'
import type { Outcome, ReleaseFault, Tools } from './checks.ts'
import { compareServed, isSame, type ServedDifference } from './compare.ts'
import { compareManifest } from './compare-manifest.ts'
import { historyOf, type PackageHistory } from './history.ts'
import { maxAnswerBytes, maxPackumentBytes, maxTarballBytes } from './limits.ts'
import { isOwnRelease } from './observed-state.ts'
import { packageObject, readLiveVersions, readTags } from './package-state.ts'
import { readRelease } from './release.ts'
import { comparePage, describeListed, unknownMembers } from './served-page.ts'
import { type Form, recordPieces, type VersionPieces, versionPieces } from './version-pieces.ts'

type Options = { readonly bases?: readonly string[] }

/** A form of the packument, asked for as clients ask for it. */
type Asked = { readonly form: Form; readonly title: string; readonly accept: string }
type Served = Asked & { readonly document: JsonObject }

/** What pages and tools read, and what clients install from. */
const forms: readonly Asked[] = [
  { form: 'full', title: '', accept: 'application/json, */*' },
  {
    form: 'abbreviated',
    title: 'in the abbreviated form, ',
    accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*',
  },
]
const statusOk = 200
/** What is not there: never was, is gone, or must not be shown. */
const absentStatuses: readonly number[] = [404, 410, 451]

/** Compares all that is served of a package. Reading a withheld value of the state throws. */
export async function compareServedPackage(
  name: string,
  tools: Tools,
  options: Options,
): Promise<Outcome> {
  const its = historyOf(tools.state, name)
  const place = { name, its, tools, options }
  const documents: Served[] = []
  for (const asked of forms) {
    const served = await askPackument(place, asked)
    if ('faults' in served) return { faults: served.faults, missing: [] } // The other form would say the same again.
    if (served.document !== undefined) documents.push({ ...asked, document: served.document })
  }
  if (documents.length === 0) return { faults: [], missing: [] }
  const tags = await compareTags(place)
  const { faults, ...rest } = await compareReleases(place, documents)
  return { ...rest, faults: [...tags, ...faults], missing: [] }
}

type Place = {
  readonly name: string
  readonly its: PackageHistory | undefined
  readonly tools: Tools
  readonly options: Options
}

async function askPackument(
  { name, its, tools, options }: Place,
  { form, title, accept }: Asked,
): Promise<{ faults: readonly ReleaseFault[] } | { document: JsonObject | undefined }> {
  const segment = encodeSegment(name)
  const path = `/${form === 'full' ? segment : segment.replace('%2F', '%2f')}` // As npm writes it.
  const answer = await ask(tools, path, { maxBytes: maxPackumentBytes, accept })
  const tell = (difference: ServedDifference): ReleaseFault =>
    faultOf(name, { ...difference, what: title + difference.what })
  if ('wrong' in answer) {
    const what = 'its packument'
    return {
      faults: [tell({ what, ...answer.wrong, entry: its?.entry ?? null, isAbsence: false })],
    }
  }
  const served = answer.value
  const { state } = tools
  const differences = compareServed({ name, form, served, state, its, ...options })
  if (differences.length > 0) return { faults: differences.map(tell) }
  return { document: isJsonObject(served) ? served : undefined }
}

/** GET /-/package/{name}/dist-tags. */
async function compareTags({ name, its, tools }: Place): Promise<readonly ReleaseFault[]> {
  const path = `/-/package/${encodeSegment(name)}/dist-tags`
  const answer = await ask(tools, path, { maxBytes: maxAnswerBytes })
  const what = 'its list of dist-tags'
  const entry = its?.entry ?? null
  const isAbsence = false
  if ('wrong' in answer) return [faultOf(name, { what, ...answer.wrong, entry, isAbsence })]
  const wanted = Object.fromEntries(readTags(tools.state, name))
  if (isSame(answer.value, wanted)) return []
  const found = JSON.stringify(answer.value ?? 'not served')
  return [faultOf(name, { what, found, wanted: JSON.stringify(wanted), entry, isAbsence })]
}

/** Every version: its own address, its tarball, and what the tarball gives. */
async function compareReleases(
  place: Place,
  documents: readonly Served[],
): Promise<Omit<Outcome, 'missing'>> {
  const { name, its, tools } = place
  const faults: ReleaseFault[] = []
  const latest = readTags(tools.state, name).get('latest')
  let told: string | undefined
  for (const version of readLiveVersions(tools.state, name)) {
    const entry = its?.versions.get(version)?.entry ?? null
    const tell: Tell = (weight, { what, ...rest }) =>
      void faults.push({
        code: 'served_mismatch',
        weight,
        details: { name, entry, what: `${version}: ${what}`, ...rest },
      })
    const manifests = documents.map(({ document, ...asked }) => ({
      ...asked,
      manifest: manifestOf(document, version),
    }))
    const full = manifests[0]?.manifest ?? {}
    await compareOwnAddress(place, { path: version, full }, tell)
    if (version === latest) await compareOwnAddress(place, { path: 'latest', full }, tell)
    const isTakenApart = tools.contents && isOwnRelease(tools.state, name, version)
    const pieces = isTakenApart ? await comparePieces(place, { version, manifests }, tell) : null
    if (version !== latest || pieces === undefined) continue
    const top = documents.map((served) => comparePage(served.document, { ...served, name, pieces }))
    for (const difference of top.flat()) tell(3, difference)
    if (pieces !== null) told = describeListed(pieces)
  }
  const notCompared = [
    ...new Set(documents.flatMap(({ form, document }) => unknownMembers(document, form))),
    ...(tools.contents ? [] : [textsOfTarballs]),
  ]
  return { faults, notCompared, ...(told === undefined ? {} : { told }) }
}

const textsOfTarballs = 'what only tarballs tell (descriptions, keywords, readmes, scripts)'

type Manifests = readonly (Asked & { readonly manifest: JsonObject })[]

/** Both forms against the tarball that they name; gives its pieces, undefined where it cannot be read. */
async function comparePieces(
  place: Place,
  { version, manifests }: { readonly version: string; readonly manifests: Manifests },
  tell: Tell,
): Promise<VersionPieces | undefined> {
  const address = tarballAddress(manifests[0]?.manifest ?? {})
  const other = manifests.find(({ manifest }) => tarballAddress(manifest) !== address)
  if (other !== undefined) {
    const [found, wanted] = [String(tarballAddress(other.manifest)), String(address)]
    tell(3, { what: `${other.title}dist.tarball`, found, wanted })
  }
  const pieces = await compareTarball(place, { version, address }, tell)
  if (pieces === undefined) return undefined
  for (const { manifest, form, title } of manifests) {
    for (const difference of compareManifest(manifest, pieces, form)) {
      tell(3, { ...difference, what: title + difference.what })
    }
  }
  return pieces
}

type Tell = (weight: 2 | 3 | 4, difference: Difference) => void

/** GET /{name}/{version or tag}: the same as in the packument. */
async function compareOwnAddress(
  { name, tools }: Place,
  { path: last, full }: { path: string; full: JsonObject },
  tell: Tell,
): Promise<void> {
  const path = `/${encodeSegment(name)}/${encodeURIComponent(last)}`
  const answer = await ask(tools, path, { maxBytes: maxAnswerBytes })
  const what = last === 'latest' ? 'its manifest as "latest"' : 'its manifest at its own address'
  if ('wrong' in answer) return tell(3, { what, ...answer.wrong })
  if (answer.value === undefined) return tell(4, { what, found: 'not served', wanted: 'served' })
  if (isSame(answer.value, full)) return
  const members = isJsonObject(answer.value) ? answer.value : {}
  const differing = [...new Set([...Object.keys(members), ...Object.keys(full)])].filter(
    (member) => !isSame(members[member], full[member]),
  )
  const found = `other ${differing.slice(0, 5).join(', ')}`
  tell(3, { what, found, wanted: 'what the packument has' })
}

/** The tarball where the packument says that it is; undefined where it cannot be read, or is not to be. */
async function compareTarball(
  { name, tools }: Place,
  { version, address }: { version: string; address: string | undefined },
  tell: Tell,
): Promise<VersionPieces | undefined> {
  const text = tools.state.get(`${packageObject(name)}/contents`, version)
  if (text === undefined || address === undefined) return undefined
  const { sha512, size } = parseContentsValue(Buffer.from(text).toString())
  const path = pathBelow(name, address)
  const what = 'the tarball'
  if (path === undefined) {
    tell(3, { what, found: `the address ${address}`, wanted: `one with "/${name}/-/"` })
    return undefined
  }
  const maxBytes = Math.min(size, maxTarballBytes)
  const { status, bytes } = await tools.fetch(path, maxBytes)
  if (status !== statusOk) {
    // What was taken down is gone from the log too, and the audit of its contents says so.
    const blob = await tools.fetchBlob(sha512, { maxBytes, entry: 0 })
    if (blob === undefined) return piecesOfRecord({ name, tools }, version, sha512)
    tell(4, { what, found: `status ${status} at ${path}`, wanted: '200' })
    return undefined
  }
  const found = bytes.length > maxBytes ? `over ${maxBytes} bytes` : hash('sha512', bytes)
  if (found === sha512) {
    const digests = { sha512, shasum: hash('sha1', bytes) }
    return versionPieces(readRelease(bytes, { digests }))
  }
  tell(2, { what, found, wanted: sha512 })
  return undefined
}

/** All that may still be said of a release whose tarball was taken down. */
function piecesOfRecord(
  { name, tools }: Pick<Place, 'name' | 'tools'>,
  version: string,
  sha512: string,
): VersionPieces | undefined {
  const text = tools.state.get(`${packageObject(name)}/versions`, version)
  if (text === undefined) return undefined
  const { record, integrity } = parseVersionsValue(Buffer.from(text).toString())
  return recordPieces(record, { integrity, sha512 })
}

type Answer =
  | { readonly value: JsonValue | undefined }
  | { readonly wrong: { readonly found: string; readonly wanted: string } }

/** The JSON at a path, undefined where there is none. A key that stands twice would be read otherwise by others. */
async function ask(
  { fetch }: Tools,
  path: string,
  { maxBytes, accept }: { readonly maxBytes: number; readonly accept?: string },
): Promise<Answer> {
  const { status, bytes } = await fetch(path, maxBytes, accept)
  if (absentStatuses.includes(status)) return { value: undefined }
  if (status !== statusOk) return { wrong: { found: `status ${status}`, wanted: '200 or 404' } }
  if (bytes.length > maxBytes) {
    return { wrong: { found: `over ${maxBytes} bytes`, wanted: `at most ${maxBytes}` } }
  }
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
    return { value: parseJson(text, 'the answer') }
  } catch (error) {
    if (!isSteleError(error)) throw error
    return { wrong: { found: error.message, wanted: 'JSON that everyone reads alike' } }
  }
}

function faultOf(
  name: string,
  { isAbsence, entry, what, found, wanted }: ServedDifference,
): ReleaseFault {
  const details = { name, entry, what, found, wanted }
  return { code: 'served_mismatch', weight: isAbsence ? 4 : 3, details }
}

function manifestOf(document: JsonObject, version: string): JsonObject {
  const { versions } = document
  const manifest = isJsonObject(versions) ? versions[version] : undefined
  return isJsonObject(manifest) ? manifest : {}
}

function tarballAddress({ dist }: JsonObject): string | undefined {
  const address = isJsonObject(dist) ? dist['tarball'] : undefined
  return typeof address === 'string' ? address : undefined
}

/** The address's path below the registry's root, whatever address the registry goes by in public. */
function pathBelow(name: string, address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const path = new URL(address).pathname
  for (const form of [name, encodeSegment(name), name.replace('/', '%2f')]) {
    const at = path.lastIndexOf(`/${form}/-/`)
    if (at >= 0) return path.slice(at)
  }
  return undefined
}
