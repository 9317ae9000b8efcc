// The page of conflicts: what upstreams showed otherwise than at first, and was refused.
import { escapeHtml, formatHeader, formatPage } from './page.ts'

/** A conflict as the page and the JSON tell it. `pinned` is absent for a version that nobody has installed yet. */
type ShownConflict = {
  readonly name: string
  readonly version: string
  readonly pinned?: string
  readonly refused: string
  /** ISO 8601. */
  readonly seen: string
  /** The log's entry that says so. */
  readonly entry: number
}

/** A page of them, the newest first. */
export type ConflictsPage = {
  readonly baseUrl: string
  readonly total: number
  readonly from: number
  readonly conflicts: readonly ShownConflict[]
}

/** The document. */
export function formatConflictsPage({ baseUrl, total, from, conflicts }: ConflictsPage): string {
  const url = escapeHtml(baseUrl)
  const next = from + conflicts.length
  const rows = conflicts.map(
    ({ name, version, pinned = 'what was seen first', refused, seen, entry }) =>
      `<tr><td><b>${escapeHtml(name)}</b> ${escapeHtml(version)}<br><span class="soft">${escapeHtml(seen)}, entry ${entry}</span></td><td><code>${escapeHtml(pinned)}</code></td><td><code>${escapeHtml(refused)}</code></td></tr>`,
  )
  const table = `<table>
<tr><th>version</th><th>served</th><th>refused</th></tr>
${rows.join('\n')}
</table>`
  const more =
    next < total ? `<p><a href="${url}/-/stele/conflicts?from=${next}">Earlier ones</a></p>` : ''
  const main = `${formatHeader('Refused changes', baseUrl.replace(/^https?:\/\//, ''))}
<p>An upstream offered other bytes for these versions than it did when they were first seen. Nobody got them from this registry: it goes on serving what is in its log. A tarball that changes under its version number is a reason to look closely at the package.</p>
${total === 0 ? '<p>Nothing has been refused so far.</p>' : table}
${more}
<footer><a href="${url}/">This registry</a></footer>`
  return formatPage({ title: 'Refused changes', main })
}
