// Publishing: a document checked against its tarball, then one call. The same upload again gets the first answer again.
import type { StateReader } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { checkNewPackageName, type PackageName } from '@stele/formats/names'
import { readContents, readNotice, readOrigin } from '@stele/releases/state'
import type { ReadyUpload } from './document.ts'
import { maxExtraBytes, maxPackageBytes, retryWindowMs } from './limits.ts'
import type { RegistryPorts } from './ports.ts'
import { requireUnreserved } from './reservations.ts'
import { requireActive, requireOwner, submitRule } from './rule-calls.ts'

/** What a publish did: the entry that holds the release, and its time. `isRepeat` when an earlier upload was the same. */
export type Published = {
  readonly spec: string
  readonly entry: number
  readonly timeMs: number
  readonly isRepeat: boolean
}

/** Refuses whoever may not publish under this name. Throws rule_refused, name_invalid. */
export function requirePublisher(
  state: StateReader,
  { account, name }: { readonly account: string; readonly name: PackageName },
): void {
  requireActive(state, account, 'publish')
  const origin = readOrigin(state, name)
  if (origin !== undefined) return requireOwner(state, { account, name, method: 'publish' })
  checkNewPackageName(name)
  requireUnreserved(state, { account, name })
}

/** A release that somebody is about to publish. */
export type Publishing = {
  readonly account: string
  readonly name: PackageName
  readonly version: string
}

/** Refuses what publishing it would, as far as that is known before its tarball is read. Throws rule_refused, name_invalid, version_exists. */
export function requirePublishable(
  state: StateReader,
  { account, name, version }: Publishing,
): void {
  requirePublisher(state, { account, name })
  const { gone } = readNotice(state, name, version)
  if (!gone && readContents(state, name, version) === undefined) return
  const unpublished = gone ? { unpublished: true } : {}
  throw new SteleError('version_exists', { spec: `${name}@${version}`, ...unpublished })
}

/**
 * Publishes an upload for an account. Throws access_refused, version_exists, package_too_large, rule_refused. Idempotent for 90
 * seconds, while a client still retries: the same account with the same bytes and tags gets the first answer.
 */
export async function publishUpload(
  ports: RegistryPorts,
  account: string,
  upload: ReadyUpload,
): Promise<Published> {
  const { name, version, integrity, record, contents, tags, tarball, pieces } = upload
  const spec = `${name}@${version}`
  if (upload.isRestricted && ports.isClosed !== true)
    throw new SteleError('access_refused', { spec })
  const earlier = findPublished(ports, account, upload)
  if (earlier !== undefined) return earlier
  checkSize(ports, upload)
  const upstream = await askUpstream(ports, name)
  try {
    const answer = await submitRule(ports.submit, {
      account,
      method: 'publish',
      request: { name, version, integrity, record, contents, tags, ...upstream },
      subject: { name, version },
      blobs: [{ name: contents.sha512, bytes: tarball }],
      prepared: pieces,
    })
    return { spec, entry: answer.index, timeMs: answer.timeMs, isRepeat: false }
  } catch (error) {
    // A race lost to oneself: the client gave up waiting and sent the same again while the first was on its way.
    const isLost = error instanceof SteleError && error.code === 'version_exists'
    const own = isLost ? findPublished(ports, account, upload) : undefined
    if (own === undefined) throw error
    return own
  }
}

/**
 * Whether an upstream has a package of this new name: publishing it here would put it in place of that one. Names with a
 * scope are not told to anybody. What was answered goes into the call. Throws rule_refused, and what asking throws.
 */
async function askUpstream(
  { state, upstream }: RegistryPorts,
  name: PackageName,
): Promise<{ readonly upstream?: { readonly asked: string; readonly exists: false } }> {
  const asked = readOrigin(state, name) === undefined ? upstream?.whose(name) : undefined
  if (asked === undefined || upstream === undefined || name.startsWith('@')) return {}
  await upstream.prepareToPublish(name, 'abbreviated')
  if (upstream.head(name, 'abbreviated')?.digest === undefined) {
    return { upstream: { asked, exists: false } }
  }
  const message = `Cannot publish "${name}": the upstream "${asked}" has a package of that name; the operator can reserve the name first`
  throw new SteleError('rule_refused', { method: 'publish', name: 'name_taken', message })
}

/** What everybody is sent with each version must stay small, and what a packument is joined from must stay in bounds. */
function checkSize({ views }: RegistryPorts, { name, version, record, pieces }: ReadyUpload): void {
  const spec = `${name}@${version}`
  const fullBytes = Buffer.byteLength(pieces.full)
  const extraBytes = fullBytes - Buffer.byteLength(record)
  if (extraBytes > maxExtraBytes) {
    const what = 'the metadata in its package.json, dependencies aside,'
    throw new SteleError('package_too_large', {
      spec,
      what,
      found: extraBytes,
      limit: maxExtraBytes,
    })
  }
  const packageBytes = (views.package(name)?.fullBytes ?? 0) + fullBytes
  if (packageBytes > maxPackageBytes) {
    const what = 'the metadata of all versions of the package'
    throw new SteleError('package_too_large', {
      spec,
      what,
      found: packageBytes,
      limit: maxPackageBytes,
    })
  }
}

/** The earlier publish that this one repeats; undefined of a new version. Throws version_exists when it is another's. */
function findPublished(
  { state, views, now }: RegistryPorts,
  account: string,
  { name, version, contents: { sha512 }, tags }: ReadyUpload,
): Published | undefined {
  return views.snapshot(() => {
    const spec = `${name}@${version}`
    const { gone } = readNotice(state, name, version) // First: the rest of a removed version may be withheld.
    if (gone) throw new SteleError('version_exists', { spec, unpublished: true })
    const contents = readContents(state, name, version)
    if (contents === undefined) return undefined
    const first = views.version(name, version)
    const isSame =
      first !== undefined &&
      first.publisher === account &&
      contents.sha512 === sha512 &&
      now() - first.timeMs <= retryWindowMs &&
      tags.every((tag) => first.tags.includes(tag))
    if (!isSame) throw new SteleError('version_exists', { spec })
    return { spec, entry: first.entry, timeMs: first.timeMs, isRepeat: true }
  })
}
