// The pages of a service: its methods and addresses, its files as plain listings, its calls.
import { blobPath, filesRoot, logRoot } from '@stele/entries/paths'
import { maxServicesShown } from '../limits.ts'
import { escapeHtml, formatHeader, formatPage } from '../web/page.ts'

/** An entry in words. */
export type ShownEntry = {
  readonly index: number
  /** ISO 8601. */
  readonly time: string
  readonly who: string
  readonly what: string
  readonly answer: string
  readonly changes: number
}

/** The page of the service itself. */
export function formatServicePage({
  title,
  origin,
  baseUrl,
  methods,
  entries,
  script,
  services,
}: {
  readonly title: string
  readonly origin: string
  readonly baseUrl: string
  readonly methods: readonly string[]
  readonly entries: number
  readonly script: string
  /** Those that it has made; the path of one that nobody serves is empty. */
  readonly services: readonly { readonly path: string; readonly title: string }[]
}): string {
  const url = escapeHtml(baseUrl)
  const named = methods.map((name) => `<code>${escapeHtml(name)}</code>`).join(', ')
  const address = escapeHtml(baseUrl.replace(/^https?:\/\//, ''))
  const main = `${formatHeader(title, origin)}
<p>A service that anyone can audit: each call is in a public log, with what it answered and what it changed, and the script that ran it is at hand.</p>
<dl>
<dt>Methods</dt><dd>${named === '' ? 'none' : named}</dd>
<dt>Files</dt><dd><a href="${url}${filesRoot}">${url}${filesRoot}</a></dd>
<dt>Call log</dt><dd><a href="${url}${logRoot}">${url}${logRoot}</a>, ${entries} ${entries === 1 ? 'entry' : 'entries'}</dd>
<dt>Script</dt><dd><a href="${url}${logRoot}${blobPath(script)}">SHA-512 ${script.slice(0, 16)}…</a></dd>
</dl>
${formatServices(url, services)}<h2>Call it</h2>
<pre><code>nodevms repl ${address}</code></pre>
<h2>Check it</h2>
<p>Runs every call again, and compares what it answered and wrote.</p>
<pre><code>nodevms verify ${address}</code></pre>
<h2>Keep a copy</h2>
<p>Its log and its files, which can be checked and copied without this server.</p>
<pre><code>stele clone ${address} copy</code></pre>`
  return formatPage({ title, main })
}

function formatServices(
  url: string,
  services: readonly { readonly path: string; readonly title: string }[],
): string {
  if (services.length === 0) return ''
  const items = services.slice(0, maxServicesShown).map(({ path, title }) => {
    const name = escapeHtml(title === '' ? path : title)
    return `<li>${path === '' ? name : `<a href="${url}/${escapeHtml(path)}/">${name}</a>`}</li>`
  })
  const more = services.length - items.length
  const rest = more > 0 ? `<p>And ${more} more.</p>\n` : ''
  return `<h2>Services that it has made</h2>\n<ul>\n${items.join('\n')}\n</ul>\n${rest}`
}

/** A folder's listing. */
export function formatFolderPage({
  baseUrl,
  title,
  path,
  names,
}: {
  readonly baseUrl: string
  readonly title: string
  readonly path: string
  readonly names: readonly string[]
}): string {
  const here = path === '/' ? '/' : `${path}/`
  const place = `${escapeHtml(baseUrl)}${filesRoot.slice(0, -1)}${here.split('/').map(encodeURIComponent).join('/')}`
  const up = path === '/' ? '' : `<li><a href="${place}../">../</a></li>\n`
  const items = names.map((name) => {
    const isFolder = name.endsWith('/')
    const bare = isFolder ? name.slice(0, -1) : name
    const target = `${place}${encodeURIComponent(bare)}${isFolder ? '/' : ''}`
    return `<li><a href="${target}">${escapeHtml(name)}</a></li>`
  })
  const list =
    names.length === 0 && up === ''
      ? '<p>No files yet.</p>'
      : `<ul>\n${up}${items.join('\n')}\n</ul>`
  const main = `${formatHeader(here, title)}
${list}
<footer><a href="${escapeHtml(baseUrl)}/">This service</a></footer>`
  return formatPage({ title: `${here} – ${title}`, main })
}

/** Some entries of the log, the newest first. */
export function formatCallsPage({
  baseUrl,
  title,
  total,
  entries,
}: {
  readonly baseUrl: string
  readonly title: string
  readonly total: number
  readonly entries: readonly ShownEntry[]
}): string {
  const url = escapeHtml(baseUrl)
  const first = entries.at(-1)?.index ?? 0
  const earlier =
    first > 0 ? `<p><a href="${url}${logRoot}?before=${first}">Earlier ones</a></p>` : ''
  const main = `${formatHeader('Call log', title)}
<p class="soft">${total} ${total === 1 ? 'entry' : 'entries'}. The same as signed files, for programs: <code>checkpoint</code>, <code>tile/</code>, <code>body/</code>, <code>effects/</code> below this address.</p>
<table class="calls">
<tr><th>entry</th><th>call</th><th>answer</th></tr>
${entries.map(formatRow).join('\n')}
</table>
${earlier}
<footer><a href="${url}/">This service</a></footer>`
  return formatPage({ title: `Call log – ${title}`, main })
}

function formatRow({ index, time, who, what, answer, changes }: ShownEntry): string {
  const changed =
    changes === 0
      ? ''
      : `<br><span class="soft">${changes} ${changes === 1 ? 'change' : 'changes'}</span>`
  return `<tr><td>${index}<br><span class="soft">${escapeHtml(time.replace('T', ' '))}</span></td><td><code>${escapeHtml(what)}</code><br><span class="soft">${escapeHtml(who)}</span></td><td><code>${escapeHtml(answer)}</code>${changed}</td></tr>`
}
