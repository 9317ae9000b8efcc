// The page of packs: a version a row, with links to sort them and to go on.
import { escapeHtml, formatHeader, formatPage } from '../web/page.ts'
import { distributionUrl } from './addresses.ts'
import type { FoundPacks, Pack } from './packs.ts'

/** Packs, and how they were asked for. */
type PacksPage = FoundPacks & {
  /** The JS Registry's address. */
  readonly home: string
  /** It has a tarball and a zip. */
  readonly hasFiles: (name: string, version: string) => boolean
  /** As in the address; empty where there is none. */
  readonly filter: string
  readonly sort: string
}

/** The document. */
export function formatPacksPage(page: PacksPage): string {
  const { home, total, from, items, filter } = page
  const shown =
    items.length === 0 ? '' : `, of which these are ${from + 1} to ${from + items.length}`
  const filtered =
    filter === ''
      ? ''
      : ` that fit <code>${escapeHtml(filter)}</code>; <a href="${escapeHtml(home)}/packs">all</a>`
  const main = `${formatHeader('Packs', home.replace(/^https?:\/\//, ''))}
<p>${total} ${total === 1 ? 'version' : 'versions'}${filtered}${shown}.</p>
<table>
<tr><th>${sortLink(page, 'name')}</th><th>${sortLink(page, 'version')}</th><th>${sortLink(page, 'createdAt', 'published')}</th><th>files</th></tr>
${items.map((pack) => formatRow(pack, page)).join('\n')}
</table>
<p>${pageLinks(page)}</p>
<footer><a href="${escapeHtml(home)}">JS Registry</a></footer>`
  return formatPage({ title: 'Packs – JS Registry', main })
}

/** A click on what they are sorted by turns them round. */
function sortLink(
  { home, filter, sort }: PacksPage,
  field: keyof Pack,
  name: string = field,
): string {
  const sign = sort === `+${field}` || sort === ` ${field}` ? '-' : '+'
  return link(packsUrl(home, { filter, sort: `${sign}${field}` }), name)
}

function formatRow(pack: Pack, { home, hasFiles }: PacksPage): string {
  const { name, version, location, createdAt, createdBy } = pack
  const told = pack.title ?? pack.description ?? ''
  const text = told === '' ? '' : `<br><span class="soft">${escapeHtml(told)}</span>`
  const day = escapeHtml(createdAt?.slice(0, 10) ?? '')
  const by = createdBy === null ? '' : `<br><span class="soft">${escapeHtml(createdBy)}</span>`
  const release = { name: name ?? '', version: version ?? '' }
  const files = (['tgz', 'zip'] as const).map((type) =>
    link(distributionUrl(`${home}/root`, { ...release, type }), type),
  )
  return `<tr><td><b>${escapeHtml(release.name)}</b>${text}</td><td>${link(location ?? '', release.version)}</td><td>${day}${by}</td><td>${hasFiles(release.name, release.version) ? files.join(' ') : ''}</td></tr>`
}

function pageLinks({ home, total, from, size, items, filter, sort }: PacksPage): string {
  const to = (start: number, words: string): string => {
    const range = `${start}-${start + size - 1}`
    return link(packsUrl(home, { filter, sort, range }), words)
  }
  const back = from === 0 ? [] : [to(Math.max(from - size, 0), 'Back')]
  const on = from + items.length < total ? [to(from + items.length, 'Further')] : []
  return [...back, ...on].join(' ')
}

function packsUrl(home: string, query: Readonly<Record<string, string>>): string {
  const said = Object.entries(query).filter(([, value]) => value !== '')
  return `${home}/packs?${new URLSearchParams(said).toString()}`
}

function link(address: string, words: string): string {
  return `<a href="${escapeHtml(address)}">${escapeHtml(words)}</a>`
}
