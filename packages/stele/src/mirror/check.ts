// Audits a mirror from outside: its log, what its packuments say beside what the log proves, and the bytes of its tarballs.
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type CarryOptions, carryLog, type VerifyPorts } from '@stele/audit'
import type { AuditedState } from '@stele/audit/checks'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseTolerantJson,
} from '@stele/formats/json'
import { type Contradiction, keepContradictions } from '../clone/contradiction.ts'
import { maxNoteBytes } from '../clone/limits.ts'
import { inTurns } from '../in-turns.ts'
import { parseCheckpoint } from '../sources/checkpoint.ts'
import { maxFaultsTold, maxPackumentSlackBytes, tarballsAtOnce } from './limits.ts'
import { formatPackument } from './packuments.ts'
import {
  type MirroredRelease,
  moduleFile,
  planMirror,
  requireRegistry,
  withheldBlobs,
} from './releases.ts'

/** What is wrong at an address of it. */
type MirrorFinding = { readonly address: string; readonly reason: string }

/** What was found. */
export type CheckReport = {
  readonly url: string
  readonly origin: string
  readonly size: number
  /** Entries that the registry has and the mirror does not; null where nobody asked it. */
  readonly behind: number | null
  readonly packages: number
  readonly versions: number
  /** Releases that the log has and the mirror does not list. */
  readonly notListed: number
  /** Compared, and their bytes. */
  readonly tarballs: number
  readonly tarballBytes: number
  readonly findings: readonly MirrorFinding[]
  /** Findings beyond those. */
  readonly more: number
}

/** What is checked, and with what. */
export type CheckOptions = {
  /** Without a slash at its end. */
  readonly url: string
  /** What it calls itself, where that is another address. */
  readonly baseUrl?: string | undefined
  readonly fetch: VerifyPorts['fetch']
  readonly progress: VerifyPorts['progress']
  readonly logKey?: string | undefined
  readonly known?: CarryOptions['known']
  /** Is given what proves that it is not the history that is known. */
  readonly contradicted?: ((found: Contradiction) => void) | undefined
  /** Asks the registry how far it is. */
  readonly registry?: VerifyPorts['fetch'] | undefined
  readonly tarballs: boolean
}

const statusOk = 200
const statusAbsent = 404

/** Checks the mirror at an address. Throws what following its log does. */
export async function checkMirror(options: CheckOptions): Promise<CheckReport> {
  const { url, fetch, progress, logKey, known, registry, contradicted } = options
  const log = await keepContradictions({ fetch, known, contradicted }, (remembering) =>
    carryLog(
      { fetch: remembering, progress, nowMs: Date.now, entries: () => undefined },
      { ...(logKey === undefined ? {} : { key: logKey }), ...(known && { known }) },
    ),
  )
  requireRegistry(url, log)
  const { state } = log
  if (state === undefined) {
    const reason = 'its log lacks so much that nobody can tell what it should hold'
    throw new SteleError('mirror_impossible', { url, reason })
  }
  const findings: MirrorFinding[] = []
  let more = 0
  const tell: Tell = (address, reason) => {
    const hasRoom = findings.length < maxFaultsTold
    if (hasRoom) findings.push({ address, reason })
    else more++
    return hasRoom
  }
  const behind = registry === undefined ? null : await measureBehind(log, registry, tell)
  const { packages } = planMirror(state, { selection: 'all', withheld: withheldBlobs(log) })
  const counts = { packages: 0, versions: 0, notListed: 0, tarballs: 0, tarballBytes: 0 }
  await inTurns([...packages], tarballsAtOnce, async ([name, releases]) => {
    const listed = await checkPackument({ options, state, tell }, name, releases)
    counts.packages += listed.length > 0 ? 1 : 0
    counts.versions += listed.length
    counts.notListed += releases.length - listed.length
    for (const release of options.tarballs ? listed : []) {
      counts.tarballBytes += await checkTarball({ fetch, tell }, release)
      counts.tarballs++
    }
  })
  if (counts.versions === 0 && counts.notListed > 0 && findings.length === 0)
    tell('/npm/', noneReason)
  if (findings.length > 0) await refuseChanged(options, log.note)
  return {
    url,
    origin: log.origin,
    size: log.size,
    behind,
    ...counts,
    findings,
    more,
  }
}

/** Gives whether there was room for it in the report. */
type Tell = (address: string, reason: string) => boolean

const noneReason =
  'it lists nothing, so nothing was compared: was the mirror made with --base-url, and is this its address?'

async function measureBehind(
  { origin, size, root }: { readonly origin: string; readonly size: number; readonly root: string },
  registry: VerifyPorts['fetch'],
  tell: Tell,
): Promise<number> {
  const { status, bytes } = await registry('/-/log/checkpoint', maxNoteBytes)
  if (status !== statusOk) {
    const reason = `the registry answers with status ${status} when it is asked for its checkpoint`
    throw new SteleError('mirror_impossible', { url: origin, reason })
  }
  const shown = parseCheckpoint(Buffer.from(bytes).toString())
  const address = '/-/log/checkpoint'
  if (shown.origin !== origin)
    tell(address, `it is of "${origin}", the registry's of "${shown.origin}"`)
  else if (shown.size < size) tell(address, `it has ${size} entries, the registry's ${shown.size}`)
  else if (shown.size === size && Buffer.from(shown.root).toString('base64') !== root)
    tell(address, 'it is of another tree than the registry shows, with as many entries')
  return Math.max(0, shown.size - size)
}

