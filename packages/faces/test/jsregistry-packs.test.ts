import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { maxHeldMs } from '../src/limits.ts'
import {
  createFixture,
  type Fixture,
  jsonOf,
  publishDocument,
  signUp,
  textOf,
} from './app-fixture.ts'

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

test('packs that take long to read hold nobody else up, and are read for one who asks at a time', async () => {
  const { ports } = createFixture()
  const found = Array.from({ length: 6 }, (_, at) => ({ name: `map${at}`, version: '1.0.0' }))
  const order: string[] = []
  const registry: Fixture['ports']['registry'] = {
    ...ports.registry,
    listed: () => ({ total: found.length, found }),
    versions: () => ['1.0.0'],
    packument: (name, { baseUrl }) => {
      order.push(baseUrl)
      const untilMs = performance.now() + maxHeldMs
      while (performance.now() < untilMs);
      const bytes = Buffer.from(
        JSON.stringify({ versions: { '1.0.0': { name, version: '1.0.0' } } }),
      )
      return { etag: '"1"', modifiedMs: 0, rev: '1', coding: 'identity', bytes }
    },
  }
  const { app } = createFixture({ ports: { registry } })
  let turns = 0
  const others = setInterval(() => turns++, 1)
  const get = (host: string): Promise<Reply> =>
    app(ask('GET', '/resources/jsregistry/packs', { headers: { host } }))
  const replies = await Promise.all([get('localhost:1'), get('localhost:2')])
  clearInterval(others)
  for (const reply of replies) assert.equal(jsonOf(reply)['total'], found.length)
  assert.ok(turns >= found.length, `Others had ${turns} turns`)
  assert.deepEqual(order, [...order].sort())
})

suite('DELETE of a pack', () => {
  async function remove(
    fixture: Fixture,
    query: string,
    headers: Record<string, string>,
  ): Promise<Reply> {
    return fixture.app(ask('DELETE', `/resources/jsregistry/packs${query}`, { headers }))
  }

  async function published(): Promise<{
    readonly fixture: Fixture
    readonly max: Record<string, string>
  }> {
    const fixture = createFixture()
    const { authorization } = await signUp(fixture, 'max')
    for (const name of ['map', '@ct/map']) {
      const body = publishDocument(name, '3.1.0')
      const path = `/${name.replace('/', '%2f')}`
      await fixture.app(ask('PUT', path, { body, headers: { authorization } }))
    }
    return { fixture, max: { authorization } }
  }

  for (const name of ['map', '@ct/map']) {
    test(`takes ${name}@3.1.0 away as npm's unpublish does, at the revision that it has`, async () => {
      const { fixture, max } = await published()
      const reply = await remove(fixture, `?id=${encodeURIComponent(`${name}@3.1.0`)}`, max)
      assert.equal(reply.status, 200, textOf(reply))
      assert.deepEqual(jsonOf(reply), { ok: true, id: `${name}@3.1.0` })
      assert.equal(fixture.registry.calls.at(-1), `removeTarball max ${name} map-3.1.0.tgz 1`)
    })
  }

  const refused: readonly (readonly [claim: string, query: string, status: number, RegExp])[] = [
    ['no id', '', 400, /wanted a name and a version, such as map@3\.1\.0/],
    ['a name alone', '?id=map', 400, /wanted a name and a version/],
    ['two ids', '?id=map@3.1.0&id=map@3.1.0', 400, /wanted one \\"id\\" a request/],
    ['a range', '?id=map@3.x', 400, /3\.x/],
    ['an unknown package', '?id=none@1.0.0', 404, /none/],
    ['an unknown version', '?id=map@9.9.9', 404, /map@9\.9\.9/],
  ]
  for (const [claim, query, status, text] of refused) {
    test(`of ${claim} is refused`, async () => {
      const { fixture, max } = await published()
      const calls = fixture.registry.calls.length
      const reply = await remove(fixture, query, max)
      assert.equal(reply.status, status, textOf(reply))
      assert.match(textOf(reply), text)
      assert.equal(fixture.registry.calls.length, calls)
    })
  }

  test('is for owners alone', async () => {
    const { fixture } = await published()
    assert.equal((await remove(fixture, '?id=map@3.1.0', {})).status, 401)
    const { authorization } = await signUp(fixture, 'eve')
    const reply = await remove(fixture, '?id=map@3.1.0', { authorization })
    assert.equal(reply.status, 403)
    assert.match(textOf(reply), /not one of its owners/)
  })
})
