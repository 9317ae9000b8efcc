import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp } from './app-fixture.ts'

test('GET -/v1/search keeps size and from within bounds', async () => {
  const fixture = createFixture()
  const asked: unknown[] = []
  Object.assign(fixture.registry, {
    search: (query: unknown) => {
      asked.push(query)
      return { objects: [], total: 0, time: '' }
    },
  })
  const queries = [
    '?text=',
    '?text=a&size=5&from=10',
    '?text=&size=100000&from=-1',
    `?text=${'x'.repeat(999)}&size=x`,
    '?size=5',
  ]
  for (const query of queries) await fixture.app(ask('GET', `/-/v1/search${query}`))
  assert.deepEqual(asked, [
    { text: '', size: 20, from: 0 },
    { text: 'a', size: 5, from: 10 },
    { text: '', size: 250, from: 0 },
    { text: 'x'.repeat(999), size: 20, from: 0 },
    { text: '', size: 5, from: 0 },
  ])
})

test('GET -/v1/search says where it shows a part only', async () => {
  const fixture = createFixture()
  const found = { objects: [], total: 0, time: '' }
  Object.assign(fixture.registry, { search: async () => ({ ...found, isPartial: true }) })
  const reply = await fixture.app(ask('GET', '/-/v1/search?text=x'))
  assert.deepEqual(jsonOf(reply), found)
  assert.match(reply.headers['npm-notice'] ?? '', /cannot be searched now/)
})

test('GET -/user/:account/stars names the packages, as pnpm reads them', async () => {
  const { app } = createFixture()
  assert.deepEqual(jsonOf(await app(ask('GET', '/-/user/alice/stars'))), { 'left-pad': true })
  assert.deepEqual(jsonOf(await app(ask('GET', '/-/user/bob/stars'))), {})
})

test('GET -/_view/starredByUser reads the key as a JSON string', async () => {
  const { app } = createFixture()
  const url = `/-/_view/starredByUser?key=${encodeURIComponent('"alice"')}`
  const wanted = { rows: [{ id: 'left-pad', key: 'alice', value: 'left-pad' }] }
  assert.deepEqual(jsonOf(await app(ask('GET', url))), wanted)
})

test('GET of a package’s visibility says public, or 404', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const headers = { authorization }
  await fixture.app(ask('PUT', '/@s%2fx', { body: publishDocument('@s/x', '1.0.0'), headers }))
  const known = await fixture.app(ask('GET', '/-/package/@s%2fx/visibility'))
  const unknown = await fixture.app(ask('GET', '/-/package/@s%2fy/visibility'))
  assert.deepEqual([jsonOf(known), unknown.status], [{ public: true }, 404])
})
