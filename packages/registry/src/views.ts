// What an entry of the log changes in the views: a plan of plain data, which the storage applies with the commit.

import type { WithheldPart } from '@stele/entries/bodies'
import type { Write } from '@stele/entries/calls'
import type { LoggedEntry } from '@stele/entries/transition'
import { decodeSegment, parseIntegrity } from '@stele/formats/names'
import { parseContentsValue, parseVersionsValue } from '@stele/formats/values'
import { readSeenConflict } from '@stele/releases/observed'
import {
  readRelease,
  recordPieces,
  type VersionPieces,
  versionPieces,
} from '@stele/releases/release'
import { decode, isStar, parseNotice, parsePackageObject } from '@stele/releases/state'
import type { ConflictRow } from './view-reader.ts'

/** A published version, as the views keep it. */
export type VersionWrite = {
  readonly kind: 'version'
  readonly name: string
  readonly version: string
  /** The entry that published it, its time, who called, and the tags that it set. */
  readonly entry: number
  readonly timeMs: number
  readonly publisher: string | null
  readonly tags: readonly string[]
  readonly pieces: VersionPieces
}

/** A version of a package. */
type VersionName = { readonly name: string; readonly version: string }

/**
 * One change of the views, in order: `touch` (the package's revision and time; comes first; not for stars), `version` (a new
 * one), `gone` (a removed one), `latest` (what search and the page's top show), `owner`, `star`, and `conflict` (an upstream
 * showed other bytes for a version, or another record, than it did at first). A takedown gives the
 * other three: `withheld_entry` (the versions that an entry published and whose values nobody may tell any
 * more: all of its versions but the `kept`), `withheld_tarball` (what only the tarball tells: the readme, the members outside the record), and `revise_all` (a
 * new revision for every package: what was made ready of them may tell what was taken down).
 */
export type ViewWrite =
  | { readonly kind: 'touch'; readonly name: string; readonly rev: string; readonly timeMs: number }
  | VersionWrite
  | { readonly kind: 'gone'; readonly name: string; readonly version: string }
  | { readonly kind: 'latest'; readonly name: string; readonly version: string | null }
  | {
      readonly kind: 'owner'
      readonly name: string
      readonly account: string
      readonly isOwner: boolean
    }
  | {
      readonly kind: 'star'
      readonly name: string
      readonly account: string
      readonly starred: boolean
      /** The entry that said so. */
      readonly entry: number
    }
  | ({ readonly kind: 'conflict' } & ConflictRow)
  | {
      readonly kind: 'withheld_entry'
      readonly entry: number
      readonly kept: readonly VersionName[]
    }
  | { readonly kind: 'withheld_tarball'; readonly sha512: string }
  | { readonly kind: 'revise_all'; readonly rev: string }

/**
 * The changes that an entry makes to the views, from its writes and its body alone. A published version's pieces are
 * the prepared ones where they are given, else they are made from the tarball's blob: the same to the byte. Of a takedown
 * `entryAt` tells what it has left of the entries that it names.
 */
export function planViews(
  entry: LoggedEntry,
  blobs: (name: string) => Uint8Array | undefined,
  entryAt: (index: number) => LoggedEntry | undefined,
): readonly ViewWrite[] {
  if (entry.body !== null && 'withhold' in entry.body)
    return planTakedown(entry, entry.body.withhold, entryAt)
  const packages = Map.groupBy(placedWrites(entry.writes), (write) => write.name)
  return [...packages].flatMap(([name, writes]) => {
    const plan = { entry, name, writes, blobs }
    const conflicts = planConflicts(plan)
    const isHosted = writes.some((write) => isHostedWrite(entry.body, write))
    return [...(isHosted ? planPackage(plan) : planChosen(plan)), ...conflicts]
  })
}

/** What the registry derives from its log. Raise `version` when `planViews` gives other writes for the same entries. */
export const registryProjection: {
  readonly name: string
  readonly version: number
  readonly plan: typeof planViews
} = { name: 'registry', version: 6, plan: planViews }

/** The revision of a package whose last change was this entry: `<index>-<16 hex digits of the leaf hash>`. */
export function revisionOf(entry: Pick<LoggedEntry, 'index' | 'leafHash'>): string {
  return `${entry.index}-${Buffer.from(entry.leafHash).toString('hex').slice(0, 16)}`
}

/** A body is not in the views, but for the account that published; effects are not at all. */
function planTakedown(
  entry: LoggedEntry,
  withhold: readonly WithheldPart[],
  entryAt: (index: number) => LoggedEntry | undefined,
): readonly ViewWrite[] {
  const writes = withhold.flatMap((part): ViewWrite[] => {
    if ('blob' in part) return [{ kind: 'withheld_tarball', sha512: part.blob }]
    if (part.part !== 'values') return []
    return [{ kind: 'withheld_entry', entry: part.entry, kept: wholeVersions(entryAt(part.entry)) }]
  })
  return writes.length === 0 ? [] : [...writes, { kind: 'revise_all', rev: revisionOf(entry) }]
}

/** The versions that an entry published and of which both values are still there: the views of them tell nothing else. */
function wholeVersions(entry: LoggedEntry | undefined): readonly VersionName[] {
  const writes = placedWrites(entry?.writes ?? []).filter(({ text }) => text !== null)
  const contents = writes.filter(({ part }) => part === 'contents')
  return writes.flatMap(({ name, part, field: version }) => {
    const isWhole = contents.some((one) => one.name === name && one.field === version)
    return part === 'versions' && isWhole ? [{ name, version }] : []
  })
}

type PlacedWrite = {
  readonly name: string
  readonly part: string
  readonly field: string
  readonly text: string | null
}

