// Packuments: joined from ready pieces and what the state says of tags, owners, notices and stars (npm-wire 3).

import type { StateReader } from '@stele/entries/calls'
import { type Form, isoTime } from '@stele/releases/release'
import { type Notice, readNotices, readOwners, readStars, readTags } from '@stele/releases/state'
import type { PackageRow, ViewReader } from './view-reader.ts'

/** Where packuments are made from. */
export type PackumentSources = { readonly state: StateReader; readonly views: ViewReader }

type Head = { readonly name: string; readonly form: Form; readonly baseUrl: string }

/** How far a packument's versions were joined. */
export type JoinedSoFar = {
  /** What it depends on but for new versions: while it is the same, the text only grows. */
  readonly shape: string
  readonly lastEntry: number
  /** `time` of all versions, as members of a JSON object. */
  readonly times: string
}

/**
 * A packument's JSON. `versions` is all that comes before `end`; of one that has only grown since `after`, what is new of it.
 */
export type PackumentText = {
  readonly versions: Uint8Array
  readonly end: Uint8Array
  readonly soFar: JoinedSoFar
  readonly hasGrown: boolean
}

/**
 * The packument's JSON. `dist-tags`, `time` and `_rev` come after `versions`, so that a new version changes
 * only the end. To be called within a snapshot; `row` must have a latest version.
 */
export function formatPackument(
  sources: PackumentSources,
  head: Head,
  { row, after }: { readonly row: PackageRow; readonly after?: JoinedSoFar | undefined },
): PackumentText {
  const { name, form } = head
  const { tails, shape } = shapeOf(sources, name, row)
  const before = after?.shape === shape ? after : undefined
  const joined = sources.views.joined(name, form, {
    open: openVersion(head.baseUrl),
    tails,
    ...(form === 'full' ? { publisher: publisherFrame } : {}),
    close: '}',
    ...(before && { after: before.lastEntry }),
  })
  const times = [before?.times ?? '', joined.times].filter((text) => text !== '').join(',')
  const lastEntry = joined.lastEntry ?? before?.lastEntry ?? -1
  const start = before === undefined ? startOf(head) : joined.versions.length > 0 ? ',' : ''
  return {
    versions: Buffer.concat([Buffer.from(start), joined.versions]),
    end: Buffer.from(formatEnd(sources, head, { row, times })),
    soFar: { shape, lastEntry, times },
    hasGrown: before !== undefined,
  }
}

/** What stands in versions that are there already, and may change. */
function shapeOf(
  { state }: PackumentSources,
  name: string,
  { reshapes }: PackageRow,
): { readonly tails: ReadonlyMap<string, string>; readonly shape: string } {
  const all = [...readNotices(state, name)]
  const warnings = all.map(([version, notice]) => [version, warningOf(notice)] as const)
  const tails = warnings.filter(([, warning]) => warning !== '')
  return { tails: new Map(tails), shape: JSON.stringify([reshapes, tails]) }
}

function startOf({ name, form }: Head): string {
  const id = JSON.stringify(name)
  return `{${form === 'full' ? `"_id":${id},` : ''}"name":${id},"versions":{`
}

function formatEnd(
  sources: PackumentSources,
  { name, form }: Head,
  { row, times }: { readonly row: PackageRow; readonly times: string },
): string {
  const created = `"created":"${isoTime(row.createdMs)}"`
  const modified = `"modified":"${isoTime(row.modifiedMs)}"`
  const members = [
    `"dist-tags":${formatTags(sources.state, name)}`,
    `"time":{${[created, modified, times].filter((time) => time !== '').join(',')}}`,
    `"maintainers":${formatMaintainers(sources.state, name)}`, // yarn 1 changes owners by the abbreviated form.
    form === 'full' ? fullTail(sources, name, row) : modified,
    `"_rev":${JSON.stringify(row.rev)}`,
  ]
  return `},${members.filter((member) => member !== '').join(',')}}`
}

/** One version's manifest, full form. */
export function formatVersion(
  { state, views }: PackumentSources,
  { name, version, baseUrl }: { name: string; version: string; baseUrl: string },
): string | undefined {
  const detail = views.version(name, version)
  const piece = views.text(name, version, 'full')
  if (detail === undefined || piece === undefined) return undefined
  const tail = versionTail(readNotices(state, name).get(version), detail.publisher)
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

/** Whose version it is, around the account as a JSON text: as publicAccount() has it. */
const publisherFrame = [',"_npmUser":{"name":', ',"email":""}'] as const

function versionTail(notice: Notice | undefined, publisher: string | null): string {
  const [before, after] = publisherFrame
  const user = publisher === null ? '' : `${before}${JSON.stringify(publisher)}${after}`
  return `${warningOf(notice)}${user}}`
}

function warningOf(notice: Notice | undefined): string {
  const { deprecated } = notice ?? {}
  return deprecated === undefined ? '' : `,"deprecated":${JSON.stringify(deprecated)}`
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
