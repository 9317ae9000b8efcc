// A registry that only accounts may read: every address asks for credentials, but those that this file names.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, type Fixture, jsonOf, publishDocument, signUp } from './app-fixture.ts'

const closed = { settings: { access: 'authenticated' } } as const

/** With a package in it. */
async function closedRegistry(): Promise<{ fixture: Fixture; authorization: string }> {
  const fixture = createFixture(closed)
  const { authorization } = await signUp(fixture, 'alice')
  const body = publishDocument('@s/x', '1.0.0')
  const put = await fixture.app(ask('PUT', '/@s%2fx', { body, headers: { authorization } }))
  assert.equal(put.status, 201)
  return { fixture, authorization }
}

suite('access: authenticated', () => {
  const reads = [
    '/',
    '/@s%2fx',
    '/@s/x',
    '/unknown',
    '/@s/x/1.0.0',
    '/@s/x/-/x-1.0.0.tgz',
    '/@s/x/-/unknown-1.0.0.tgz',
    '/-/whoami',
    '/-/user/org.couchdb.user:alice',
    '/-/user/alice/stars',
    '/-/_view/starredByUser?key="alice"',
    '/-/v1/search?text=x',
    '/-/package/@s%2fx/dist-tags',
    '/-/package/@s%2fx/owners',
    '/-/package/@s%2fx/visibility',
    '/-/npm/v1/tokens',
    '/-/npm/v1/user',
    '/-/log/checkpoint',
    '/-/log/key',
    '/-/log/tile/0/000',
    '/-/mnpm/versions?module=@s/x',
    '/-/mnpm/mirrors',
    '/-/metrics',
  ]
  for (const path of reads) {
    test(`GET ${path} answers 401 to a stranger, and nothing else`, async () => {
      const { fixture } = await closedRegistry()
      for (const authorization of [undefined, 'Bearer nobodys', 'Basic bm9ib2R5OngK']) {
        const headers = authorization === undefined ? {} : { authorization }
        const reply = await fixture.app(ask('GET', path, { headers }))
        assert.equal(reply.status, 401)
        assert.equal(reply.headers['cache-control'], 'no-store')
        assert.match(String(jsonOf(reply)['error']), /log in|npm login|password/i)
      }
    })
  }

  const open: readonly (readonly [request: string, status: number])[] = [
    ['GET /-/ping', 200],
    ['GET /-/health', 200],
    ['POST /-/v1/login', 404], // pnpm goes on to the log-in of npm's first years only after a 404.
    ['POST /-/npm/v1/oidc/token/exchange/package/x', 404],
    ['POST /-/npm/v1/security/advisories/bulk', 404],
    ['GET /a/b/c/d', 404],
  ]
  for (const [request, status] of open) {
    test(`${request} answers ${status} to a stranger`, async () => {
      const { fixture } = await closedRegistry()
      const [method = '', path = ''] = request.split(' ')
      assert.equal((await fixture.app(ask(method, path))).status, status)
    })
  }

  test('an account reads, and nobody is given its answers by a cache', async () => {
    const { fixture, authorization } = await closedRegistry()
    for (const path of ['/@s%2fx', '/@s/x/-/x-1.0.0.tgz', '/-/v1/search?text=x', '/-/log/key']) {
      const reply = await fixture.app(ask('GET', path, { headers: { authorization } }))
      assert.equal(reply.status, 200, path)
      const { 'cache-control': control = '', vary = '' } = reply.headers
      assert.match(control, /^private/, path)
      assert.doesNotMatch(control, /public/, path)
      assert.match(vary, /Authorization/, path)
      assert.equal(reply.headers['access-control-allow-origin'], undefined, path)
    }
  })

  test('what is kept ready for accounts is not given to strangers', async () => {
    const { fixture, authorization } = await closedRegistry()
    const etags = new Set<string | undefined>()
    for (let i = 0; i < 4; i++) {
      const known = await fixture.app(ask('GET', '/@s%2fx', { headers: { authorization } }))
      assert.equal(known.status, 200)
      etags.add(known.headers['etag'])
      const [etag = ''] = etags
      for (const headers of [{}, { 'if-none-match': etag }]) {
        assert.equal((await fixture.app(ask('GET', '/@s%2fx', { headers }))).status, 401)
      }
    }
    assert.equal(etags.size, 1)
  })

  test('who reads what is ready is in the access event, and wrong credentials are looked at once', async () => {
    const { fixture, authorization } = await closedRegistry()
    const read = (headers: Record<string, string>): Promise<Reply> =>
      fixture.app(ask('GET', '/@s%2fx', { headers }))
    for (let times = 0; times < 4; times++) await read({ authorization })
    const last = fixture.events.at(-1)
    assert.ok(last?.type === 'access')
    assert.equal(last.notes?.['account'], 'alice')
    let count = 0
    const { authenticate } = fixture.ports.accounts
    Object.assign(fixture.ports.accounts, {
      authenticate: (...args: Parameters<typeof authenticate>) => {
        count++
        return authenticate(...args)
      },
    })
    assert.equal((await read({ authorization: 'Bearer nobodys' })).status, 401)
    assert.equal(count, 1)
  })

  test('a token that only reads does so, and its end is the end of reading', async () => {
    const { fixture } = await closedRegistry()
    const { accounts } = fixture.ports
    const { token } = accounts.createToken({ account: 'alice', name: 'ci', readonly: true }, '::1')
    const read = (): ReturnType<Fixture['app']> =>
      fixture.app(ask('GET', '/@s%2fx', { headers: { authorization: `Bearer ${token}` } }))
    assert.equal((await read()).status, 200)
    const identity = await accounts.authenticate(`Bearer ${token}`, '::1')
    assert.ok(identity)
    accounts.revokeToken(identity, token)
    assert.equal((await read()).status, 401)
  })

  test('a browser is asked for a name and a password; npm, which would print that, is not', async () => {
    const { fixture } = await closedRegistry()
    const headers = { accept: 'text/html,*/*' }
    const page = await fixture.app(ask('GET', '/', { headers }))
    assert.equal(page.status, 401)
    assert.match(page.headers['www-authenticate'] ?? '', /^Basic realm=/)
    const npm = await fixture.app(ask('GET', '/@s%2fx'))
    assert.equal(npm.headers['www-authenticate'], undefined)
  })

  test('a package is public for nobody', async () => {
    const { fixture, authorization } = await closedRegistry()
    const path = '/-/package/@s%2fx/visibility'
    const reply = await fixture.app(ask('GET', path, { headers: { authorization } }))
    assert.deepEqual(jsonOf(reply), { public: false })
  })
})
