import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, signUp } from './app-fixture.ts'

const path = '/-/npm/v1/tokens'

test('tokens are listed page by page, without gaps or repeats, and the end has no next', async () => {
  const fixture = createFixture({ settings: { mountPath: '/npm' } })
  const { app, ports } = fixture
  await ports.accounts.addUser({ account: 'alice', password: 'correct horse' })
  const { token } = ports.accounts.createToken({ account: 'alice', name: '0' }, '::1')
  for (let i = 1; i < 25; i++) ports.accounts.createToken({ account: 'alice', name: `${i}` }, '::1')
  const names: unknown[] = []
  let url: string | undefined = `/npm${path}?perPage=10`
  for (let page = 0; url !== undefined && page < 5; page++) {
    const reply = await app(ask('GET', url, { headers: { authorization: `Bearer ${token}` } }))
    const { objects, total, urls } = jsonOf(reply)
    assert.ok(Array.isArray(objects))
    assert.equal(total, 25)
    for (const object of objects) names.push(Reflect.get(Object(object), 'name'))
    const next: unknown = Reflect.get(Object(urls), 'next')
    assert.notEqual(next, '')
    url = typeof next === 'string' ? next.replace('http://localhost:4873', '') : undefined
  }
  assert.deepEqual(
    names,
    Array.from({ length: 25 }, (_, i) => `${i}`),
  )
})

test('a list shows the start of a token, by which npm finds one that is given whole', async () => {
  const fixture = createFixture()
  const { token, authorization } = await signUp(fixture, 'alice')
  const reply = await fixture.app(ask('GET', path, { headers: { authorization } }))
  const [first] = Array.isArray(jsonOf(reply)['objects']) ? Object(jsonOf(reply)['objects']) : []
  const shown: unknown = Reflect.get(Object(first), 'token')
  assert.ok(typeof shown === 'string' && token.startsWith(shown) && shown.length < 16)
  const removed = await fixture.app(
    ask('DELETE', `${path}/token/${token}`, { headers: { authorization } }),
  )
  assert.equal(removed.status, 204)
  assert.equal((await fixture.app(ask('GET', path, { headers: { authorization } }))).status, 401)
})

const wishes: readonly (readonly [body: Record<string, unknown>, status: number])[] = [
  [{ expires: 30 }, 201],
  [{ expires: null, name: null, cidr_whitelist: null }, 201],
  [{ readonly: true }, 201],
  [{ readonly: null }, 201],
  [{ readonly: 'true' }, 400],
  [{ packages: [], scopes: [], orgs: [], packages_all: true }, 201],
  [{ packages_and_scopes_permission: 'read-write' }, 201],
  [{ expires: '30' }, 400],
  [{ expires: -1 }, 400],
  [{ cidr_whitelist: ['nonsense'] }, 400],
  [{ cidr_whitelist: '10.0.0.0/8' }, 400],
  [{ cidr_whitelist: [10] }, 400],
  [{ scopes: ['@x'] }, 400],
  [{ orgs: ['x'] }, 400],
  [{ packages_and_scopes_permission: 'no-access' }, 400],
  [{ packages_and_scopes_permission: 'read-write-stage-only' }, 400],
  [{ password: null }, 401],
]
for (const [wish, status] of wishes) {
  test(`POST ${path} answers ${status} to ${JSON.stringify(wish)}`, async () => {
    const fixture = createFixture()
    const { authorization } = await signUp(fixture, 'alice')
    const body = { name: 'ci', password: 'password of alice', ...wish }
    const reply = await fixture.app(ask('POST', path, { body, headers: { authorization } }))
    assert.equal(reply.status, status)
  })
}

test('a token that may only read revokes itself and no other, by its key and by its text', async () => {
  const fixture = createFixture()
  const { app, ports } = fixture
  const { token } = await signUp(fixture, 'alice')
  const reader = { account: 'alice', name: 'ci', readonly: true }
  for (const address of [`${path}/token/`, '/-/user/token/']) {
    const made = ports.accounts.createToken(reader, '::1')
    const headers = { authorization: `Bearer ${made.token}` }
    assert.equal((await app(ask('DELETE', `${address}${token}`, { headers }))).status, 403)
    assert.ok((await app(ask('DELETE', `${address}${made.token}`, { headers }))).status < 300)
    assert.equal((await app(ask('GET', '/-/whoami', { headers }))).status, 401)
  }
})
