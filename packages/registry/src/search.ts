// Search: from the words of a query to the answer that npm, pnpm and the pages read (npm-wire S1).

import type { JsonObject } from '@stele/formats/json'
import { isoTime, searchFacts } from '@stele/releases/release'
import { readOwners } from '@stele/releases/state'
import { maxSearchLength, maxSearchSize, maxSearchWords } from './limits.ts'
import { type PackumentSources, publicAccount } from './packument.ts'
import type { SearchTerms } from './view-reader.ts'

/** A search as it is asked. `size` is 20 where it is absent, 250 at most. */
export type SearchAsk = { readonly text: string; readonly from?: number; readonly size?: number }

/** One package found. */
type SearchResult = {
  readonly package: JsonObject
  readonly score: { readonly final: number; readonly detail: JsonObject }
  readonly searchScore: number
}

/** The page of results; `total` counts all. */
export type SearchAnswer = {
  readonly objects: readonly SearchResult[]
  readonly total: number
  readonly time: string
}

const defaultSize = 20

/** Search over the hosted packages. Never throws on a query, however odd. */
export function createSearch(
  sources: PackumentSources & { readonly now: () => number },
): (ask: SearchAsk) => SearchAnswer {
  const { views } = sources
  return ({ text, from = 0, size = defaultSize }) =>
    views.snapshot(() => {
      const page = {
        ...parseSearch(text),
        from: bounded(from, Number.MAX_SAFE_INTEGER),
        size: bounded(size, maxSearchSize),
      }
      const { total, found } = views.search(page)
      const objects = found.flatMap(({ name, version }) => describe(sources, name, version) ?? [])
      return { objects, total, time: isoTime(sources.now()) }
    })
}

/**
 * The terms of a query: words to be found as prefixes; `keywords:a,b`, `scope:name` and `maintainer:account` narrow it,
 * as npm's public search has them. Other operators are words like any others.
 */
export function parseSearch(text: string): SearchTerms {
  const query = text.slice(0, maxSearchLength).toWellFormed().trim().toLowerCase()
  const words: string[] = []
  const keywords: string[] = []
  let scope: string | undefined
  let maintainer: string | undefined
  for (const item of query.split(/\s+/)) {
    const [, operator, operand = ''] = /^(keywords|maintainer|scope):(.+)$/.exec(item) ?? []
    if (operator === 'scope') scope = `@${operand.replace(/^@/, '')}`
    else if (operator === 'maintainer') maintainer = operand
    else if (operator === 'keywords') keywords.push(...wordsOf(operand))
    else words.push(...wordsOf(item))
  }
  return {
    exact: query,
    words: words.slice(0, maxSearchWords),
    keywords: keywords.slice(0, maxSearchWords),
    ...(scope === undefined ? {} : { scope }),
    ...(maintainer === undefined ? {} : { maintainer }),
  }
}

/** Runs of letters, marks and digits, as the index has them. */
function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
}

function bounded(value: number, max: number): number {
  if (!Number.isFinite(value) || value < 0) return 0
  return Math.min(Math.floor(value), max)
}

function describe(
  { state, views }: PackumentSources,
  name: string,
  version: string,
): SearchResult | undefined {
  const detail = views.version(name, version)
  if (detail === undefined) return undefined
  const maintainers = readOwners(state, name).map(searchAccount)
  const { publisher } = detail
  const { description, keywords, links } = searchFacts(detail.summary)
  return {
    package: {
      name,
      version,
      description,
      keywords,
      date: isoTime(detail.timeMs),
      links,
      ...(publisher === null ? {} : { publisher: searchAccount(publisher) }),
      maintainers,
    },
    score: { final: 1, detail: { quality: 1, popularity: 1, maintenance: 1 } },
    searchScore: 1,
  }
}

/** pnpm wants `username`, older clients `name`. */
function searchAccount(account: string): JsonObject {
  return { username: account, ...publicAccount(account) }
}
