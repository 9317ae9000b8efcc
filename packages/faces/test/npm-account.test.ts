import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, signUp } from './app-fixture.ts'

const path = '/-/npm/v1/user'

const rows: readonly (readonly [body: unknown, status: number, code?: string])[] = [
  [{ email: 'new@example.com' }, 200],
  [{ email: null }, 200],
  [{ email: 'nonsense' }, 422, 'email_invalid'],
  [{ password: { old: 'password of alice', new: 'battery staple' } }, 200],
  [{ password: { old: 'wrong', new: 'battery staple' } }, 401, 'password_wrong'],
  [{ password: { old: 'password of alice', new: 'short' } }, 422, 'password_invalid'],
  [{ password: 'battery staple' }, 400, 'request_invalid'],
  [{ tfa: { password: 'x', mode: 'auth-only' } }, 404, 'not_offered'],
  [{ fullname: 'Alice' }, 404, 'not_offered'],
  [{ fullname: '', homepage: null, email: 'new@example.com' }, 200],
  [
    { email: 'alice@example.com', password: { old: 'password of alice', new: 'battery staple' } },
    200,
  ],
]
for (const [body, status, code] of rows) {
  test(`POST ${path} answers ${status} to ${JSON.stringify(body)}`, async () => {
    const fixture = createFixture()
    const { authorization } = await signUp(fixture, 'alice')
    const reply = await fixture.app(ask('POST', path, { body, headers: { authorization } }))
    assert.equal(reply.status, status)
    assert.equal(jsonOf(reply)['code'], code)
  })
}

test('POST of a profile is refused to a token that may only read', async () => {
  const { app, ports } = createFixture()
  await ports.accounts.addUser({ account: 'alice', password: 'correct horse' })
  const { token } = ports.accounts.createToken(
    { account: 'alice', name: 'r', readonly: true },
    '::1',
  )
  const headers = { authorization: `Bearer ${token}` }
  const reply = await app(ask('POST', path, { body: { email: 'x@example.com' }, headers }))
  assert.equal(jsonOf(reply)['code'], 'token_read_only')
})

test('POST of a profile changes nothing where it refuses a part', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const headers = { authorization }
  const password = { old: 'password of alice', new: 'battery staple' }
  for (const body of [
    { email: 'new@example.com', fullname: 'Alice' },
    { email: 'new@example.com', password },
    { password, email: 'nonsense' },
  ]) {
    assert.ok((await fixture.app(ask('POST', path, { body, headers }))).status >= 400)
  }
  assert.equal(fixture.ports.accounts.profile('alice').email, 'alice@example.com')
  const claim = { account: 'alice', password: password.old, address: '::1' }
  await fixture.ports.accounts.verifyPassword(claim)
})