/** A mirror that was brought up to date meanwhile is not to blame for that. */
async function refuseChanged({ url, fetch }: CheckOptions, note: string): Promise<void> {
  const { bytes } = await fetch('/-/log/checkpoint', maxNoteBytes)
  if (Buffer.from(bytes).toString() === note) return
  const reason = 'it was brought up to date while it was checked. Run the same again'
  throw new SteleError('mirror_impossible', { url, reason })
}

type Checking = {
  readonly options: CheckOptions
  readonly state: AuditedState
  readonly tell: Tell
}

/** The releases that it lists as the log proves them. */
async function checkPackument(
  { options: { url, baseUrl = url, fetch }, state, tell }: Checking,
  name: string,
  releases: readonly MirroredRelease[],
): Promise<readonly MirroredRelease[]> {
  // As npm, yarn and bun write it.
  const address = `/npm/${name.replace('/', '%2f')}`
  const whole = Buffer.from(formatPackument(state, name, { releases, baseUrl }))
  const maxBytes = 2 * whole.length + maxPackumentSlackBytes
  const bytes = await read({ fetch, tell }, address, maxBytes)
  if (bytes === undefined) return []
  if (bytes === 'absent') {
    const isThere = name.includes('/') && (await fetch(`/npm/${name}`, 0)).status === statusOk
    if (isThere) tell(address, noSlashReason)
    return []
  }
  if (bytes.length > maxBytes) {
    tell(address, `it has over ${maxBytes} bytes, and all that the log has of it ${whole.length}`)
    return []
  }
  if (whole.equals(bytes)) return releases
  const shown = parse(bytes)
  if (typeof shown === 'string') {
    tell(address, shown)
    return []
  }
  const versions = objectIn(shown, 'versions')
  const listed = releases.filter(({ version }) => Object.hasOwn(versions, version))
  const known = new Set(listed.map(({ version }) => version))
  for (const version of Object.keys(versions).filter((one) => !known.has(one)))
    tell(address, `it lists ${name}@${version}, which the log does not have, or has no more`)
  const proven = parse(Buffer.from(formatPackument(state, name, { releases: listed, baseUrl })))
  if (typeof proven === 'string') throw new Error(proven)
  const wanted = objectIn(proven, 'versions')
  for (const { version } of listed) {
    for (const member of differing(versions[version], wanted[version]))
      tell(address, `${version}: ${member} is not as the log has it`)
  }
  for (const member of ['name', 'dist-tags', 'time', 'modified'])
    if (!isDeepStrictEqual(shown[member], proven[member]))
      tell(address, `"${member}" is not as the log has it`)
  return listed
}

const noSlashReason =
  'it is not there, and with a slash for "%2f" it is: the web server must take the one for the other, since clients ask so'

/** What is there; undefined where that is told of. What the server refuses again and again ends it once the report is full. */
async function read(
  { fetch, tell }: { readonly fetch: VerifyPorts['fetch']; readonly tell: Tell },
  address: string,
  maxBytes: number,
): Promise<Uint8Array | 'absent' | undefined> {
  try {
    const { status, bytes } = await fetch(address, maxBytes)
    if (status === statusOk) return bytes
    if (status === statusAbsent) return 'absent'
    tell(address, `it answers with status ${status}`)
  } catch (error) {
    if (!isSteleError(error, 'server_refused') || !tell(address, error.details.message)) throw error
  }
  return undefined
}

function parse(bytes: Uint8Array): JsonObject | string {
  try {
    const value = parseTolerantJson(Buffer.from(bytes).toString(), 'the packument')
    return isJsonObject(value) ? value : 'it is no JSON object'
  } catch (error) {
    return reasonOf(error)
  }
}

function objectIn(value: JsonObject, member: string): JsonObject {
  const found = value[member]
  return isJsonObject(found) ? found : {}
}

/** The members in which two manifests differ. */
function differing(shown: JsonValue | undefined, wanted: JsonValue | undefined): readonly string[] {
  if (!isJsonObject(shown) || !isJsonObject(wanted)) return ['it']
  const members = new Set([...Object.keys(shown), ...Object.keys(wanted)])
  const differ = [...members].filter((one) => !isDeepStrictEqual(shown[one], wanted[one]))
  return differ.map((member) =>
    member === 'dist' ? 'dist (where its tarball is, or its hash)' : member,
  )
}

/** Gives how many bytes were read. */
async function checkTarball(
  ports: { readonly fetch: VerifyPorts['fetch']; readonly tell: Tell },
  { name, version, sha512, sizeBytes }: MirroredRelease,
): Promise<number> {
  const address = `/npm/-/${name}/${moduleFile({ name, version })}`
  const { tell } = ports
  const bytes = await read(ports, encodeURI(address), sizeBytes)
  if (bytes === undefined) return 0
  if (bytes === 'absent') tell(address, 'it is not there')
  else if (bytes.length > sizeBytes)
    tell(address, `it is longer than the ${sizeBytes} bytes that the log says`)
  else {
    const found = hash('sha512', bytes)
    if (found !== sha512) tell(address, `its SHA-512 is ${found}, and the log says ${sha512}`)
  }
  return bytes.length
}
