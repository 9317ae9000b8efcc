import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '@stele/http'
import { moduleDocument, publishDocument } from '../../../conformance/sample-package.ts'
import { ask } from '../../http/test/incoming.ts'
import { maxModuleBytes } from '../src/limits.ts'
import { createFixture, jsonOf, signUp } from './app-fixture.ts'

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
