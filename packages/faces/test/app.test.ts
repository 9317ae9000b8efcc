import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, signUp } from './app-fixture.ts'

test('createApp() answers a bug with an id, and tells the id and the stack to the log', async () => {
  const { app, events, ports } = createFixture()
  Object.assign(ports.registry, {
    packument: () => {
      throw new TypeError('broken')
    },
  })
  const reply = await app(ask('GET', '/left-pad'))
  assert.equal(reply.status, 500)
  const body = jsonOf(reply)
  const bug = events.find((event) => event.type === 'bug')
  assert.equal(body['id'], bug?.id)
  assert.match(bug?.stack ?? '', /TypeError: broken\n +at /)
  assert.equal(JSON.stringify(body).includes('broken'), false)
})

test('createApp() answers 404 in JSON outside the mount path, and works below it', async () => {
  const { app } = createFixture({ settings: { mountPath: '/npm/team' } })
  const inside = await app(ask('GET', '/npm/team/-/ping'))
  const outside = await app(ask('GET', '/-/ping'))
  assert.deepEqual([inside.status, outside.status], [200, 404])
  assert.equal(jsonOf(outside)['code'], 'route_not_found')
})

const agents: readonly (readonly [userAgent: string, isTold: boolean])[] = [
  ['pnpm/10.4.1 npm/? node/v24.1.0 linux x64', true],
  ['pnpm/11.2.0 npm/? node/v24.1.0 linux x64', true],
  ['pnpm/9.15.0 npm/? node/v22.1.0 linux x64', true],
  ['pnpm/12.0.0 npm/? node/v24.1.0 linux x64', false],
  ['npm/10.9.0 node/v24.1.0 linux x64 workspaces/false', false],
  ['', false],
]
for (const [agent, isTold] of agents) {
  test(`createApp() ${isTold ? 'puts an error into' : 'leaves the usual words in'} the status line for "${agent}"`, async () => {
    const { app } = createFixture()
    const reply = await app(ask('GET', '/none', { headers: { 'user-agent': agent } }))
    assert.equal(reply.status, 404)
    assert.equal(reply.reason?.startsWith('Cannot find the package "none"') ?? false, isTold)
  })
}

test('createApp() refuses a Host that could stand in an answer', async () => {
  const { app } = createFixture({ settings: { listensOnLoopback: false } })
  const reply = await app(ask('GET', '/left-pad', { headers: { host: 'a"b' } }))
  assert.equal(reply.status, 400)
  assert.equal((await app(ask('GET', '/-/ping', { headers: { host: 'a"b' } }))).status, 200)
})

test('createApp() answers nothing under a foreign host where the registry is local, and says what to set', async () => {
  const { app } = createFixture()
  for (const url of ['/', '/left-pad', '/-/log/checkpoint', '/-/whoami', '/nothing']) {
    const reply = await app(ask('GET', url, { headers: { host: 'evil.example' } }))
    assert.deepEqual([reply.status, jsonOf(reply)['code']], [421, 'host_unknown'])
    assert.match(String(jsonOf(reply)['fix']), /--public-url/)
  }
})

test('createApp() sends nosniff with every answer', async () => {
  const { app } = createFixture()
  for (const url of ['/-/ping', '/nothing', '/-/log/checkpoint', '/%']) {
    assert.equal((await app(ask('GET', url))).headers['x-content-type-options'], 'nosniff')
  }
})

const piece = fc.oneof(
  fc.constantFrom(
    '-',
    '@s',
    'x',
    '-rev',
    'log',
    'tile',
    '000',
    'user',
    'npm',
    'v1',
    'tokens',
    'package',
  ),
  fc.constantFrom(
    'dist-tags',
    '%2f',
    '%2e%2e',
    '..',
    '.',
    '%00',
    '%zz',
    '__proto__',
    'constructor',
    '',
  ),
  fc.string({ maxLength: 8 }).map(encodeURIComponent),
  fc.string({ maxLength: 8 }),
)
const url = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('/')}`)
const headers = fc.dictionary(
  fc.constantFrom(
    'host',
    'accept',
    'accept-encoding',
    'authorization',
    'range',
    'if-none-match',
    'forwarded',
  ),
  fc.oneof(
    fc.string(),
    fc.constantFrom('bytes=0-', 'gzip', '*', 'Basic YTpi', 'Bearer x', 'W/"x"'),
  ),
)
const method = fc.constantFrom(
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'get',
  '',
)
const body = fc.oneof(fc.json(), fc.string(), fc.constant('{"__proto__":{},"queries":[{}]}'))

test('createApp() never answers 5xx, and every refusal is JSON, whatever is asked', async () => {
  const fixture = createFixture()
  await signUp(fixture, 'alice')
  await fc.assert(
    fc.asyncProperty(method, url, headers, body, async (...asked) => {
      const [sentMethod, sentUrl, sentHeaders, sentBody] = asked
      const request = ask(sentMethod, sentUrl, { headers: sentHeaders, body: sentBody })
      const reply = await fixture.app(request)
      assert.ok(reply.status < 500, JSON.stringify(fixture.events.slice(-2)))
      const hasBody = sentMethod !== 'HEAD' && reply.status >= 400
      if (hasBody && reply.headers['content-encoding'] === undefined) {
        assert.equal(typeof jsonOf(reply)['error'], 'string')
      }
    }),
    { numRuns: 1000 },
  )
})
