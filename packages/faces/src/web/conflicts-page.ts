// The page of conflicts: what upstreams showed otherwise than at first, and was refused.
import type { ChangedPart } from '@stele/registry/reading'
import { escapeHtml, formatHeader, formatPage } from './page.ts'

/** A conflict as the page and the JSON tell it. `pinned` is absent where what was seen first is withheld. */
type ShownConflict = {
  readonly name: string
  readonly version: string
  readonly what: ChangedPart
  readonly pinned?: string
  readonly refused: string
  /** Present where what the tarball's own package.json tells is served by now. */
  readonly amended?: true
  /** ISO 8601. */
  readonly seen: string
  /** The log's entry that says so. */
  readonly entry: number
}

/** A page of them, the newest first. */
export type ConflictsPage = {
  readonly baseUrl: string
  /** The part that was asked for; both when absent. */
  readonly what: ChangedPart | undefined
  readonly total: number
  readonly from: number
  readonly conflicts: readonly ShownConflict[]
}

/** The document. */
export function formatConflictsPage({
  baseUrl,
  what,
  total,
  from,
  conflicts,
}: ConflictsPage): string {
  const url = escapeHtml(baseUrl)
  const next = from + conflicts.length
  const table = `<table>
<tr><th>version</th><th>changed</th><th>served</th><th>refused</th></tr>
${conflicts.map(formatRow).join('\n')}
</table>`
  const part = what === undefined ? '' : `&amp;what=${what}`
  const more =
    next < total
      ? `<p><a href="${url}/-/stele/conflicts?from=${next}${part}">Earlier ones</a></p>`
      : ''
  const main = `${formatHeader('Refused changes', baseUrl.replace(/^https?:\/\//, ''))}
<p>For these versions an upstream, or their own tarball, told something else than what was seen first. Nobody got that from this registry: it goes on serving what is in its log.</p>
<p>A <b>tarball</b> that changes under its version number is a reason to look closely at the package. A changed <b>record</b> is another list of dependencies, or other engines, binaries or the like, for the same tarball: <code>stele amend &lt;name@version&gt;</code> shows the operator how the pinned one differs from the tarball's own package.json, and asks whether that is to be served instead.</p>
<p class="soft">Of one packument at most 20 of each are logged at a time; the server's log says when there were more.</p>
${total === 0 ? '<p>Nothing has been refused so far.</p>' : table}
${more}
<footer><a href="${url}/">This registry</a></footer>`
  return formatPage({ title: 'Refused changes', main })
}

function formatRow({
  name,
  version,
  what,
  pinned,
  refused,
  amended,
  seen,
  entry,
}: ShownConflict): string {
  const prefix = what === 'record' ? 'SHA-256 ' : ''
  const first =
    pinned === undefined
      ? 'what was seen first; its hash was taken down'
      : `<code>${prefix}${escapeHtml(pinned)}</code>`
  const served = amended === true ? "what the tarball's package.json tells (amended)" : first
  return `<tr><td><b>${escapeHtml(name)}</b> ${escapeHtml(version)}<br><span class="soft">${escapeHtml(seen)}, entry ${entry}</span></td><td>${what}</td><td>${served}</td><td><code>${prefix}${escapeHtml(refused)}</code></td></tr>`
}
