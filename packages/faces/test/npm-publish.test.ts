import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App, Incoming } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { defaultMaxUploadBytes } from '../src/limits.ts'
import { createFixture, jsonOf, publishDocument, signUp } from './app-fixture.ts'

/** The limits with which the body was read. */
async function limitsOf(
  app: App,
  request: Incoming,
): Promise<{ limits: number[]; status: number }> {
  const limits: number[] = []
  const body = async (limitBytes: number): Promise<Uint8Array> => {
    limits.push(limitBytes)
    return request.body(limitBytes)
  }
  return { status: (await app({ ...request, body })).status, limits }
}

test('PUT /:name reads no byte of a body before it knows who sends it', async () => {
  const { app } = createFixture()
  const body = publishDocument('x', '1.0.0')
  for (const authorization of [undefined, 'Bearer nonsense', 'nonsense']) {
    const headers = authorization === undefined ? {} : { authorization }
    const found = await limitsOf(app, ask('PUT', '/x', { body, headers }))
    assert.deepEqual(found, { status: 401, limits: [] })
  }
})

test('PUT /:name reads as much as the settings allow', async () => {
  const body = publishDocument('x', '1.0.0')
  for (const maxUploadBytes of [undefined, 5000]) {
    const fixture = createFixture({
      settings: maxUploadBytes === undefined ? {} : { maxUploadBytes },
    })
    const { authorization } = await signUp(fixture, 'alice')
    const found = await limitsOf(
      fixture.app,
      ask('PUT', '/x', { body, headers: { authorization } }),
    )
    assert.deepEqual(found, { status: 201, limits: [maxUploadBytes ?? defaultMaxUploadBytes] })
  }
})

test('PUT /:name answers 200 to the same upload again, as the registry says', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  Object.assign(fixture.registry, {
    put: async () => ({ did: 'publish', spec: 'x@1.0.0', entry: 7, timeMs: 0, isRepeat: true }),
  })
  const body = publishDocument('x', '1.0.0')
  const reply = await fixture.app(ask('PUT', '/x', { body, headers: { authorization } }))
  assert.equal(reply.status, 200)
  assert.deepEqual(jsonOf(reply), { ok: true, id: 'x', entry: 7, time: '1970-01-01T00:00:00.000Z' })
})

test('PUT without attachments is a change, with the revision of the address alone', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const put = (url: string, body: unknown): Promise<unknown> =>
    fixture.app(ask('PUT', url, { body, headers: { authorization } }))
  await put('/x', publishDocument('x', '1.0.0'))
  await put('/x', { _id: 'x', _rev: '1-a', users: { alice: true } })
  await put('/x', { versions: { '1.0.0': { deprecated: 'old' } }, _attachments: {} })
  await put('/x/-rev/2-b', { _id: 'x', versions: {} })
  await put('/x/-rev/undefined', { maintainers: [{ name: 'alice' }] })
  assert.deepEqual(fixture.registry.calls.slice(1), [
    'publish alice x',
    'changeDocument alice x undefined',
    'changeDocument alice x undefined',
    'changeDocument alice x 2-b',
    'changeDocument alice x undefined',
  ])
})

test('DELETE passes name, file and revision on, in both spellings of a scoped tarball', async () => {
  const fixture = createFixture()
  const { authorization } = await signUp(fixture, 'alice')
  const headers = { authorization }
  await fixture.app(ask('PUT', '/@s%2fx', { body: publishDocument('@s/x', '1.0.0'), headers }))
  const urls = [
    '/@s/x/-/x-1.0.0.tgz/-rev/3-c',
    '/@s%2fx/-/@s/x-1.0.0.tgz/-rev/3-c',
    '/@s%2fx/-rev/3-c',
  ]
  for (const url of urls) {
    assert.equal((await fixture.app(ask('DELETE', url, { headers }))).status, 200)
  }
  assert.deepEqual(fixture.registry.calls.slice(2), [
    'removeTarball alice @s/x x-1.0.0.tgz 3-c',
    'removeTarball alice @s/x @s/x-1.0.0.tgz 3-c',
    'removePackage alice @s/x 3-c',
  ])
})
