import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { NamedHost } from '@stele/formats/networks'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { maxUploadsWaiting } from '../src/limits.ts'
import { createFixture, type Fixture, jsonOf, signUp, textOf } from './app-fixture.ts'
import { makeZip } from './make-zip.ts'

function zipOf(...names: readonly string[]): Buffer {
  return makeZip(
    names.map((name) => ({
      path: `${name}/package.json`,
      content: JSON.stringify({ name, version: '1.0.0' }),
    })),
  )
}

async function formOf(parts: Readonly<Record<string, string | Buffer>>): Promise<{
  readonly body: Uint8Array
  readonly type: string
}> {
  const form = new FormData()
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new Blob([new Uint8Array(value)]), 'maps.jar')
  }
  const sent = new Response(form)
  return { body: await sent.bytes(), type: sent.headers.get('content-type') ?? '' }
}

async function upload(
  fixture: Fixture,
  parts: Readonly<Record<string, string | Buffer>>,
  headers: Record<string, string>,
): Promise<Reply> {
  const { body, type } = await formOf(parts)
  const all = { 'content-type': type, ...headers }
  return fixture.app(ask('POST', '/resources/jsregistry/upload', { body, headers: all }))
}

test('POST of an archive publishes each package in it, and says what was found', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const reply = await upload(fixture, { file: zipOf('one', 'two') }, { authorization })
  assert.equal(reply.status, 201, textOf(reply))
  const { items, ...rest } = jsonOf(reply)
  assert.deepEqual(rest, { file: 'maps.jar', name: 'one@1.0.0 two@1.0.0', type: 'jar' })
  const location = 'http://localhost:4873/resources/jsregistry/root/two/1.0.0'
  assert.match(
    JSON.stringify(items),
    new RegExp(`"name":"two","version":"1.0.0","location":"${location}"`),
  )
  assert.equal((await fixture.app(ask('GET', '/one'))).status, 200)
})

test('POST of an archive moves "latest" to newer releases only', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  for (const [version, latest] of [
    ['3.0.0-SNAPSHOT', '3.0.0-SNAPSHOT'],
    ['3.0.0', '3.0.0'],
    ['3.1.0-SNAPSHOT', '3.0.0'],
    ['2.9.0', '3.0.0'],
    ['3.1.0', '3.1.0'],
  ] as const) {
    const content = JSON.stringify({ name: 'map', version })
    const file = makeZip([{ path: 'package.json', content }])
    assert.equal((await upload(fixture, { file }, { authorization })).status, 201)
    const packument = jsonOf(await fixture.app(ask('GET', '/map')))
    assert.equal(Object(packument['dist-tags']).latest, latest, version)
  }
})

test('POST of an archive publishes nothing when one of its packages exists with other files', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const content = JSON.stringify({ name: 'one', version: '1.0.0', description: 'another' })
  const file = makeZip([{ path: 'package.json', content }])
  assert.equal((await upload(fixture, { file }, { authorization })).status, 201)
  const reply = await upload(fixture, { file: zipOf('new', 'one') }, { authorization })
  assert.equal(reply.status, 409)
  assert.match(textOf(reply), /one@1\.0\.0/)
  assert.equal((await fixture.app(ask('GET', '/new'))).status, 404)
})

test('POST of an archive publishes the rest where some of it was published before, just as it is', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  assert.equal((await upload(fixture, { file: zipOf('one') }, { authorization })).status, 201)
  const reply = await upload(fixture, { file: zipOf('one', 'new') }, { authorization })
  assert.equal(reply.status, 201, textOf(reply))
  const { items } = jsonOf(reply)
  assert.ok(Array.isArray(items))
  const shown = items.map((item) => [Object(item).name, Object.hasOwn(Object(item), 'entry')])
  assert.deepEqual(shown, [
    ['one', false],
    ['new', true],
  ])
  const again = await upload(fixture, { file: zipOf('one', 'new') }, { authorization })
  assert.equal(again.status, 409, 'nothing of it is new')
})

