// What people read of a package: the top of its packument, and what a search shows. Both tell what its latest version's tarball has.
import { hash } from 'node:crypto'
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseTolerantJson,
} from '@stele/formats/json'
import type { Difference } from './check-release.ts'
import { isSame } from './compare.ts'
import { maxShownMembers } from './limits.ts'
import { showValue } from './show-value.ts'
import { type Form, searchFacts, summaryMembers, type VersionPieces } from './version-pieces.ts'

/** Members of both forms that are compared elsewhere, and the revision, which is the server's own. */
const otherMembers = ['name', 'versions', 'dist-tags', 'time', 'maintainers', 'users', '_rev']
const membersOf: { readonly [F in Form]: ReadonlySet<string> } = {
  full: new Set([...otherMembers, ...summaryMembers, '_id', 'readme']),
  abbreviated: new Set([...otherMembers, 'modified']),
}

type Page = {
  readonly name: string
  readonly form: Form
  /** Of the latest version; null where tarballs are left alone, and so is what they tell. */
  readonly pieces: VersionPieces | null
}

/** The texts at the top of a packument. The abbreviated form has none. */
export function comparePage(document: JsonObject, { name, form, pieces }: Page): Difference[] {
  if (form !== 'full') return []
  const id = differenceOf('_id', document['_id'], name)
  if (pieces === null) return id
  const { summary, readme } = pieces
  const value: JsonValue = parseTolerantJson(summary, 'a summary')
  const wanted: JsonObject = isJsonObject(value) ? { ...value, readme } : { readme }
  const members = [...summaryMembers, 'readme']
  return [
    ...id,
    ...members.flatMap((member) => differenceOf(member, document[member], wanted[member])),
  ]
}

function differenceOf(
  member: string,
  found: JsonValue | undefined,
  wanted: JsonValue | undefined,
): Difference[] {
  if (isSame(found, wanted)) return []
  const what = `${member} at the top of the packument`
  return [{ what, found: showValue(found), wanted: showValue(wanted) }]
}

/** What a packument says that this version knows nothing of: it cannot be compared, and clients may read it. */
export function unknownMembers(document: JsonObject, form: Form): readonly string[] {
  const unknown = Object.keys(document).filter((member) => !membersOf[form].has(member))
  return unknown.slice(0, maxShownMembers).map((name) => `"${showValue(name)}" of packuments`)
}

/** What a search must show of a package, as digests: kept for every package until the search has been read. */
export function describeListed({ summary }: Pick<VersionPieces, 'summary'>): string {
  const { description, keywords, links } = searchFacts(summary)
  return JSON.stringify([description, keywords, links].map(digestOf))
}

/** The members of a search result that are not what describeListed() said. */
export function compareListedTexts(listed: JsonObject, told: string): readonly Difference[] {
  const wanted: unknown = JSON.parse(told)
  const digests: readonly unknown[] = Array.isArray(wanted) ? wanted : []
  return ['description', 'keywords', 'links'].flatMap((member, at) => {
    const found = listed[member]
    if (digestOf(found ?? null) === digests[at]) return []
    const what = `its ${member} in the search`
    return [{ what, found: showValue(found), wanted: 'what the tarball of its latest version has' }]
  })
}

/** Sorted members: the order in an object says nothing. */
function digestOf(value: JsonValue): string {
  return hash('sha256', JSON.stringify(sorted(value)), 'base64').slice(0, 22)
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}
