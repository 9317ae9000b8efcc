// Which of several apps has a request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { App, Incoming } from '../src/exchange.ts'
import { createMounts, parseMountPath } from '../src/mounts.ts'

const appOf =
  (name: string): App =>
  async () => ({ status: 200, headers: { name } })

const incoming = (url: string): Incoming => ({
  method: 'GET',
  url,
  headers: {},
  peer: '127.0.0.1',
  isTls: false,
  httpVersion: '1.1',
  body: async () => new Uint8Array(),
  stream: async function* () {},
})

const rows: readonly (readonly [
  mounted: readonly string[],
  url: string,
  found: string | undefined,
])[] = [
  [['/'], '/', '/'],
  [['/'], '/-/log/key?x=1', '/'],
  [['/', '/list'], '/list', '/list'],
  [['/', '/list'], '/list/', '/list'],
  [['/', '/list'], '/list?user=alice', '/list'],
  [['/', '/list'], '/list/-/files/a', '/list'],
  [['/', '/list'], '/lists', '/'],
  [['/list'], '/', undefined],
  [['/list'], '/other', undefined],
  [['/a', '/a/b'], '/a/b/c', '/a/b'],
  [['/a', '/a/b'], '/a/bc', '/a'],
  [['/'], 'http://elsewhere.example/x', '/'],
  [['/list'], 'http://elsewhere.example/list/x', '/list'],
  [[], '/', undefined],
]
for (const [mounted, url, wanted] of rows) {
  test(`${url} goes to ${wanted ?? 'nobody'} where ${mounted.join(', ') || 'nothing'} is mounted`, async () => {
    const { app, mount } = createMounts()
    for (const path of mounted) mount(path, appOf(path))
    const { status, headers } = await app(incoming(url))
    assert.equal(status === 404 || status === 503 ? undefined : headers['name'], wanted)
  })
}

test('createMounts() answers 503 while nothing is mounted, and 404 for what is nowhere', async () => {
  const { app, mount } = createMounts()
  assert.equal((await app(incoming('/list'))).status, 503)
  mount('/list', appOf('list'))
  assert.equal((await app(incoming('/other'))).status, 404)
})

test('mount() throws where another app is, and takes the place when that is gone', async () => {
  const { app, mount, unmount } = createMounts()
  mount('/list', appOf('old'))
  assert.throws(
    () => mount('list/', appOf('new')),
    (error) => isSteleError(error, 'mount_taken'),
  )
  assert.equal(unmount('/list/'), true)
  assert.equal(unmount('/list'), false)
  mount('list', appOf('new'))
  assert.equal((await app(incoming('/list'))).headers['name'], 'new')
})

const paths: readonly (readonly [string, string | undefined])[] = [
  ['', ''],
  ['/', ''],
  ['list', '/list'],
  ['/list/', '/list'],
  ['/a/b', '/a/b'],
  ['/-', undefined],
  ['/a/-/b', undefined],
  ['/a//b', undefined],
  ['/a/../b', undefined],
  ['/a b', undefined],
  ['/a?b', undefined],
  ['/ä', undefined],
]
for (const [path, wanted] of paths) {
  test(`parseMountPath() of "${path}" ${wanted === undefined ? 'throws' : `is "${wanted}"`}`, () => {
    if (wanted !== undefined) assert.equal(parseMountPath(path), wanted)
    else
      assert.throws(
        () => parseMountPath(path),
        (error) => isSteleError(error, 'mount_invalid'),
      )
  })
}
