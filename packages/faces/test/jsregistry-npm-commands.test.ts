import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parsePackageName as nameOf } from '@stele/formats/names'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp, textOf } from './app-fixture.ts'

const tree = '/resources/jsregistry/root'

suite('npm, whose registry is the tree of the JS Registry,', () => {
  test('signs up, logs in, and is told who it is', async () => {
    const { app } = createFixture({ settings: { access: 'authenticated' } })
    const body = { name: 'max', password: 'correct horse' }
    const entered = await app(ask('PUT', `${tree}/-/user/org.couchdb.user:max`, { body }))
    assert.equal(entered.status, 201, textOf(entered))
    const headers = { authorization: `Bearer ${String(jsonOf(entered)['token'])}` }
    const shown = await app(ask('GET', `${tree}/-/whoami`, { headers }))
    assert.deepEqual(jsonOf(shown), { username: 'max' })
    const wrong = { body: { ...body, password: 'wrong' } }
    assert.equal((await app(ask('PUT', `${tree}/-/user/org.couchdb.user:max`, wrong))).status, 401)
    assert.equal((await app(ask('GET', `${tree}/-/whoami`))).status, 401)
  })

  test('pings, searches, and sets tags', async () => {
    const fixture = createFixture()
    const headers = await signUp(fixture, 'max')
    const body = publishDocument('@team/map', '1.0.0')
    assert.equal((await fixture.app(ask('PUT', '/@team%2fmap', { body, headers }))).status, 201)
    for (const path of ['/-/ping', '/-/v1/search?text=map', '/-/package/@team%2fmap/dist-tags']) {
      assert.equal((await fixture.app(ask('GET', `${tree}${path}`))).status, 200, path)
    }
    const tag = { body: Buffer.from('"1.0.0"'), headers }
    const path = `${tree}/-/package/@team%2fmap/dist-tags/next`
    assert.equal((await fixture.app(ask('PUT', path, tag))).status, 201)
    assert.equal(fixture.registry.tags(nameOf('@team/map'))?.['next'], '1.0.0')
  })

  for (const [method, path] of [
    ['PUT', '/map'],
    ['PUT', '/@team%2fmap'],
    ['PUT', '/map/-rev/1'],
    ['DELETE', '/map/-rev/1'],
    ['DELETE', '/map/-/map-1.0.0.tgz/-rev/1'],
  ] as const) {
    test(`is told where to send ${method} ${path}`, async () => {
      const fixture = createFixture()
      const headers = await signUp(fixture, 'max')
      const sent = { body: publishDocument('map', '1.0.0'), headers }
      const reply = await fixture.app(ask(method, `${tree}${path}`, sent))
      assert.equal(reply.status, 404)
      assert.match(textOf(reply), /Add \\"--registry http:\/\/localhost:4873\/\\" to the command/)
      assert.equal((await fixture.app(ask('GET', '/map'))).status, 404)
    })
  }
})
