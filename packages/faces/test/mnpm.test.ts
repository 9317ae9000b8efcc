import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp, type Reply } from '@stele/http'
import { moduleDocument, publishDocument } from '../../../conformance/sample-package.ts'
import { ask } from '../../http/test/incoming.ts'
import { maxModuleBytes } from '../src/limits.ts'
import { mnpmPortFace } from '../src/mnpm/index.ts'
import { createFixture, jsonOf, signUp, textOf } from './app-fixture.ts'

type Change = (module: Readonly<Record<string, unknown>>) => unknown

async function put(change: Change): Promise<Reply> {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = change(moduleDocument('x', '1.0.0'))
  return fixture.app(ask('PUT', '/-/mnpm/module', { body, headers: { authorization } }))
}

const good = { name: 'left-pad', version: '^1.0.0' }
const refused: readonly (readonly [claim: string, change: Change, status: number, text: RegExp])[] =
  [
    ['what is no object', () => [], 400, /not a JSON object/],
    [
      'another name than the tarball has',
      (m) => ({ ...m, name: 'y' }),
      400,
      /tarball says x@1\.0\.0/,
    ],
    ['another version', (m) => ({ ...m, version: '1.0.1' }), 400, /tarball says x@1\.0\.0/],
    ['a range for a version', (m) => ({ ...m, version: '^1.0.0' }), 400, /version_invalid/],
    ['a name that is none', (m) => ({ ...m, name: '../x' }), 400, /name_invalid/],
    ['a name that is no text', (m) => ({ ...m, name: 7 }), 400, /wanted text/],
    ['no name', (m) => ({ ...m, name: undefined }), 400, /it has no \\"name\\"/],
    ['no tarball', (m) => ({ ...m, tarball: null }), 400, /it has no \\"tarball\\"/],
    ['loose base64', (m) => ({ ...m, tarball: `${String(m['tarball'])}\n` }), 400, /strict base64/],
    ['a tarball that is none', (m) => ({ ...m, tarball: 'eHh4' }), 400, /tarball_invalid/],
    ['a mapping for dependencies', (m) => ({ ...m, dependencies: {} }), 400, /not a list/],
    [
      'a dependency without version',
      (m) => ({ ...m, dependencies: [{ name: 'a' }] }),
      400,
      /member 0/,
    ],
    ['no dependencies', (m) => ({ ...m, dependencies: [] }), 400, /left-pad.*has it not/],
    [
      'one dependency more',
      (m) => ({ ...m, dependencies: [good, { name: 'a', version: '1' }] }),
      400,
      /\\"a\\", the package\.json in the tarball has not/,
    ],
    [
      'another range',
      (m) => ({ ...m, dependencies: [{ ...good, version: '^2.0.0' }] }),
      400,
      /as \\"\^2\.0\.0\\", the package\.json in the tarball as \\"\^1\.0\.0\\"/,
    ],
    ['a dependency twice', (m) => ({ ...m, dependencies: [good, good] }), 400, /left-pad/],
  ]
for (const [claim, change, status, text] of refused) {
  test(`PUT /-/mnpm/module refuses ${claim}`, async () => {
    const reply = await put(change)
    assert.equal(reply.status, status, JSON.stringify(jsonOf(reply)))
    assert.match(JSON.stringify(jsonOf(reply)), text)
  })
}

test('PUT /-/mnpm/module publishes as npm does: one call, by the sender’s account', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = moduleDocument('@s/x', '1.0.0')
  const reply = await fixture.app(
    ask('PUT', '/-/mnpm/module', { body, headers: { authorization } }),
  )
  assert.equal(reply.status, 201)
  assert.ok(fixture.registry.calls.includes('publish max @s/x'))
  const checksum = await fixture.app(ask('GET', '/-/mnpm/checksum?name=@s/x&version=1.0.0'))
  const bytes = Buffer.from(String(body['tarball']), 'base64')
  assert.deepEqual(fixture.registry.blobs.get(String(jsonOf(checksum)['checksum'])), bytes)
})

