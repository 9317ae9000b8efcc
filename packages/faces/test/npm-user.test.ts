import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, type Fixture, type FixtureSettings, jsonOf } from './app-fixture.ts'

const password = 'correct horse'

function enter({ app }: Fixture, name: string, more: Record<string, unknown> = {}): Promise<Reply> {
  const body = { name, password, ...more }
  return app(ask('PUT', `/-/user/org.couchdb.user:${name}`, { body }))
}

/** Sign-up is closed; alice is there, as the operator added her. */
async function closed(settings: Partial<FixtureSettings> = {}): Promise<Fixture> {
  const fixture = createFixture({ settings: { signUp: 'closed', ...settings } })
  await fixture.ports.accounts.addUser({ account: 'alice', password })
  return fixture
}

test('log-in stores credentials first, then joins the log', async () => {
  const order: string[] = []
  const fixture = createFixture()
  const { registry, ports } = fixture
  const join = registry.join
  Object.assign(registry, {
    join: async (account: string) => {
      order.push(`join, credentials stored: ${ports.accounts.has(account)}`)
      await join(account)
    },
  })
  assert.equal((await enter(fixture, 'alice')).status, 201)
  assert.equal((await enter(fixture, 'alice')).status, 201)
  assert.deepEqual(order, ['join, credentials stored: true'])
})

test('an account whose join failed joins at its next log-in', async () => {
  const fixture = createFixture()
  const { registry } = fixture
  const join = registry.join
  Object.assign(registry, {
    join: async () => Promise.reject(new SteleError('commit_failed', { reason: 'no space' })),
  })
  assert.equal((await enter(fixture, 'alice')).status, 503)
  assert.equal(registry.hasAccount('alice'), false)
  Object.assign(registry, { join })
  assert.equal((await enter(fixture, 'alice')).status, 201)
  assert.equal(registry.hasAccount('alice'), true)
})

test('an account that is not in the log joins it with its first write', async () => {
  const fixture = await closed()
  const { token } = await fixture.ports.accounts.logIn({
    account: 'alice',
    password,
    address: '::1',
  })
  const headers = { authorization: `Bearer ${token}` }
  await fixture.app(ask('PUT', '/-/package/x/dist-tags/next', { headers, body: '"1.0.0"' }))
  assert.equal(fixture.registry.hasAccount('alice'), true)
})

test('a name that the log knows and that has no credentials here cannot be signed up', async () => {
  const fixture = createFixture()
  fixture.registry.accounts.add('alice')
  const reply = await enter(fixture, 'alice')
  assert.deepEqual([reply.status, jsonOf(reply)['code']], [401, 'password_wrong'])
  assert.equal(fixture.ports.accounts.has('alice'), false)
})

test('where sign-up is closed, an unknown name and a wrong password get the same answer', async () => {
  const fixture = await closed()
  for (const email of [undefined, 'someone@example.com']) {
    const replies = await Promise.all(
      ['alice', 'nobody'].map((name) =>
        enter(fixture, name, {
          password: 'wrong horse',
          ...(email === undefined ? {} : { email }),
        }),
      ),
    )
    const [known, unknown] = replies.map((reply) => ({
      status: reply.status,
      body: JSON.stringify(jsonOf(reply)).replaceAll(/alice|nobody/g, 'X'),
    }))
    assert.deepEqual(known, unknown)
    assert.equal(known?.status, email === undefined ? 401 : 403)
  }
  assert.equal((await enter(fixture, 'alice')).status, 201)
})

test('whoever wanted to sign up where it is closed is told so, and whom to ask', async () => {
  const reply = await enter(await closed(), 'bob', { email: 'bob@example.com' })
  assert.equal(jsonOf(reply)['code'], 'sign_up_closed')
  assert.match(String(jsonOf(reply)['fix']), /operator/)
})

test('sign-up left to itself is open on this machine alone', async () => {
  const settings = { signUp: 'auto' } as const
  const here = createFixture({ settings })
  assert.equal((await enter(here, 'alice')).status, 201)
  const cases: readonly Partial<FixtureSettings>[] = [
    { listensOnLoopback: false },
    { publicUrl: 'https://r.example' },
    { trustedProxies: [{ bytes: Uint8Array.of(10, 0, 0, 0), bits: 8 }] },
  ]
  for (const more of cases) {
    const fixture = createFixture({ settings: { ...settings, ...more } })
    assert.equal((await enter(fixture, 'alice')).status, 401, JSON.stringify(more))
  }
  const headers = { 'x-forwarded-for': '192.0.2.1' }
  const body = { name: 'bob', password }
  const passedOn = await here.app(ask('PUT', '/-/user/org.couchdb.user:bob', { body, headers }))
  assert.equal(passedOn.status, 401)
  // nginx with nothing but proxy_pass.
  const host = { host: '127.0.0.1:4873' }
  const nginx = ask('PUT', '/-/user/org.couchdb.user:bob', { body, headers: host })
  assert.equal((await here.app({ ...nginx, httpVersion: '1.0' })).status, 401)
})

test('too many wrong passwords get 423 with Retry-After, which npm does not repeat, and how long to wait', async () => {
  const limit = { limit: 1, windowMs: 60_000 }
  const fixture = createFixture({ rateLimits: { failedLogInsByAddress: limit } })
  await fixture.ports.accounts.addUser({ account: 'alice', password })
  assert.equal((await enter(fixture, 'alice', { password: 'wrong horse' })).status, 401)
  const reply = await enter(fixture, 'alice')
  assert.deepEqual([reply.status, reply.headers['retry-after']], [423, '60'])
  assert.match(String(jsonOf(reply)['error']), /Try again in 60 seconds$/)
  fixture.clock.nowMs += 60_000
  assert.equal((await enter(fixture, 'alice')).status, 201)
})

test('a request body beyond a log-in’s size is refused', async () => {
  const { app } = createFixture()
  const limits: number[] = []
  const request = ask('PUT', '/-/user/org.couchdb.user:x')
  const body = async (limitBytes: number): Promise<Uint8Array> => {
    limits.push(limitBytes)
    throw new SteleError('body_too_large', { limitBytes })
  }
  assert.equal((await app({ ...request, body })).status, 413)
  assert.deepEqual(limits, [16 * 1024])
})
