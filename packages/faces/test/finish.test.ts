// The ETag matrix (npm-wire 12.4): forms, codings, methods and conditions, through the whole app.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { abbreviatedType } from '@stele/formats/manifest'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, publishDocument, signUp } from './app-fixture.ts'

const forms = [undefined, abbreviatedType] as const
/** Accept-Encoding, and the coding that is sent. */
const codings = [
  [undefined, undefined],
  ['deflate', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'gzip'],
  ['br', 'br'],
  ['zstd, gzip', 'zstd'],
] as const
const fixture = createFixture()
const { app } = fixture

async function published(): Promise<void> {
  const { authorization } = await signUp(fixture, 'alice')
  const body = publishDocument('left-pad', '1.0.0')
  const reply = await app(ask('PUT', '/left-pad', { body, headers: { authorization } }))
  assert.equal(reply.status, 201)
}
const ready = published()

function headersOf(
  accept: string | undefined,
  coding: string | undefined,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...(accept === undefined ? {} : { accept }),
    ...(coding === undefined ? {} : { 'accept-encoding': coding }),
    ...more,
  }
}

async function get(headers: Record<string, string>, method = 'GET'): Promise<Reply> {
  await ready
  return app(ask(method, '/left-pad', { headers }))
}

function decoded(reply: Reply): unknown {
  if (!(reply.body instanceof Uint8Array)) throw new Error('There are no bytes')
  const unpack = decoders.get(reply.headers['content-encoding'])
  return JSON.parse(Buffer.from(unpack?.(reply.body) ?? reply.body).toString())
}

const decoders = new Map<string | undefined, (bytes: Uint8Array) => Uint8Array>([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])

const future = 'Sat, 21 Nov 2026 10:00:01 GMT'
const past = 'Sat, 21 Nov 2026 10:00:00 GMT'

for (const accept of forms) {
  for (const [coding, sent] of codings) {
    const title = `${accept === undefined ? 'full' : 'abbreviated'} with ${coding ?? 'no coding'}`
    test(`finish() keeps the rules of representations: ${title}`, async () => {
      const whole = await get(headersOf(accept, coding))
      const { etag = '', vary = '' } = whole.headers
      assert.equal(whole.status, 200)
      assert.match(etag, /^"[\x21\x23-\x7e]+"$/)
      assert.deepEqual(new Set(vary.split(', ')), new Set(['Accept', 'Accept-Encoding']))
      assert.equal(whole.headers['last-modified'], future)
      assert.equal(whole.headers['content-encoding'], sent)
      assert.equal(Reflect.get(Object(decoded(whole)), 'name'), 'left-pad')

      const head = await get(headersOf(accept, coding), 'HEAD')
      assert.deepEqual([head.status, head.body, head.headers], [200, undefined, whole.headers])

      const cases: readonly (readonly [more: Record<string, string>, status: number])[] = [
        [{ 'if-none-match': etag }, 304],
        [{ 'if-none-match': `"x", ${etag}` }, 304],
        [{ 'if-none-match': '"x"' }, 200],
        [{ 'if-modified-since': future }, 304],
        [{ 'if-modified-since': past }, 200],
        [{ 'if-none-match': '"x"', 'if-modified-since': future }, 200],
        [{ 'if-none-match': etag, 'if-modified-since': past }, 304],
      ]
      for (const method of ['GET', 'HEAD']) {
        for (const [more, status] of cases) {
          const reply = await get(headersOf(accept, coding, more), method)
          assert.equal(reply.status, status, `${method} ${JSON.stringify(more)}`)
          assert.equal(reply.headers['etag'], etag)
          assert.equal(reply.headers['vary'], vary)
          assert.equal(reply.headers['cache-control'], 'no-cache')
          if (status !== 304) continue
          assert.equal(reply.body, undefined)
          assert.equal(reply.headers['content-length'], undefined)
          assert.equal(reply.headers['content-type'], undefined)
        }
      }
    })
  }
}

for (const path of ['/left-pad', '/left-pad/1.0.0']) {
  test(`finish() answers 304 to the ETag of the gzip form when no coding is asked for: ${path}`, async () => {
    await ready
    const { etag = '' } = (await app(ask('GET', path, { headers: { 'accept-encoding': 'gzip' } })))
      .headers
    const known = { 'if-none-match': etag }
    const reply = await app(ask('GET', path, { headers: known }))
    assert.deepEqual([reply.status, reply.headers['etag']], [304, etag])
    const other = await app(ask('GET', path, { headers: { 'if-none-match': '"x-gzip"' } }))
    assert.equal(other.status, 200)
  })
}

test('finish() gives another ETag to each form, coding and base address', async () => {
  const etags = new Set<string | undefined>()
  for (const host of ['localhost:4873', '127.0.0.1:4873']) {
    for (const accept of forms) {
      for (const coding of [undefined, 'gzip']) {
        etags.add((await get(headersOf(accept, coding, { host }))).headers['etag'])
      }
    }
  }
  assert.equal(etags.size, 8)
})

test('finish() codes large JSON, leaves small JSON, and never stores what is the caller’s own', async () => {
  await ready
  const gzip = { 'accept-encoding': 'gzip' }
  const small = await app(ask('GET', '/-/package/left-pad/dist-tags', { headers: gzip }))
  assert.equal(small.headers['content-encoding'], undefined)
  assert.match(small.headers['etag'] ?? '', /^"[\w-]{22}"$/)
  const version = { name: 'big', version: '1.0.0', description: 'x'.repeat(5000) }
  const { authorization } = await signUp(fixture, 'alice')
  const body = { ...publishDocument('big', '1.0.0'), versions: { '1.0.0': version } }
  await app(ask('PUT', '/big', { body, headers: { authorization } }))
  const plain = await app(ask('GET', '/big/1.0.0'))
  const coded = await app(ask('GET', '/big/1.0.0', { headers: gzip }))
  assert.equal(coded.headers['content-encoding'], 'gzip')
  assert.deepEqual(decoded(coded), decoded(plain))
  assert.equal(coded.headers['etag'], plain.headers['etag']?.replace(/"$/, '-gzip"'))
  const own = await app(ask('GET', '/-/whoami', { headers: { authorization } }))
  assert.deepEqual(
    [own.headers['etag'], own.headers['cache-control'], own.headers['vary']],
    [undefined, 'private, no-store', 'Authorization, Accept-Encoding'],
  )
  assert.deepEqual(jsonOf(own), { username: 'alice' })
})