test('PUT /-/mnpm/module knows who asks, and has a limit, before it reads a byte', async () => {
  const fixture = createFixture()
  const limits: number[] = []
  const unread = (authorization: string): ReturnType<typeof ask> => ({
    ...ask('PUT', '/-/mnpm/module', { headers: { authorization } }),
    body: async (limit) => {
      limits.push(limit)
      return new Uint8Array()
    },
  })
  assert.equal((await fixture.app(unread('Bearer nonsense'))).status, 401)
  assert.deepEqual(limits, [])
  const { authorization } = await signUp(fixture, 'max')
  assert.equal((await fixture.app(unread(authorization))).status, 400)
  assert.deepEqual(limits, [maxModuleBytes])
})

test('PUT /-/mnpm/module takes no content coding', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const headers = { authorization, 'content-encoding': 'gzip' }
  const body = moduleDocument('x', '1.0.0')
  const reply = await fixture.app(ask('PUT', '/-/mnpm/module', { body, headers }))
  assert.deepEqual([reply.status, jsonOf(reply)['code']], [415, 'coding_unsupported'])
  assert.equal(fixture.registry.blobs.size, 0)
})

test('GET /-/mnpm shows what npm published', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = publishDocument('plain', '1.0.0')
  await fixture.app(ask('PUT', '/plain', { body, headers: { authorization } }))
  const get = async (path: string): Promise<unknown> =>
    jsonOf(await fixture.app(ask('GET', `/-/mnpm/${path}`)))
  assert.deepEqual(await get('versions?name=plain'), { versions: ['1.0.0'] })
  assert.deepEqual(await get('dependencies?name=plain&version=1.0.0'), { dependencies: [] })
  assert.deepEqual(await get('mirrors'), { mirrors: ['https://mirror.example/basepath'] })
})

test('GET /-/mnpm/versions makes no packument', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = publishDocument('plain', '1.0.0')
  await fixture.app(ask('PUT', '/plain', { body, headers: { authorization } }))
  Object.assign(fixture.registry, { packument: () => assert.fail('it makes a packument') })
  const reply = await fixture.app(ask('GET', '/-/mnpm/versions?name=plain'))
  assert.deepEqual([reply.status, jsonOf(reply)], [200, { versions: ['1.0.0'] }])
  const missing = await fixture.app(ask('GET', '/-/mnpm/versions?name=nowhere'))
  assert.deepEqual([missing.status, jsonOf(missing)['code']], [404, 'package_not_found'])
})

test('GET /-/mnpm/checksum answers 451 with the reason when the tarball was taken down', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = publishDocument('plain', '1.0.0')
  await fixture.app(ask('PUT', '/plain', { body, headers: { authorization } }))
  const get = (): Promise<Reply> =>
    fixture.app(ask('GET', '/-/mnpm/checksum?name=plain&version=1.0.0'))
  const before = await get()
  assert.deepEqual([before.status, before.headers['cache-control']], [200, 'public, max-age=3600'])
  Object.assign(fixture.ports.log, { blob: () => undefined, takenDown: () => 'it stole keys' })
  const after = await get()
  assert.deepEqual([after.status, jsonOf(after)['code']], [451, 'taken_down'])
  assert.match(String(jsonOf(after)['error']), /it stole keys/)
  assert.doesNotMatch(String(after.headers['cache-control']), /max-age=[1-9]|immutable/)
})

test('GET /-/mnpm/checksum finds no version that was removed', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const body = publishDocument('plain', '1.0.0')
  await fixture.app(ask('PUT', '/plain', { body, headers: { authorization } }))
  const { tarball } = fixture.registry
  const removed: typeof tarball = (name, file) => {
    const found = tarball(name, file)
    return found && { ...found, removed: true }
  }
  Object.assign(fixture.registry, { tarball: removed })
  const reply = await fixture.app(ask('GET', '/-/mnpm/checksum?name=plain&version=1.0.0'))
  assert.deepEqual([reply.status, jsonOf(reply)['code']], [404, 'version_not_found'])
})