test("POST of an archive publishes nothing when one of its packages is somebody else's", async () => {
  const fixture = createFixture()
  const max = await signUp(fixture, 'max')
  const { authorization } = await signUp(fixture, 'moritz')
  await upload(fixture, { file: zipOf('taken') }, { authorization: max.authorization })
  const reply = await upload(fixture, { file: zipOf('new', 'taken') }, { authorization })
  assert.equal(reply.status, 403, textOf(reply))
  assert.equal((await fixture.app(ask('GET', '/new'))).status, 404)
})

const bad: readonly (readonly [
  string,
  Readonly<Record<string, string | Buffer>>,
  Record<string, string>,
  RegExp,
])[] = [
  ['no file', { other: zipOf('one') }, {}, /must have one field \\"file\\"/],
  ['a text', { file: 'maps' }, {}, /\\"maps\\" is neither an archive nor an address/],
  ['a path', { url: 'file:///etc/passwd' }, {}, /neither an archive nor an address/],
  ['an address and a file', { url: 'https://x.example/', file: zipOf('one') }, {}, /one field/],
  ['an address with a password', { url: 'https://a:b@x.example/' }, {}, /holds a password/],
  ['a long address', { url: `https://x.example/${'a'.repeat(9000)}` }, {}, /too long/],
  ['a bad archive', { file: Buffer.from('hello') }, {}, /not a sound zip/],
  ['an archive without packages', { file: makeZip([{ path: 'x' }]) }, {}, /no package\.json/],
  ['what is no JSON', {}, { 'content-type': 'application/json' }, /the request body/],
  ['a text', {}, { 'content-type': 'text/plain' }, /multipart\/form-data.*\{\\"url\\"/],
  ['a form without a boundary', {}, { 'content-type': 'multipart/form-data; x=1' }, /no boundary/],
  [
    'a form with another boundary',
    { file: zipOf('one') },
    { 'content-type': 'multipart/form-data; boundary=x' },
    /does not begin or end with its boundary/,
  ],
]

for (const [claim, parts, headers, text] of bad) {
  test(`POST of ${claim} is refused, and nothing is stored`, async () => {
    const fixture = createFixture()
    const { authorization } = await signUp(fixture, 'max')
    const reply = await upload(fixture, parts, { authorization, ...headers })
    assert.equal(reply.status, 400, textOf(reply))
    assert.match(textOf(reply), text)
    assert.equal(fixture.registry.blobs.size, 0)
    const again = await upload(fixture, { file: zipOf('one') }, { authorization })
    assert.equal(again.status, 201, 'the next one is not kept waiting')
  })
}

test('POST of an archive is refused for a stranger before its body is read', async () => {
  const { app } = createFixture()
  const incoming = ask('POST', '/resources/jsregistry/upload', { body: Buffer.from('x') })
  const body = (): never => assert.fail('The body was read')
  const { status, headers } = await app({ ...incoming, body })
  assert.equal(status, 401)
  assert.match(headers['www-authenticate'] ?? '', /^Basic realm=/) // Java's clients send no password before.
})

test('POST of an archive is refused to pages of others, for which a browser sends what it knows', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const send = (origin: string): Promise<Reply> =>
    upload(fixture, { file: zipOf('one') }, { authorization, origin })
  for (const origin of [
    'https://evil.example',
    'null',
    'http://localhost:1',
    'https://localhost:4873',
  ]) {
    const reply = await send(origin)
    assert.equal(reply.status, 403)
    assert.equal(jsonOf(reply)['code'], 'origin_refused')
  }
  assert.equal((await send('http://localhost:4873')).status, 201)
})

test('POST of an archive waits for nobody who sends slowly', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const { body, type } = await formOf({ file: zipOf('slow') })
  const headers = { authorization, 'content-type': type }
  const arrived = Promise.withResolvers<Uint8Array>()
  const slow = ask('POST', '/resources/jsregistry/upload', { headers })
  const first = fixture.app({ ...slow, body: () => arrived.promise })
  assert.equal((await upload(fixture, { file: zipOf('quick') }, { authorization })).status, 201)
  arrived.resolve(body)
  assert.equal((await first).status, 201)
})

