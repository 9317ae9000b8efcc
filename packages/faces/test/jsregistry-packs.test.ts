import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp, textOf } from './app-fixture.ts'

suite('the packs of the JS Registry', () => {
  const fixture = createFixture()
  const get = (query: Readonly<Record<string, string>>): Promise<Reply> =>
    fixture.app(ask('GET', `/resources/jsregistry/packs?${new URLSearchParams(query).toString()}`))
  const idsOf = (reply: Reply): readonly unknown[] => {
    const { items } = jsonOf(reply)
    assert.ok(Array.isArray(items), textOf(reply))
    return items.map((item: unknown) => Object(item).id)
  }

  before(async () => {
    const { authorization } = await signUp(fixture, 'max')
    for (const [name, version] of [
      ['map', '3.0.0'],
      ['map', '3.1.0'],
      ['base', '1.0.0'],
      ['bundles', '2.0.0'],
    ] as const) {
      const body = publishDocument(name, version)
      await fixture.app(ask('PUT', `/${name}`, { body, headers: { authorization } }))
    }
  })

  test('GET gives each version with the documented members', async () => {
    const { total, items } = jsonOf(await get({ filter: 'name like "ba*"' }))
    assert.equal(total, 1)
    assert.deepEqual(items, [
      {
        id: 'base@1.0.0',
        name: 'base',
        main: null,
        layer: null,
        title: null,
        description: null,
        createdBy: null,
        createdAt: null,
        modifiedBy: null,
        modifiedAt: null,
        location: 'http://localhost:4873/resources/jsregistry/root/base/1.0.0',
        version: '1.0.0',
      },
    ])
  })

  const all = ['base@1.0.0', 'bundles@2.0.0', 'map@3.0.0', 'map@3.1.0']
  const asked: readonly (readonly [Readonly<Record<string, string>>, readonly string[], number])[] =
    [
      [{}, all, 4],
      [{ filter: 'name like "b*"' }, all.slice(0, 2), 2],
      [{ filter: 'version like "3.*" and not version = "3.0.0"' }, ['map@3.1.0'], 1],
      [{ sort: '-version' }, all.toReversed().toSpliced(0, 2, 'map@3.1.0', 'map@3.0.0'), 4],
      [{ sort: '-name' }, ['map@3.0.0', 'map@3.1.0', 'bundles@2.0.0', 'base@1.0.0'], 4],
      [{ range: '1-2' }, all.slice(1, 3), 4],
      [{ range: '9-10' }, [], 4],
    ]

  for (const [query, ids, total] of asked) {
    test(`GET with ${JSON.stringify(query)} gives ${ids.length} of ${total}`, async () => {
      const reply = await get(query)
      assert.deepEqual(idsOf(reply), ids)
      assert.equal(jsonOf(reply)['total'], total)
    })
  }

  for (const query of [
    { filter: 'x' },
    { range: '5' },
    { range: '5-1' },
    { range: '0-1000' },
    { sort: 'size' },
    { sort: '*name' },
  ]) {
    test(`GET with ${JSON.stringify(query)} is refused in words`, async () => {
      const reply = await get(query)
      assert.equal(reply.status, 400)
      assert.match(String(jsonOf(reply)['error']), /Cannot read/)
    })
  }
})
