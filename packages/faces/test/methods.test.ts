// Which addresses answer 405, and which stay 404 for a method that they do not take: clients tell the two apart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf } from './app-fixture.ts'

/** An address, the methods that have no route there, and what Allow says. */
const known: readonly (readonly [path: string, methods: string, allow: string])[] = [
  ['/', 'POST DELETE', 'GET, HEAD'],
  ['/left-pad', 'POST DELETE PATCH', 'GET, HEAD, PUT'],
  ['/@s%2fx', 'POST DELETE', 'GET, HEAD, PUT'],
  ['/@s/x', 'POST DELETE', 'GET, HEAD, PUT'],
  ['/left-pad/1.0.0', 'POST PUT DELETE', 'GET, HEAD'],
  ['/left-pad/-/left-pad-1.0.0.tgz', 'POST PUT DELETE', 'GET, HEAD'],
  ['/left-pad/-rev/1-0', 'GET HEAD POST', 'PUT, DELETE'],
  ['/left-pad/-/left-pad-1.0.0.tgz/-rev/1-0', 'GET PUT POST', 'DELETE'],
  ['/-/ping', 'POST PUT DELETE', 'GET, HEAD'],
  ['/-/whoami', 'POST PUT DELETE', 'GET, HEAD'],
  ['/-/health', 'POST', 'GET, HEAD'],
  ['/-/v1/login', 'GET PUT', 'POST'], // pnpm takes 405 as it takes 404: no log-in through a browser.
  ['/-/v1/search', 'POST', 'GET, HEAD'],
  ['/-/npm/v1/tokens', 'PUT DELETE', 'GET, HEAD, POST'],
  ['/-/package/left-pad/dist-tags', 'DELETE', 'GET, HEAD'],
  ['/-/log/checkpoint', 'POST', 'GET, HEAD'],
  ['/-/stele/proof', 'GET', 'POST'],
]
for (const [path, methods, allow] of known) {
  for (const method of methods.split(' ')) {
    test(`${method} ${path} answers 405 and says that it takes ${allow}`, async () => {
      const reply = await createFixture().app(ask(method, path))
      assert.deepEqual([reply.status, reply.headers['allow']], [405, allow])
      if (method !== 'HEAD') assert.equal(jsonOf(reply)['code'], 'method_not_allowed')
    })
  }
}

/** What clients ask for to find out whether it is there; they go on to the next way only after a 404. */
const probed: readonly string[] = [
  'OPTIONS /left-pad',
  'OPTIONS /-/ping',
  'PUT /-/user/v1/star', // pnpm, before it stars as npm does.
  'PUT /-/user/package/left-pad/star',
  'PUT /-/pnpm/v1/publish',
  'POST /-/stage',
  'PUT /-/stage',
  'POST /-/npm/v1/oidc/token/exchange/package/left-pad',
  'GET /-/npm/v1/keys',
  'POST /-/npm/v1/security/advisories/bulk',
  'POST /-/npm/v1/security/audits/quick',
  'POST /-/npm/v1/security/audits',
  'GET /-/npm/v1/security/audits', // Naming POST, which is refused too, would help nobody.
  'POST /-/package/left-pad/access',
  'PATCH /-/package/left-pad/access',
  'GET /-/org/s/package', // npm asks for the packages of a user next.
  'GET /-/user/s/package',
  'GET /-/team/s/developers/package',
  'PATCH /-/org/s/team',
  'POST /_session', // The log-in of CouchDB, from npm's first years.
  'PUT /.well-known/x',
  'POST /a/b/c/d/e/f',
]
for (const request of probed) {
  test(`${request} answers 404, without Allow`, async () => {
    const [method = '', path = ''] = request.split(' ')
    const reply = await createFixture().app(ask(method, path))
    assert.deepEqual([reply.status, reply.headers['allow']], [404, undefined])
  })
}

test('a known address answers 404 outside the mount path, whatever the method', async () => {
  const { app } = createFixture({ settings: { mountPath: '/npm' } })
  const statuses = ['/-/ping', '/npm/-/ping'].map(
    async (path) => (await app(ask('POST', path))).status,
  )
  assert.deepEqual(await Promise.all(statuses), [404, 405])
})
