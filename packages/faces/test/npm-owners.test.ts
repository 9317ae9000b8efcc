import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, type Fixture, publishDocument, signUp, textOf } from './app-fixture.ts'

const path = '/-/package/@s%2fx/owners'

async function published(): Promise<{ fixture: Fixture; headers: Record<string, string> }> {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const headers = { authorization }
  await fixture.app(ask('PUT', '/@s%2fx', { body: publishDocument('@s/x', '1.0.0'), headers }))
  return { fixture, headers }
}

async function owners({ app }: Fixture): Promise<unknown> {
  return JSON.parse(textOf(await app(ask('GET', path))))
}

test('owners are listed, added and removed one at a time, as pnpm does it', async () => {
  const { fixture, headers } = await published()
  const { app } = fixture
  const [alice, bob] = ['alice', 'bob'].map((name) => ({ name, email: '' }))
  assert.deepEqual(await owners(fixture), [alice])
  assert.equal((await app(ask('PUT', path, { headers, body: { user: 'bob' } }))).status, 200)
  assert.deepEqual(await owners(fixture), [alice, bob])
  assert.equal((await app(ask('DELETE', `${path}/bob`, { headers }))).status, 200)
  assert.deepEqual(await owners(fixture), [alice])
})

const refused: readonly (readonly [method: string, path: string, body: unknown, status: number])[] =
  [
    ['PUT', path, {}, 400],
    ['PUT', path, { user: 1 }, 400],
    ['DELETE', `${path}/nobody`, undefined, 404],
    ['GET', '/-/package/nothing/owners', undefined, 404],
    ['PUT', '/-/package/nothing/owners', { user: 'bob' }, 404],
  ]
for (const [method, url, body, status] of refused) {
  test(`${method} ${url} answers ${status} to ${JSON.stringify(body)}`, async () => {
    const { fixture, headers } = await published()
    const reply = await fixture.app(ask(method, url, { headers, body }))
    assert.equal(reply.status, status)
  })
}

test('owners are changed by nobody without credentials', async () => {
  const { fixture } = await published()
  const reply = await fixture.app(ask('PUT', path, { body: { user: 'eve' } }))
  assert.equal(reply.status, 401)
})
