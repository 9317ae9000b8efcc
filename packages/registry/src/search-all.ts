// The search that clients are answered: this registry's packages first, then those of the upstream that is searched.
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { maxSearchSize } from './limits.ts'
import type { UpstreamReads } from './ports.ts'
import type { SearchAnswer, SearchAsk } from './search.ts'

/** The same page again gives the same packages, without gaps or repeats. `isPartial`: the upstream could not be asked. */
export type SearchAll = (
  ask: SearchAsk,
  client?: string,
) => Promise<SearchAnswer & { readonly isPartial?: true }>

/** Over the search of this registry's own packages. Never throws on a query, or on what an upstream does. */
export function createSearchAll(
  search: (ask: SearchAsk) => SearchAnswer,
  upstream: UpstreamReads | undefined,
): SearchAll {
  return async (ask, client) => {
    const own = search(ask)
    if (upstream === undefined) return own
    const { text, from = 0, size = 20 } = ask
    const left = Math.min(size, maxSearchSize) - own.objects.length
    const page = { text, from: Math.max(0, from - own.total), size: left }
    try {
      const found = await upstream.search(page, client)
      if (found === undefined) return own
      const objects = left > 0 ? found.objects.flatMap((one) => described(one) ?? []) : []
      return {
        ...own,
        objects: [...own.objects, ...objects.slice(0, left)],
        total: own.total + found.total,
      }
    } catch (error) {
      if (isSteleError(error)) return { ...own, isPartial: true }
      throw error
    }
  }
}

type Found = SearchAnswer['objects'][number]

/** The members that clients read (npm-wire S1); undefined where name or version is malformed. */
function described(found: JsonObject): Found | undefined {
  const facts = found['package']
  if (!isJsonObject(facts)) return undefined
  const { name, version, description, keywords, date, links, publisher, maintainers } = facts
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  return {
    package: {
      name,
      version,
      description: textOr(description),
      keywords: listOf(keywords).filter((one) => typeof one === 'string'),
      date: textOr(date),
      links: isJsonObject(links) ? links : {},
      ...(isJsonObject(publisher) ? { publisher: accountOf(publisher) } : {}),
      maintainers: listOf(maintainers).filter(isJsonObject).map(accountOf),
    },
    score: { final: 0, detail: { quality: 0, popularity: 0, maintenance: 0 } },
    searchScore: 0,
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function textOr(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** pnpm wants `username`, older clients `name`. */
function accountOf({ username, name, email }: JsonObject): JsonObject {
  const known = textOr(username) || textOr(name)
  return { username: known, name: known, email: textOr(email) }
}