test('POST of many archives has them unpacked one after the other, and refuses what would wait too long', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  const names = Array.from({ length: maxUploadsWaiting + 3 }, (_, at) => `p${at}`)
  const replies = await Promise.all(
    names.map((name) => upload(fixture, { file: zipOf(name) }, { authorization })),
  )
  const count = (status: number): number => replies.filter((one) => one.status === status).length
  assert.deepEqual([count(201), count(503)], [maxUploadsWaiting + 1, 2])
})

suite('POST of an address', () => {
  const url = 'https://repo.example/maps/all%20maps.jar?token=1'
  type Fetched = { readonly url: string; readonly hosts: readonly NamedHost[] }

  function createFetching(fetch: () => Promise<Uint8Array> = async () => zipOf('map')): {
    readonly fixture: Fixture
    readonly fetched: Fetched[]
  } {
    const fetched: Fetched[] = []
    const hosts = [{ name: 'repo.example', port: undefined }]
    const fixture = createFixture({
      settings: { 'upload.hosts': hosts },
      ports: {
        fetchFrom: (named) => (asked) => {
          fetched.push({ url: asked.href, hosts: named })
          return fetch()
        },
      },
    })
    return { fixture, fetched }
  }

  const json = { 'content-type': 'application/json' }
  const ways: readonly (readonly [string, () => Promise<{ body: Uint8Array; type: string }>])[] = [
    ['the field "file"', () => formOf({ file: url })],
    ['the field "url"', () => formOf({ url })],
    [
      'JSON',
      async () => ({ body: Buffer.from(JSON.stringify({ url })), type: json['content-type'] }),
    ],
  ]
  for (const [way, make] of ways) {
    test(`in ${way} publishes what is there`, async () => {
      const { fixture, fetched } = createFetching()
      const { authorization } = await signUp(fixture, 'max')
      const { body, type } = await make()
      const headers = { authorization, 'content-type': type }
      const reply = await fixture.app(
        ask('POST', '/resources/jsregistry/upload', { body, headers }),
      )
      assert.equal(reply.status, 201, textOf(reply))
      const { file, name, type: kind } = jsonOf(reply)
      assert.deepEqual([file, name, kind], ['all maps.jar', 'map@1.0.0', 'jar'])
      assert.deepEqual(fetched, [{ url, hosts: [{ name: 'repo.example', port: undefined }] }])
    })
  }

  const bodies = [
    ['an array', []],
    ['no url', {}],
    ['a number', { url: 5 }],
    ['no web address', { url: 'gopher://repo.example/' }],
  ] as const
  for (const [what, body] of bodies) {
    test(`is refused where the JSON has ${what}`, async () => {
      const { fixture, fetched } = createFetching()
      const { authorization } = await signUp(fixture, 'max')
      const sent = { body, headers: { authorization } }
      const reply = await fixture.app(ask('POST', '/resources/jsregistry/upload', sent))
      assert.equal(reply.status, 400, textOf(reply))
      assert.deepEqual(fetched, [])
    })
  }

  test('is fetched for one account at a time, and for two in all', async () => {
    const arrived = Promise.withResolvers<Uint8Array>()
    const { fixture, fetched } = createFetching(() => arrived.promise)
    const send = async (name: string): Promise<Reply> => {
      const { authorization } = await signUp(fixture, name)
      return upload(fixture, { url }, { authorization })
    }
    const { authorization } = await signUp(fixture, 'max')
    const first = upload(fixture, { url }, { authorization })
    const second = send('moritz')
    while (fetched.length < 2) await new Promise(setImmediate)
    const again = await upload(fixture, { url }, { authorization })
    assert.equal(again.status, 503)
    assert.match(textOf(again), /is being fetched for you/)
    assert.match(textOf(await send('witwe')), /other archives are being fetched/)
    arrived.resolve(zipOf('map'))
    assert.deepEqual([(await first).status, (await second).status], [201, 403])
    assert.equal((await upload(fixture, { url }, { authorization })).status, 409)
  })
})
