import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
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

test('POST of an archive publishes nothing when one of its packages exists', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'max')
  await upload(fixture, { file: zipOf('one') }, { authorization })
  const reply = await upload(fixture, { file: zipOf('new', 'one') }, { authorization })
  assert.equal(reply.status, 409)
  assert.match(textOf(reply), /one@1\.0\.0/)
  assert.equal((await fixture.app(ask('GET', '/new'))).status, 404)
})

const bad: readonly (readonly [
  string,
  Readonly<Record<string, string | Buffer>>,
  Record<string, string>,
  RegExp,
])[] = [
  ['no file', { other: zipOf('one') }, {}, /must have one field \\"file\\"/],
  ['an address', { file: 'https://x.example/a.zip' }, {}, /is a text, wanted a zip or a JAR/],
  ['a bad archive', { file: Buffer.from('hello') }, {}, /not a sound zip/],
  ['an archive without packages', { file: makeZip([{ path: 'x' }]) }, {}, /no package\.json/],
  ['JSON', {}, { 'content-type': 'application/json' }, /multipart\/form-data/],
  ['a form without a boundary', {}, { 'content-type': 'multipart/form-data; x=1' }, /not sound/],
  [
    'a form with another boundary',
    { file: zipOf('one') },
    { 'content-type': 'multipart/form-data; boundary=x' },
    /not sound/,
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
  assert.equal((await app({ ...incoming, body })).status, 401)
})

test('POST of an archive waits for nobody who sends slowly, and two are not unpacked at once', async () => {
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
  const both = await Promise.all(
    ['a', 'b'].map((name) => upload(fixture, { file: zipOf(name) }, { authorization })),
  )
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([201, 503]))
})
