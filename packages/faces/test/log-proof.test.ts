import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, textOf } from './app-fixture.ts'

const path = '/-/stele/proof'
const query = { object: '/packages/x', field: 'origin' }

test(`POST ${path} hands the queries on and sends the proof as it is`, async () => {
  const { app } = createFixture()
  const body = { queries: [query, { object: '/packages/x/versions', prefix: '' }] }
  const reply = await app(ask('POST', path, { body }))
  assert.equal(textOf(reply), 'proof of 2')
  assert.equal(reply.headers['content-type'], 'application/octet-stream')
  assert.equal(reply.headers['cache-control'], 'no-store')
})

test(`POST ${path} reads no body that has a content coding`, async () => {
  const { app } = createFixture()
  const headers = { 'content-encoding': 'gzip' }
  const reply = await app({
    ...ask('POST', path, { headers }),
    body: async () => assert.fail('It was read'),
  })
  assert.deepEqual([reply.status, jsonOf(reply)['code']], [415, 'coding_unsupported'])
})

test(`POST ${path} takes 5,000 queries`, async () => {
  const { app } = createFixture()
  const reply = await app(
    ask('POST', path, { body: { queries: Array.from({ length: 5000 }, () => query) } }),
  )
  assert.equal(textOf(reply), 'proof of 5000')
})

const faults: readonly unknown[] = [
  [],
  {},
  { queries: {} },
  { queries: [{ object: '/x' }] },
  { queries: [{ object: '/x', field: 1 }] },
  { queries: Array.from({ length: 5001 }, () => query) },
]
for (const body of faults) {
  test(`POST ${path} refuses ${JSON.stringify(body).slice(0, 40)}`, async () => {
    const { app } = createFixture()
    const reply = await app(ask('POST', path, { body }))
    assert.equal(reply.status, 400)
    assert.equal(jsonOf(reply)['code'], 'request_invalid')
  })
}
