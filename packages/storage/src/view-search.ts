// Search in the registry's views. An exact name comes first. Where some hundreds match at most, the rest is by relevance,
// and by name where that is the same. Where more do, relevance hardly tells them apart and takes milliseconds for every
// thousand: those that have all words in their names come first, then the others, the oldest first in both.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SearchPage, ViewReader } from '@stele/registry/reading'
import { number, type Row, text } from './columns.ts'
import { maxRankedMatches } from './limits.ts'

// A word of the name counts most.
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

type Among = { readonly scope: string; readonly maintainer?: string }
type Searching = ReturnType<typeof prepareSearch>

/** The statements for searches among all packages, or among those of one maintainer. */
function prepareSearch(db: DatabaseSync, join: string) {
  const found = 'SELECT p.name, p.latest'
  const count = 'SELECT count(*) AS total'
  const page = 'LIMIT :size OFFSET :from'
  const others = `${matching(join)} AND p.name <> :exact`
  return {
    countAll: db.prepare(`${count} ${all(join)}`),
    everything: db.prepare(`${found} ${all(join)} ORDER BY (p.name = :exact) DESC, p.name ${page}`),
    count: db.prepare(`${count} ${matching(join)}`),
    ranked: db.prepare(`${found} ${matching(join)} ORDER BY ${best} ${page}`),
    countOthers: db.prepare(`${count} ${others}`),
    /** In the order of the index: what is not wanted is not even looked at. */
    oldest: db.prepare(`${found} ${others} ORDER BY view_search.rowid ${page}`),
    exact: db.prepare(`${found} ${matching(join)} AND p.name = :exact`),
    any: db.prepare(`${found} ${matching(join)} ${page}`),
  }
}

/** A page of what matches, and how much there is. */
export function createSearch(db: DatabaseSync): ViewReader['search'] {
  const anyones = prepareSearch(db, '')
  const ones = prepareSearch(db, owned)
  const countMatches = db.prepare(
    'SELECT count(*) AS total FROM view_search WHERE view_search MATCH :match',
  )
  return (asked) => {
    const { exact, from, size, maintainer } = asked
    const among: Among = {
      scope: asked.scope === undefined ? '' : `${asked.scope}/`,
      ...(maintainer === undefined ? {} : { maintainer }),
    }
    const statements = maintainer === undefined ? anyones : ones
    const match = matchOf(asked)
    if (match === '') {
      const total = number(statements.countAll.get(among), 'total')
      return { total, found: read(statements.everything, { ...among, exact, from, size }) }
    }
    const isAnything = among.scope === '' && maintainer === undefined
    const total = isAnything
      ? number(countMatches.get({ match }), 'total')
      : number(statements.count.get({ ...among, match }), 'total')
    if (total === 0) return { total, found: [] }
    if (total > maxRankedMatches) return { total, found: readMany(statements, among, asked) }
    const wanted = { ...among, match, from, size }
    const found =
      total === 1 ? read(statements.any, wanted) : read(statements.ranked, { ...wanted, exact })
    return { total, found }
  }
}

/** The exact name, what has all words in its name, and the rest: the page `[from, from + size)` of the three after one another. */
function readMany(statements: Searching, among: Among, asked: SearchPage): readonly Found[] {
  const { exact, words } = asked
  const match = matchOf(asked)
  const named = words.length === 0 ? match : matchOf(asked, '{name joined} : ')
  const rest = words.length === 0 ? undefined : `(${match}) NOT (${named})`
  const found: Found[] = []
  let [from, size] = [asked.from, asked.size]
  const take = (rows: readonly Found[], total: () => number): void => {
    found.push(...rows)
    size -= rows.length
    if (size > 0) from = Math.max(0, from - total())
  }
  const own = read(statements.exact, { ...among, match, exact })
  take(own.slice(from, from + size), () => own.length)
  for (const each of [named, rest]) {
    if (size <= 0 || each === undefined) continue
    const where = { ...among, match: each, exact }
    const rows = read(statements.oldest, { ...where, from, size })
    take(rows, () => number(statements.countOthers.get(where), 'total'))
  }
  return found
}

type Found = ReturnType<ViewReader['search']>['found'][number]

function read(statement: StatementSync, asked: Record<string, string | number>): readonly Found[] {
  const rows: Row[] = statement.all(asked)
  return rows.map((row) => ({ name: text(row, 'name'), version: text(row, 'latest') }))
}

/** The query in the index's own language: every word as a quoted prefix, so that nothing in it is an operator; words in those columns. */
function matchOf({ words, keywords }: SearchPage, columns = ''): string {
  const all = words.map((word) => `"${word}" *`).join(' AND ')
  const among = keywords.map((word) => `keywords : "${word}" *`)
  return [...(words.length === 0 ? [] : [`${columns}(${all})`]), ...among].join(' AND ')
}
