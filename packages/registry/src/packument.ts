// Packuments: joined from ready pieces and what the state says of tags, owners, notices and stars (npm-wire 3).

import type { StateReader } from '@stele/entries/calls'
import { type Form, isoTime } from '@stele/releases/release'
import { type Notice, readNotices, readOwners, readStars, readTags } from '@stele/releases/state'
import { maxJoinedLength } from './limits.ts'
import type { PackageRow, ViewReader } from './view-reader.ts'

/** Where packuments are made from. */
export type PackumentSources = { readonly state: StateReader; readonly views: ViewReader }

type Head = { readonly name: string; readonly form: Form; readonly baseUrl: string }

/**
 * The packument's JSON. `dist-tags`, `time` and `_rev` come after `versions`, so that a new version changes
 * only the end. To be called within a snapshot; `row` must have a latest version.
 */
export function formatPackument(
  sources: PackumentSources,
  head: Head,
  row: PackageRow,
): Uint8Array {
  const { name, form, baseUrl } = head
  const notices = readNotices(sources.state, name)
  const open = openVersion(baseUrl)
  const versions: string[] = []
  const times: string[] = []
  for (const { version, timeMs, publisher, piece } of sources.views.versions(name, form)) {
    const key = JSON.stringify(version)
    const tail = versionTail({ notice: notices.get(version), publisher, form })
    versions.push(`${versions.length === 0 ? '' : ','}${key}:${open}${piece}${tail}`)
    times.push(`${key}:"${isoTime(timeMs)}"`)
  }
  const created = `"created":"${isoTime(row.createdMs)}"`
  const modified = `"modified":"${isoTime(row.modifiedMs)}"`
  const id = JSON.stringify(name)
  const start = form === 'full' ? `"_id":${id},"name":${id}` : `"name":${id}`
  const members = [
    `"dist-tags":${formatTags(sources.state, name)}`,
    `"time":{${[created, modified, ...times].join(',')}}`,
    `"maintainers":${formatMaintainers(sources.state, name)}`, // yarn 1 changes owners by the abbreviated form.
    form === 'full' ? fullTail(sources, name, row) : modified,
    `"_rev":${JSON.stringify(row.rev)}`,
  ]
  const end = members.filter((member) => member !== '').join(',')
  return encodeJoined([`{${start},"versions":{`, ...versions, `},${end}}`])
}

/** The bytes of the joined texts, which together may be longer than one string can be. */
function encodeJoined(texts: readonly string[]): Uint8Array {
  const chunks: Buffer[] = []
  let [from, length] = [0, 0]
  for (const [index, text] of texts.entries()) {
    length += text.length
    if (length < maxJoinedLength && index < texts.length - 1) continue
    chunks.push(Buffer.from(texts.slice(from, index + 1).join('')))
    ;[from, length] = [index + 1, 0]
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

/** One version's manifest, full form. */
export function formatVersion(
  { state, views }: PackumentSources,
  { name, version, baseUrl }: { name: string; version: string; baseUrl: string },
): string | undefined {
  const detail = views.version(name, version)
  const piece = views.text(name, version, 'full')
  if (detail === undefined || piece === undefined) return undefined
  const notice = readNotices(state, name).get(version)
  const tail = versionTail({ notice, publisher: detail.publisher, form: 'full' })
  return `${openVersion(baseUrl)}${piece}${tail}`
}

/** The owners as a JSON list. */
function formatMaintainers(state: StateReader, name: string): string {
  return JSON.stringify(readOwners(state, name).map(publicAccount))
}

/** Tag to version as a JSON object. */
function formatTags(state: StateReader, name: string): string {
  const tags = [...readTags(state, name)]
  return `{${tags.map(([tag, version]) => `${JSON.stringify(tag)}:${JSON.stringify(version)}`).join(',')}}`
}

/** A person as registries show accounts; e-mail addresses are never public, and clients print `undefined` without the member. */
export function publicAccount(account: string): { readonly name: string; readonly email: '' } {
  return { name: account, email: '' }
}

function openVersion(baseUrl: string): string {
  return `{"dist":{"tarball":${JSON.stringify(baseUrl).slice(0, -1)}`
}

function versionTail({
  notice,
  publisher,
  form,
}: {
  readonly notice: Notice | undefined
  readonly publisher: string | null
  readonly form: Form
}): string {
  const { deprecated } = notice ?? {}
  const warning = deprecated === undefined ? '' : `,"deprecated":${JSON.stringify(deprecated)}`
  const user =
    form === 'full' && publisher !== null
      ? `,"_npmUser":${JSON.stringify(publicAccount(publisher))}`
      : ''
  return `${warning}${user}}`
}

/** What people read at the top: of the latest version, and of the package. */
function fullTail({ state, views }: PackumentSources, name: string, row: PackageRow): string {
  const latest = row.latest === null ? undefined : views.version(name, row.latest)
  const readme = row.latest === null ? '' : (views.text(name, row.latest, 'readme') ?? '')
  const users = readStars(state, name).map((account) => `${JSON.stringify(account)}:true`)
  const members = [
    `"users":{${users.join(',')}}`,
    latest?.summary.slice(1, -1) ?? '',
    `"readme":${JSON.stringify(readme)}`,
  ]
  return members.filter((member) => member !== '').join(',')
}
