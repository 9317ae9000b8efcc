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