const hostedParts = new Set(['tags', 'owners', 'stars'])

/** True for what is written of packages that are published here: each of their changes has one of these. */
function isHostedWrite(body: LoggedEntry['body'], write: PlacedWrite): boolean {
  if (write.part !== 'notices') return hostedParts.has(write.part)
  return otherRecord(body, write) === undefined
}

/**
 * The SHA-256 of the other record that this write notes. A notice keeps it when its package became this registry's own and
 * something else is noted; where nobody knows any more what was called, it is taken for new where nothing else is noted.
 */
function otherRecord(body: LoggedEntry['body'], { part, text }: PlacedWrite): string | undefined {
  if (part !== 'notices' || text === null) return undefined
  const { differs, deprecated, gone } = parseNotice(text)
  const isNew =
    body !== null && 'method' in body ? body.method === 'differ' : deprecated === undefined && !gone
  return isNew ? differs : undefined
}

type PackagePlan = {
  readonly entry: LoggedEntry
  readonly name: string
  readonly writes: readonly PlacedWrite[]
  readonly blobs: (name: string) => Uint8Array | undefined
}

function placedWrites(writes: readonly Write[]): readonly PlacedWrite[] {
  return writes.flatMap(({ object, field, value }) => {
    const place = parsePackageObject(object)
    if (place === undefined) return []
    return [{ ...place, field, text: value === null ? null : decode(value) }]
  })
}

function planPackage({ entry, name, writes, blobs }: PackagePlan): readonly ViewWrite[] {
  const of = (part: string): readonly PlacedWrite[] => writes.filter((write) => write.part === part)
  const touch = { kind: 'touch' as const, name, rev: revisionOf(entry), timeMs: entry.timeMs }
  // A star is anyone's: it must not make what an owner is about to change stale.
  const isTouched = writes.some((write) => !isStar(write))
  const contents = new Map(of('contents').map((write) => [write.field, write.text ?? '']))
  const tags = of('tags').map((write) => ({ tag: decodeSegment(write.field), version: write.text }))
  const versions = of('versions').flatMap(({ field: version, text }) => {
    const itsContents = contents.get(version)
    if (text === null || itsContents === undefined) return []
    return {
      kind: 'version' as const,
      name,
      version,
      entry: entry.index,
      timeMs: entry.timeMs,
      publisher: accountOf(entry.body),
      tags: tags.filter((tag) => tag.version === version).map(({ tag }) => tag),
      pieces: piecesOf(entry, blobs, { version: text, contents: itsContents }),
    }
  })
  const gone = of('notices')
    .filter(({ text }) => text !== null && parseNotice(text).gone)
    .map(({ field: version }) => ({ kind: 'gone' as const, name, version }))
  const latest = tags
    .filter(({ tag }) => tag === 'latest')
    .map(({ version }) => ({ kind: 'latest' as const, name, version }))
  const owners = of('owners').map(({ field: account, text }) => ({
    kind: 'owner' as const,
    name,
    account,
    isOwner: text !== null,
  }))
  const stars = of('stars').map(({ field: account, text }) => ({
    kind: 'star' as const,
    name,
    account,
    starred: text !== null,
    entry: entry.index,
  }))
  return [...(isTouched ? [touch] : []), ...versions, ...gone, ...latest, ...owners, ...stars]
}

/** What was chosen of an upstream is listed when the name becomes this registry's own, which makes it a package. */
function planChosen({ entry, name, writes }: PackagePlan): readonly ViewWrite[] {
  const chosen = writes.filter(({ part, text }) => part === 'versions' && text !== null)
  return chosen.map(({ field: version, text }) => {
    const { integrity, record } = parseVersionsValue(text ?? '')
    const { algorithm, digest } = parseIntegrity(integrity)
    const sha512 = algorithm === 'sha512' ? Buffer.from(digest).toString('hex') : ''
    return {
      kind: 'version' as const,
      name,
      version,
      entry: entry.index,
      timeMs: entry.timeMs,
      publisher: null,
      tags: [],
      pieces: recordPieces(record, { integrity, sha512 }),
    }
  })
}

function planConflicts({ entry, name, writes }: PackagePlan): readonly ViewWrite[] {
  return writes.flatMap((write): ViewWrite[] => {
    const other = otherRecord(entry.body, write)
    if (other !== undefined) {
      const differing = { name, version: write.field, what: 'record', shown: other } as const
      return [{ kind: 'conflict', ...differing, seenMs: entry.timeMs, entry: entry.index }]
    }
    const { part, text } = write
    const version = /^conflicts\/(.+)$/.exec(part)?.[1]
    const refused = version === undefined || text === null ? undefined : readSeenConflict(text)
    if (version === undefined || refused === undefined) return []
    const { integrity: shown, seenMs } = refused
    return [{ kind: 'conflict', name, version, what: 'tarball', shown, seenMs, entry: entry.index }]
  })
}

function piecesOf(
  { prepared }: LoggedEntry,
  blobs: (name: string) => Uint8Array | undefined,
  values: { readonly version: string; readonly contents: string },
): VersionPieces {
  const { sha512 } = parseContentsValue(values.contents)
  if (isPieces(prepared) && prepared.sha512 === sha512) return prepared
  const blob = blobs(sha512)
  if (blob !== undefined) return versionPieces(readRelease(blob))
  const { integrity, record } = parseVersionsValue(values.version)
  return recordPieces(record, { integrity, sha512 })
}

function isPieces(value: unknown): value is VersionPieces {
  return typeof value === 'object' && value !== null && 'sha512' in value && 'abbreviated' in value
}

function accountOf(body: LoggedEntry['body']): string | null {
  return body !== null && 'account' in body ? body.account : null
}