for (const [query, reason] of [
  ['', /it has no .*name/],
  ['?name=', /it has no .*name/],
  ['?name=a&name=b', /more than once/],
] as const) {
  test(`GET /-/mnpm/versions${query} says what is wrong`, async () => {
    const reply = await createFixture().app(ask('GET', `/-/mnpm/versions${query}`))
    assert.equal(reply.status, 400)
    assert.match(String(jsonOf(reply)['error']), reason)
  })
}

/** Who may put a module through mnpm's own port without credentials. */
const senders: readonly (readonly [
  claim: string,
  settings: Parameters<typeof createFixture>[0],
  headers: Readonly<Record<string, string>>,
  status: number,
])[] = [
  ['a program of this machine', { settings: { signUp: 'auto' } }, {}, 201],
  ['the same where sign-up is open', { settings: { signUp: 'open' } }, {}, 201],
  ['nobody where sign-up is closed', { settings: { signUp: 'closed' } }, {}, 401],
  [
    'nobody where other machines reach the registry',
    { settings: { signUp: 'open', listensOnLoopback: false } },
    {},
    401,
  ],
  ['nobody through a proxy', { settings: { signUp: 'open' } }, { via: '1.1 proxy' }, 401],
  [
    'nobody with a wrong token',
    { settings: { signUp: 'auto' } },
    { authorization: 'Bearer x' },
    401,
  ],
]
for (const [claim, options, headers, status] of senders) {
  test(`PUT /module takes a module without credentials from ${claim}`, async () => {
    const fixture = createFixture(options)
    const body = moduleDocument('x', '1.0.0')
    const reply = await portOf(fixture)(ask('PUT', '/module', { body, headers }))
    assert.equal(reply.status, status, JSON.stringify(jsonOf(reply)))
    const calls = fixture.registry.calls.filter((call) => call.startsWith('publish'))
    assert.deepEqual(calls, status === 201 ? ['publish mnpm x'] : [])
  })
}

test('PUT /module is nobody without credentials where the account "mnpm" has a password', async () => {
  const fixture = createFixture()
  await signUp(fixture, 'mnpm')
  const body = moduleDocument('x', '1.0.0')
  const reply = await portOf(fixture)(ask('PUT', '/module', { body }))
  assert.deepEqual([reply.status, jsonOf(reply)['code']], [401, 'unauthenticated'])
})

test("mnpm's own port lists a module's tarballs, gives them, and names itself where there is no other mirror", async () => {
  const fixture = createFixture()
  const app = portOf(fixture)
  const body = moduleDocument('@s/x', '1.0.0')
  assert.equal((await app(ask('PUT', '/module', { body }))).status, 201)
  const listing = await app(ask('GET', '/@s/x'))
  assert.match(textOf(listing), /href="\/@s\/x\/x-v1\.0\.0\.tgz"/)
  const tarball = await app(ask('GET', '/@s/x/x-v1.0.0.tgz'))
  assert.deepEqual(tarball.body, Buffer.from(String(body['tarball']), 'base64'))
  for (const path of ['/@s/x/x-1.0.0.tgz', '/@s/x/y-v1.0.0.tgz', '/@s/x/x-v2.0.0.tgz', '/y']) {
    assert.equal((await app(ask('GET', path))).status, 404, path)
  }
  const { mirrors } = jsonOf(await app(ask('GET', '/mirrors')))
  assert.deepEqual(mirrors, ['http://localhost:4873'])
})

/** The app behind mnpm's own port. */
function portOf({ ports }: ReturnType<typeof createFixture>): ReturnType<typeof createApp> {
  const faces = [mnpmPortFace.open(ports, { mirrors: [], port: 0 })]
  const settings = { mountPath: '', trustedProxies: [], listensOnLoopback: true }
  return createApp({ faces, settings, now: Date.now, report: () => undefined })
}
