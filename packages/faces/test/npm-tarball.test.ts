import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp, textOf } from './app-fixture.ts'

const path = '/x/-/x-1.0.0.tgz'

async function published(): Promise<ReturnType<typeof createFixture>> {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const body = publishDocument('x', '1.0.0', Buffer.from('0123456789'))
  await fixture.app(ask('PUT', '/x', { body, headers: { authorization } }))
  return fixture
}

test('GET of a tarball sends its bytes, its digest as ETag, and no coding', async () => {
  const { app } = await published()
  const reply = await app(ask('GET', path, { headers: { 'accept-encoding': 'gzip' } }))
  assert.equal(textOf(reply), '0123456789')
  assert.deepEqual(reply.headers, {
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
    etag: `"${hash('sha512', '0123456789', 'hex')}"`,
    'accept-ranges': 'bytes',
    'content-length': '10',
  })
})

const ranges: readonly (readonly [
  range: string,
  status: number,
  text: string,
  contentRange?: string,
])[] = [
  ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
  ['bytes=7-', 206, '789', 'bytes 7-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=0-1,4-5', 200, '0123456789'],
]
for (const [range, status, text, contentRange] of ranges) {
  test(`GET of a tarball answers ${status} to ${range}`, async () => {
    const { app } = await published()
    const reply = await app(ask('GET', path, { headers: { range } }))
    assert.deepEqual([reply.status, textOf(reply)], [status, text])
    assert.equal(reply.headers['content-range'], contentRange)
    assert.equal(reply.headers['content-length'], String(text.length))
  })
}

test('HEAD of a tarball takes no notice of a range', async () => {
  const { app } = await published()
  const reply = await app(ask('HEAD', path, { headers: { range: 'bytes=0-1' } }))
  assert.deepEqual(
    [reply.status, reply.body, reply.headers['content-length']],
    [200, undefined, '10'],
  )
})

test('GET of a tarball that lies in a file gives the part of it', async () => {
  const fixture = await published()
  const file = { file: '/blobs/x', size: 1000 }
  Object.assign(fixture.ports.log, { blob: () => file })
  const whole = await fixture.app(ask('GET', path))
  const part = await fixture.app(ask('GET', path, { headers: { range: 'bytes=10-19' } }))
  assert.deepEqual(whole.body, { file: '/blobs/x', start: 0, end: 1000 })
  assert.deepEqual(part.body, { file: '/blobs/x', start: 10, end: 20 })
})

test('GET of a tarball whose bytes were taken down answers 404', async () => {
  const fixture = await published()
  fixture.registry.blobs.clear()
  assert.equal((await fixture.app(ask('GET', path))).status, 404)
})

test('GET /-/-/package is no tarball of the package "-", whose tarballs are found', async () => {
  const { app } = createFixture()
  for (const [url, code] of [
    ['/-/-/package', 'route_not_found'],
    ['/-/-/--1.0.0.tgz', 'version_not_found'],
  ] as const) {
    const reply = await app(ask('GET', url))
    assert.deepEqual([reply.status, jsonOf(reply)['code']], [404, code])
  }
})

test('GET of a tarball that was taken down answers 451 with the reason', async () => {
  const fixture = await published()
  Object.assign(fixture.ports.log, { blob: () => undefined, takenDown: () => 'it stole keys' })
  const reply = await fixture.app(ask('GET', path))
  assert.equal(reply.status, 451)
  const { error, code } = jsonOf(reply)
  assert.equal(code, 'taken_down')
  assert.equal(error, 'Cannot get x@1.0.0: the operator took it down ("it stole keys")')
})

test('GET of a tarball that was taken down is not answered with the bytes that an upstream gave for it', async () => {
  const fixture = await published()
  Object.assign(fixture.ports.log, { blob: () => undefined, takenDown: () => 'it stole keys' })
  const body = { file: '/none', sizeBytes: 7 }
  Object.assign(fixture.registry, { proxiedTarball: async () => ({ integrity: 'sha512-x', body }) })
  assert.equal((await fixture.app(ask('GET', path))).status, 451)
  Object.assign(fixture.ports.log, { takenDown: () => undefined })
  assert.equal((await fixture.app(ask('GET', path))).status, 200)
})
