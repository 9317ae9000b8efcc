// A package of an upstream as a registry serves it: every version that it shows is as it was seen first, and every tarball that
// it gives is the one that was pinned. What the upstream may change at any time (tags, times, deprecations, removals) is not
// compared. Spec: release.md, "Observed".
import { hash } from 'node:crypto'
import { isSteleError } from '@stele/errors'
import { type JsonObject, parseTolerantJson } from '@stele/formats/json'
import { encodeSegment, type PackageName, parsePackageName } from '@stele/formats/names'
import { parseContentsValue } from '@stele/formats/values'
import type { Outcome, ReleaseFault, Tools } from './checks.ts'
import { maxChunkBytes, maxPackumentBytes, maxPingBytes, maxTarballBytes } from './limits.ts'
import { readShown, type ShownRelease } from './observed.ts'
import { readAmended, readSeenChunks, readUnlearned } from './observed-state.ts'
import { packageObject } from './package-state.ts'
import { readRelease } from './release.ts'
import { readLines, type SeenLine } from './seen-lines.ts'
import { showValue } from './show-value.ts'
import { tarballFile } from './version-pieces.ts'

const statusOk = 200
/** What the operator blocks, or finds too young. */
const statusHeldBack = 403

/** Compares what is served of a package that belongs to an upstream. What is not served now is not held against it, and told. */
export async function compareObservedPackage(
  asked: string,
  tools: Tools,
  entry: number,
): Promise<Outcome> {
  const name = parsePackageName(asked)
  const lines = await fetchLines(name, tools, entry)
  if ('missing' in lines) return lines
  const tell = createTell(name, entry)
  const bytes = await fetchPackument(name, tools)
  const faults = bytes === undefined ? [] : comparePackument(bytes, name, { lines, tools, tell })
  const given = bytes === undefined ? { isNotGiven: true } : {}
  if (!tools.contents) return { ...given, faults, missing: [] }
  const { faults: wrong, contents } = await compareTarballs(name, tools, tell) // Also without a packument: lock files name them.
  return { ...given, faults: [...faults, ...wrong], missing: [], contents }
}

type Tell = (what: string, found: string, wanted: string) => ReleaseFault

function createTell(name: string, entry: number): Tell {
  return (what, found, wanted) => ({
    code: 'served_mismatch',
    weight: 3,
    details: { name, entry, what, found, wanted },
  })
}

async function fetchLines(
  name: PackageName,
  tools: Tools,
  entry: number,
): Promise<ReadonlyMap<string, SeenLine> | Outcome> {
  const chunks: string[] = []
  for (const blob of readSeenChunks(tools.state, name)) {
    const bytes = await tools.fetchBlob(blob, { maxBytes: maxChunkBytes, entry })
    if (bytes === undefined) return { faults: [], missing: [{ blob, entry, subject: name }] }
    chunks.push(Buffer.from(bytes).toString())
  }
  return readLines(chunks)
}

async function fetchPackument(name: PackageName, tools: Tools): Promise<Uint8Array | undefined> {
  const wanted = { maxBytes: maxPackumentBytes, accept: 'application/json' }
  const { bytes } = await fetchGiven(`/${encodeSegment(name)}`, wanted, tools)
  return bytes === undefined || bytes.length > maxPackumentBytes ? undefined : bytes
}

type Pinned = {
  readonly lines: ReadonlyMap<string, SeenLine>
  readonly tools: Tools
  readonly tell: Tell
}

function comparePackument(
  bytes: Uint8Array,
  name: PackageName,
  { lines, tools, tell }: Pinned,
): readonly ReleaseFault[] {
  const amended = readAmended(tools.state, name)
  const faults: ReleaseFault[] = []
  try {
    const document = parseTolerantJson(Buffer.from(bytes).toString(), `the packument of "${name}"`)
    for (const release of readShown(document, name).releases) {
      faults.push(...compareRelease(release, { line: lines.get(release.version), amended, tell }))
    }
  } catch (error) {
    if (!isSteleError(error)) throw error
    faults.push(tell('its packument', error.message, 'a packument'))
  }
  return faults
}

function compareRelease(
  release: ShownRelease,
  {
    line,
    amended,
    tell,
  }: {
    readonly line: SeenLine | undefined
    readonly amended: ReadonlyMap<string, string>
    readonly tell: Tell
  },
): readonly ReleaseFault[] {
  const { version, integrity, recordText, recordDigest } = release
  if (line === undefined) return [tell(version, 'served', 'a version that the log has seen')]
  const own = amended.get(version)
  const isRecord = own === undefined ? recordDigest === line.recordDigest : recordText === own
  return [
    ...(integrity === line.integrity
      ? []
      : [tell(`${version}: dist.integrity`, integrity, line.integrity)]),
    ...(isRecord
      ? []
      : [tell(`${version}: the SHA-256 of its record`, recordDigest, line.recordDigest)]),
  ]
}

/** Every tarball that was taken apart, where it is given: its bytes, and what they hold. Those that were not are counted. */
async function compareTarballs(
  name: PackageName,
  tools: Tools,
  tell: Tell,
): Promise<Pick<Required<Outcome>, 'contents'> & { readonly faults: readonly ReleaseFault[] }> {
  const object = `${packageObject(name)}/contents`
  const faults: ReleaseFault[] = []
  let [compared, notGiven, heldBack] = [0, 0, 0]
  for (const version of tools.state.list(object)) {
    const value = tools.state.get(object, version)
    if (value === undefined) continue
    const wanted = parseContentsValue(Buffer.from(value).toString())
    const path = `/${encodeSegment(name)}/-/${tarballFile(name, version)}`
    const maxBytes = Math.min(wanted.size, maxTarballBytes)
    const { bytes, isHeldBack } = await fetchGiven(path, { maxBytes }, tools)
    if (bytes === undefined) {
      if (isHeldBack) heldBack++
      else notGiven++
      continue
    }
    compared++
    const found = contentsOf(bytes)
    for (const member of ['sha512', 'size', 'files', 'manifest'] as const) {
      if (found[member] === wanted[member]) continue
      const what = `${version}: ${member} of its tarball`
      faults.push(tell(what, showValue(found[member]), showValue(wanted[member])))
      break // What follows differs because this does.
    }
  }
  const notKnown = readUnlearned(tools.state, name).length
  return { faults, contents: { compared, notGiven, heldBack, notKnown } }
}

/**
 * A packument or a tarball as it is given; none where it is not. A registry cuts off what its upstream sends otherwise than it
 * was pinned, and answers 503 where that is down: as long as it answers else, this is not held against it.
 */
async function fetchGiven(
  path: string,
  { maxBytes, accept }: { readonly maxBytes: number; readonly accept?: string },
  { fetch }: Tools,
): Promise<{ readonly bytes: Uint8Array | undefined; readonly isHeldBack: boolean }> {
  try {
    const { status, bytes } = await fetch(path, maxBytes, accept)
    const isHeldBack = status === statusHeldBack
    return { bytes: status === statusOk ? bytes : undefined, isHeldBack }
  } catch (error) {
    if (!isSteleError(error, 'server_unreachable') && !isSteleError(error, 'server_refused')) {
      throw error
    }
    await fetch('/-/ping', maxPingBytes)
    return { bytes: undefined, isHeldBack: false }
  }
}

/** What the bytes hold. A tarball that cannot be taken apart has no files and no manifest. */
function contentsOf(bytes: Uint8Array): JsonObject {
  try {
    return readRelease(bytes).contents
  } catch (error) {
    if (!isSteleError(error)) throw error
    return { sha512: hash('sha512', bytes), size: bytes.length, files: null, manifest: null }
  }
}
