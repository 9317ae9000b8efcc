// Search in the registry's views.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SearchPage, ViewReader } from '@stele/registry/reading'
import { number, text } from './columns.ts'

// An exact name comes first; then by relevance, a word of the name counting most; then by name, so that pages join.
const best = '(p.name = :exact) DESC, bm25(view_search, 10.0, 8.0, 4.0, 1.0), p.name'
const inScope = `(:scope = '' OR substr(p.name, 1, length(:scope)) = :scope)`
const owned = 'JOIN view_owners o ON o.name = p.name AND o.account = :maintainer'

function matching(join: string): string {
  return `FROM view_search JOIN view_packages p ON p.id = view_search.rowid ${join}
    WHERE view_search MATCH :match AND ${inScope}`
}

function all(join: string): string {
  return `FROM view_packages p ${join} WHERE p.latest IS NOT NULL AND ${inScope}`
}

type Searching = { readonly total: StatementSync; readonly page: StatementSync }

/** A page of what matches, and how much there is. */
export function createSearch(db: DatabaseSync): ViewReader['search'] {
  const found = 'SELECT p.name, p.latest'
  const count = 'SELECT count(*) AS total'
  const page = 'LIMIT :size OFFSET :from'
  const matched = (join: string): Searching => ({
    total: db.prepare(`${count} ${matching(join)}`),
    page: db.prepare(`${found} ${matching(join)} ORDER BY ${best} ${page}`),
  })
  const every = (join: string): Searching => ({
    total: db.prepare(`${count} ${all(join)}`),
    page: db.prepare(`${found} ${all(join)} ORDER BY (p.name = :exact) DESC, p.name ${page}`),
  })
  const anyones = { matched: matched(''), every: every('') }
  const ones = { matched: matched(owned), every: every(owned) }
  return (asked) => {
    const { exact, from, size } = asked
    const match = matchOf(asked)
    const { maintainer } = asked
    const among = maintainer === undefined ? anyones : ones
    const statements = match === '' ? among.every : among.matched
    const scope = asked.scope === undefined ? '' : `${asked.scope}/`
    const wanted = {
      scope,
      ...(match === '' ? {} : { match }),
      ...(maintainer === undefined ? {} : { maintainer }),
    }
    return {
      total: number(statements.total.get(wanted), 'total'),
      found: statements.page
        .all({ ...wanted, exact, from, size })
        .map((row) => ({ name: text(row, 'name'), version: text(row, 'latest') })),
    }
  }
}

/** The query in the index's own language: every word as a quoted prefix, so that nothing in it is an operator. */
function matchOf({ words, keywords }: SearchPage): string {
  const anywhere = words.map((word) => `"${word}" *`)
  const among = keywords.map((word) => `keywords : "${word}" *`)
  return [...anywhere, ...among].join(' AND ')
}
