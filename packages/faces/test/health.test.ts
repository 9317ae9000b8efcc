import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp, textOf } from './app-fixture.ts'

test('GET /-/health says that all is well, or 503 and why writes are refused', async () => {
  const well = await createFixture().app(ask('GET', '/-/health'))
  assert.deepEqual([well.status, jsonOf(well)], [200, { ok: true, logSize: 300 }])
  assert.equal(well.headers['cache-control'], 'no-store')
  const ports = { writesRefused: () => 'the disk is full' }
  const ill = await createFixture({ ports }).app(ask('GET', '/-/health'))
  const wanted = { ok: false, writesRefused: 'the disk is full', logSize: 300 }
  assert.deepEqual([ill.status, jsonOf(ill)], [503, wanted])
})

test('GET /-/health says 503 and which service does not answer, and the rest is answered', async () => {
  const reason = 'The service "npm": it has not answered for 2 s'
  const { app } = createFixture({ ports: { notAnswering: async () => reason } })
  const ill = await app(ask('GET', '/-/health'))
  assert.deepEqual(
    [ill.status, jsonOf(ill)],
    [503, { ok: false, notAnswering: reason, logSize: 300 }],
  )
  assert.equal((await app(ask('GET', '/-/ping'))).status, 200)
})

const hung = { reason: 'does not answer', atMs: Date.UTC(2026, 0, 2) }
const states = [
  { id: 'new', isAnswering: undefined, restMs: 0, lastError: undefined },
  { id: 'up', isAnswering: true, restMs: 0, lastError: undefined },
  { id: 'down', isAnswering: false, restMs: 1_500, lastError: hung },
]

function fixtureWithUpstreams() {
  const registry = { upstreamStates: () => states }
  return createFixture({ ports: { registry: { ...createFixture().ports.registry, ...registry } } })
}

test('GET /-/stele/upstreams tells of each upstream whether it answers, how long it rests, and what went wrong last', async () => {
  const reply = await fixtureWithUpstreams().app(ask('GET', '/-/stele/upstreams'))
  const lastError = { reason: 'does not answer', time: '2026-01-02T00:00:00.000Z' }
  const upstreams = [
    { id: 'new', answers: null, restSeconds: 0, lastError: null },
    { id: 'up', answers: true, restSeconds: 0, lastError: null },
    { id: 'down', answers: false, restSeconds: 2, lastError },
  ]
  const heldBack = { blocked: [], minimumAgeSeconds: 0, refusals: 0 }
  assert.deepEqual([reply.status, jsonOf(reply)], [200, { upstreams, heldBack }])
})

test('GET /-/stele/upstreams and /-/metrics tell what is held back of upstreams, and how often it was asked for', async () => {
  const day = 24 * 60 * 60 * 1000
  const heldBack = { blocked: ['bad', '@x/*'], minimumAgeMs: 3 * day, refusals: () => 7 }
  const { app } = createFixture({
    ports: { registry: { ...createFixture().ports.registry, heldBack } },
  })
  const { heldBack: shown } = jsonOf(await app(ask('GET', '/-/stele/upstreams')))
  assert.deepEqual(shown, { blocked: ['bad', '@x/*'], minimumAgeSeconds: 259_200, refusals: 7 })
  const metrics = textOf(await app(ask('GET', '/-/metrics')))
  assert.match(metrics, /^stele_upstream_held_back_total 7$/m)
  const page = textOf(await app(ask('GET', '/', { headers: { accept: 'text/html' } })))
  assert.doesNotMatch(page, /held back/) // No upstream is asked.
})

test('GET /-/metrics tells of each upstream that was asked whether it answers', async () => {
  const text = textOf(await fixtureWithUpstreams().app(ask('GET', '/-/metrics')))
  assert.deepEqual(text.match(/^stele_upstream_(?:up|rest_seconds)\b.*$/gm), [
    'stele_upstream_up{upstream="up"} 1',
    'stele_upstream_up{upstream="down"} 0',
    'stele_upstream_rest_seconds{upstream="up"} 0',
    'stele_upstream_rest_seconds{upstream="down"} 2',
  ])
})

test('GET /-/metrics counts requests, publishes, connections and entries as Prometheus reads them', async () => {
  const fixture = createFixture({ ports: { connections: () => 7 } })
  const { authorization } = await signUp(fixture, 'alice')
  const publish = ask('PUT', '/a', {
    body: publishDocument('a', '1.0.0'),
    headers: { authorization },
  })
  const statuses = [await fixture.app(publish), await fixture.app(publish)].map((r) => r.status)
  assert.deepEqual(statuses, [201, 409])
  const reply = await fixture.app(ask('GET', '/-/metrics'))
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const text = textOf(reply)
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  assert.deepEqual(samples, [
    'stele_http_requests_total{status="2xx"} 2',
    'stele_http_requests_total{status="4xx"} 1',
    'stele_publishes_total 1',
    'stele_http_connections 7',
    'stele_log_entries 300',
    'stele_upstream_conflicts_total 0',
    'stele_upstream_differences_total 0',
    'stele_read_only 0',
  ])
  for (const line of samples) {
    const [name = ''] = /^\w+/.exec(line) ?? []
    assert.match(text, new RegExp(`# HELP ${name} .+\n# TYPE ${name} (?:counter|gauge)\n`))
  }
})
