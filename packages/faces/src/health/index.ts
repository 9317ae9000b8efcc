// The face for whoever watches the server: is it well, and how much does it do. Nothing here says who asked for what.
import { type Draft, type FaceDefinition, jsonDraft } from '@stele/http/routes'
import type { HeldBack } from '@stele/registry/reading'
import { noSettings } from '@stele/settings'
import { healthRoute, noStore } from './health-route.ts'
import type { HealthPorts } from './ports.ts'

export type { HealthPorts } from './ports.ts'

/** `/-/health`, `/-/stele/upstreams` and `/-/metrics`. */
export const healthFace: FaceDefinition<HealthPorts> = {
  settings: noSettings,
  open: (ports) => ({
    routes: [
      healthRoute({ ...ports, treeSize: ports.log.treeSize }),
      { method: 'GET', path: '/-/stele/upstreams', answer: () => showUpstreams(ports) },
      { method: 'GET', path: '/-/metrics', answer: () => showMetrics(ports) },
    ],
  }),
}

/** 200 also while none of them answers: what is here is served on. */
function showUpstreams({ registry }: HealthPorts): Draft {
  const upstreams = (registry?.upstreamStates() ?? []).map(
    ({ id, isAnswering, restMs, lastError }) => ({
      id,
      answers: isAnswering ?? null,
      restSeconds: Math.ceil(restMs / 1000),
      lastError:
        lastError === undefined
          ? null
          : { time: new Date(lastError.atMs).toISOString(), reason: lastError.reason },
    }),
  )
  const { blocked, minimumAgeMs, refusals } = registry?.heldBack ?? nothingHeldBack
  const heldBack = {
    blocked,
    minimumAgeSeconds: Math.ceil(minimumAgeMs / 1000),
    refusals: refusals(),
  }
  return jsonDraft(200, { upstreams, heldBack }, noStore)
}

const nothingHeldBack: HeldBack = { blocked: [], minimumAgeMs: 0, refusals: () => 0 }

/** Prometheus' text format, version 0.0.4. */
function showMetrics(ports: HealthPorts): Draft {
  const { requests, publishes } = ports.counts()
  const byClass = [1, 2, 3, 4, 5].flatMap((digit) => {
    const count = requests.get(digit)
    return count === undefined ? [] : [[`{status="${digit}xx"}`, count] as const]
  })
  const isReadOnly = ports.writesRefused?.() === undefined ? 0 : 1
  const text = [
    metric('stele_http_requests_total', 'counter', 'Requests answered, by status', byClass),
    metric('stele_publishes_total', 'counter', 'Versions published', publishes),
    metric('stele_http_connections', 'gauge', 'Connections open now', ports.connections()),
    metric('stele_log_entries', 'gauge', 'Entries of the log', ports.log.treeSize()),
    ...conflictMetrics(ports),
    ...upstreamMetrics(ports),
    ...heldBackMetrics(ports),
    metric('stele_read_only', 'gauge', '1 while writes are refused', isReadOnly),
  ].join('')
  const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', ...noStore }
  return { status: 200, headers, body: Buffer.from(text) }
}

function conflictMetrics({ registry }: HealthPorts): readonly string[] {
  if (registry === undefined) return []
  const { tarball, record } = registry.conflicts({ from: 0, size: 0 }).counts
  const of = (what: string): string => `${what} of upstreams that were refused, since the log began`
  return [
    metric('stele_upstream_conflicts_total', 'counter', of('Changed tarballs'), tarball),
    metric('stele_upstream_differences_total', 'counter', of('Changed records'), record),
  ]
}

/** Of upstreams that were asked since the server started. */
function upstreamMetrics({ registry }: HealthPorts): readonly string[] {
  const asked = (registry?.upstreamStates() ?? []).filter((one) => one.isAnswering !== undefined)
  if (asked.length === 0) return []
  const each = (value: (one: (typeof asked)[number]) => number) =>
    asked.map((one) => [`{upstream="${one.id}"}`, value(one)] as const)
  const isUp = each(({ isAnswering }) => (isAnswering === true ? 1 : 0))
  const rests = each(({ restMs }) => Math.ceil(restMs / 1000))
  const resting = 'Seconds for which the upstream is left alone'
  return [
    metric('stele_upstream_up', 'gauge', '1 where the last answer of the upstream was one', isUp),
    metric('stele_upstream_rest_seconds', 'gauge', resting, rests),
  ]
}

function heldBackMetrics({ registry }: HealthPorts): readonly string[] {
  if (registry?.heldBack === undefined) return []
  const help = 'Requests for packages or versions of upstreams that are blocked, or too young'
  const refusals = registry.heldBack.refusals()
  return [metric('stele_upstream_held_back_total', 'counter', help, refusals)]
}

function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: number | readonly (readonly [labels: string, value: number])[],
): string {
  const samples = typeof value === 'number' ? [['', value] as const] : value
  const lines = samples.map(([labels, sample]) => `${name}${labels} ${sample}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
