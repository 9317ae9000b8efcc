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
  /** The ids of the upstreams that were asked and give no advisories. */
  readonly silent: readonly string[]
}

/** Asks for advisories. Throws upstream_budget_spent, upstream_unreachable, upstream_refused, upstream_answer_odd, upstream_too_large. */
export type AskAdvisories = (packages: Audited, client?: string) => Promise<Advisories>

type Ports = Pick<UpstreamPorts, 'get' | 'decode' | 'now' | 'upstreams' | 'state' | 'takeQuestion'>

const path = '/-/npm/v1/security/advisories/bulk'
/** How a registry says that it has no such address. */
const notOffered: readonly number[] = [400, 404, 405, 410, 501]

/** Nothing was asked yet. Each answer is kept for a minute: a team's machines ask the same. */
export function createAdvisories(
  ports: Ports,
  ask: Asking,
  whose: (name: string) => string | undefined,
): AskAdvisories {
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
      return onlyOf(await ask(upstream, question.what, asked), packages, upstream)
    })
  }
  return async (packages, client) => {
    const { groups, ours } = groupByUpstream(ports, packages, whose)
    if (groups.size > 0) ports.takeQuestion(client)
    const answers = await Promise.allSettled(
      [...groups].map(([upstream, group]) => askOnce(upstream, group)),
    )
    const found: JsonObject = Object.create(null)
    const unknown = [...ours]
    const silent: string[] = []
    const failures: unknown[] = []
    for (const [at, [{ id }, group]] of [...groups].entries()) {
      const answer = answers[at]
      if (answer?.status === 'fulfilled') Object.assign(found, answer.value)
      else unknown.push(...group.keys())
      if (answer?.status !== 'rejected') continue
      if (isNotOffered(answer.reason)) silent.push(id)
      else failures.push(answer.reason)
    }
    // What one upstream knows is told where another fails; where nobody knows anything, why.
    if (failures.length > 0 && unknown.length === packages.size) throw failures[0]
    return { found, unknown, silent }
  }
}

/** The upstream has no advisories, of anything. */
function isNotOffered(error: unknown): boolean {
  return isSteleError(error, 'upstream_refused') && notOffered.includes(error.details.status)
}

/** By where the log says that each came from. What it does not know, or is ours by now, is told to nobody. */
function groupByUpstream(
  { upstreams, state }: Ports,
  packages: Audited,
  whose: (name: string) => string | undefined,
): {
  readonly groups: ReadonlyMap<Upstream, Map<string, readonly string[]>>
  readonly ours: readonly string[]
} {
  const groups = new Map<Upstream, Map<string, readonly string[]>>()
  const ours: string[] = []
  for (const [name, versions] of packages) {
    const origin = state.origin(name)
    const upstream = upstreams.find(({ id }) => id === origin && id === whose(name))
    if (upstream === undefined) ours.push(name)
    else groups.set(upstream, (groups.get(upstream) ?? new Map()).set(name, versions))
  }
  return { groups, ours }
}

/** Lists of advisories, of packages that were asked about. */
function onlyOf(answer: JsonValue, packages: Audited, { id }: Upstream): JsonObject {
  if (!isJsonObject(answer)) {
    const told = { name: 'advisories', reason: 'it is no object', upstream: id }
    throw new SteleError('upstream_answer_odd', told)
  }
  const found: { [name: string]: JsonValue } = Object.create(null)
  for (const [name, advisories] of Object.entries(answer)) {
    if (!packages.has(name) || !Array.isArray(advisories)) continue
    found[name] = advisories.filter(isJsonObject)
  }
  return found
}
