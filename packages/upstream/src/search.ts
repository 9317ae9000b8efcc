// Search at the upstream that is searched: what it finds of its own, and never a word that names something of ours.
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { askForJson, keepAnswers } from './asked-json.ts'
import type { Asking } from './asking.ts'
import type { BreakerState } from './breaker.ts'
import { keptAnswerMs, maxKeptSearches, maxSearchBytes, maxSearchSize } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'

/** What a search finds, as npm's search answers it (npm-wire S1). `total` counts all of the upstream's. */
type FoundPackages = { readonly objects: readonly JsonObject[]; readonly total: number }

/** A page of a search. */
type SearchedPage = { readonly text: string; readonly from: number; readonly size: number }

/** Undefined where no upstream is searched, or must not be told of this text. Throws upstream_budget_spent, and what asking throws. */
export type AskSearch = (page: SearchedPage, client?: string) => Promise<FoundPackages | undefined>

type Ports = Pick<UpstreamPorts, 'get' | 'decode' | 'now' | 'upstreams' | 'takeQuestion' | 'report'>

/** Searches, and what went wrong with the last one of an upstream, as long as none goes well. */
type Searching = {
  readonly search: AskSearch
  readonly lastError: (upstream: string) => BreakerState['lastError']
}

/** Nothing was asked yet. `whose` gives the upstream that a name is asked of. */
export function createSearch(
  ports: Ports,
  ask: Asking,
  whose: (name: string) => string | undefined,
): Searching {
  const upstream = ports.upstreams.find(({ search }) => search === true)
  const answers = keepAnswers<FoundPackages>(ports.now, {
    keptMs: keptAnswerMs,
    count: maxKeptSearches,
  })
  const isTheirs = (name: string): boolean => name !== '' && whose(name) === upstream?.id
  let lastError: BreakerState['lastError']
  /** Told once: who searches gets what is here, and no error. */
  const note = (error: unknown): void => {
    if (upstream === undefined || !isSteleError(error)) return
    const { message: reason, code } = error
    const isNew = lastError?.reason !== reason
    lastError = { reason, atMs: ports.now() }
    if (isNew && code !== 'upstream_unreachable')
      ports.report({ kind: 'unsearchable', upstream: upstream.id, reason })
  }
  const search: AskSearch = async ({ text, from, size }, client) => {
    if (upstream === undefined || text.trim() === '' || namesOthers(text, isTheirs))
      return undefined
    const count = Math.min(Math.max(size, 1), maxSearchSize) // How many there are is told with one at least.
    const query = new URLSearchParams({ text, from: String(from), size: String(count) })
    const path = `/-/v1/search?${query.toString()}`
    const what = 'a search'
    ports.takeQuestion(client)
    return answers(path, async () => {
      const answer = await ask(upstream, what, () =>
        askForJson(ports, upstream, { path, what, limit: maxSearchBytes }),
      ).catch((error: unknown) => {
        note(error)
        throw error
      })
      lastError = undefined
      const { objects = [], total = 0 } = isJsonObject(answer) ? answer : {}
      const found = Array.isArray(objects) ? objects.filter(isJsonObject) : []
      return {
        // What belongs to us, or to another upstream, is not this one's to describe.
        objects: found.filter((one) => isTheirs(nameOf(one))).slice(0, count),
        total: typeof total === 'number' && total >= 0 ? Math.floor(total) : found.length,
      }
    })
  }
  return { search, lastError: (id) => (id === upstream?.id ? lastError : undefined) }
}

/**
 * Something in the text may name what is not this upstream's: then it is not told that somebody looks for it. Names are looked
 * for wherever they stand, in quotes or behind an operator; `scope:x` names a scope.
 */
function namesOthers(text: string, isTheirs: (name: string) => boolean): boolean {
  const words = text.toLowerCase().match(/@?[\w.~-]+(?:\/[\w.~-]+)?/g) ?? []
  return words.some((word) => {
    const bare = word.replace(/^[-.]+|[.]+$/g, '')
    if (bare === '' || bare === '@') return false
    return /^@[^/]+$/.test(bare)
      ? !isTheirs(`${bare}/-`)
      : !isTheirs(bare) || !isTheirs(`@${bare}/-`)
  })
}

function nameOf(found: JsonObject): string {
  const { package: described } = found
  const name = isJsonObject(described) ? described['name'] : undefined
  return typeof name === 'string' ? name : ''
}
