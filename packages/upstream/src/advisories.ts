// Advisories: each upstream is asked of the packages that came from it, and of no others.
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { askForJson, keepAnswers } from './asked-json.ts'
import type { Asking } from './asking.ts'
import { keptAnswerMs, maxAdvisoryBytes, maxKeptAdvisories } from './limits.ts'
import type { Upstream, UpstreamPorts } from './ports.ts'

/** Versions by package name. */
type Audited = ReadonlyMap<string, readonly string[]>

/** What is known of packages, and of which nobody was asked. */
type Advisories = {
  /** By package name, as its upstream tells them. */
  readonly found: JsonObject
  /** Names that came from no upstream, or whose upstream gives no advisories. */
  readonly unknown: readonly string[]
}

/** Asks for advisories. Throws rate_limited, upstream_unreachable, upstream_refused, upstream_answer_odd, upstream_too_large. */
export type AskAdvisories = (packages: Audited, client?: string) => Promise<Advisories>

type Ports = Pick<UpstreamPorts, 'get' | 'decode' | 'now' | 'upstreams' | 'state' | 'takeQuestion'>

const path = '/-/npm/v1/security/advisories/bulk'
/** How a registry says that it has no such address. */
const notOffered: readonly number[] = [400, 404, 405, 410, 501]

/** Nothing was asked yet. Each answer is kept for a minute: a team's machines ask the same. */
export function createAdvisories(ports: Ports, ask: Asking): AskAdvisories {
  const answers = keepAnswers<JsonObject>(ports.now, {
    keptMs: keptAnswerMs,
    count: maxKeptAdvisories,
  })
  const askOnce = (upstream: Upstream, packages: Audited): Promise<JsonObject> => {
    const body = Object.fromEntries(packages)
    const key = `${upstream.id} ${JSON.stringify(body)}`
    const question = { path, body, what: 'advisories', limit: maxAdvisoryBytes }
    return answers(key, async () => {
      const asked = (): Promise<JsonValue> => askForJson(ports, upstream, question)
      return onlyOf(await ask(upstream, question.what, asked), packages)
    })
  }
  return async (packages, client) => {
    const { groups, ours } = groupByUpstream(ports, packages)
    if (groups.size > 0) ports.takeQuestion(client)
    const answers = await Promise.all(
      [...groups].map(async ([upstream, group]): Promise<Advisories> => {
        try {
          return { found: await askOnce(upstream, group), unknown: [] }
        } catch (error) {
          const isNone =
            isSteleError(error, 'upstream_refused') && notOffered.includes(error.details.status)
          if (isNone) return { found: {}, unknown: [...group.keys()] }
          throw error
        }
      }),
    )
    return {
      found: Object.assign(Object.create(null), ...answers.map(({ found }) => found)),
      unknown: [...ours, ...answers.flatMap(({ unknown }) => unknown)],
    }
  }
}

/** By where the log says that each came from. What it does not know is told to nobody. */
function groupByUpstream(
  { upstreams, state }: Ports,
  packages: Audited,
): {
  readonly groups: ReadonlyMap<Upstream, Map<string, readonly string[]>>
  readonly ours: readonly string[]
} {
  const groups = new Map<Upstream, Map<string, readonly string[]>>()
  const ours: string[] = []
  for (const [name, versions] of packages) {
    const origin = state.origin(name)
    const upstream = upstreams.find(({ id }) => id === origin)
    if (upstream === undefined) ours.push(name)
    else groups.set(upstream, (groups.get(upstream) ?? new Map()).set(name, versions))
  }
  return { groups, ours }
}

/** Lists of advisories, of packages that were asked about. */
function onlyOf(answer: JsonValue, packages: Audited): JsonObject {
  if (!isJsonObject(answer)) {
    throw new SteleError('upstream_answer_odd', { name: 'advisories', reason: 'it is no object' })
  }
  const found: { [name: string]: JsonValue } = Object.create(null)
  for (const [name, advisories] of Object.entries(answer)) {
    if (!packages.has(name) || !Array.isArray(advisories)) continue
    found[name] = advisories.filter(isJsonObject)
  }
  return found
}
