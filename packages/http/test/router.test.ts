import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createRouter, type Route } from '../src/router.ts'

const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  answer: () => ({ status: 200, headers: {} }),
})
const router = createRouter([
  route('GET', '/'),
  route('GET', '/:name'),
  route('GET', '/:name/:version'),
  route('GET', '/:name/-/:file'),
  route('GET', '/-/ping'),
  route('GET', '/-/log/tile/*'),
  route('PUT', '/:name'),
])

const rows: readonly (readonly [
  request: string,
  path: string | undefined,
  params: Record<string, string>,
])[] = [
  ['GET /', '/', {}],
  ['GET /x', '/:name', { name: 'x' }],
  ['HEAD /x', '/:name', { name: 'x' }],
  ['GET /x/', '/:name', { name: 'x' }],
  ['GET /@s%2fx', '/:name', { name: '@s/x' }],
  ['GET /%40s%2Fx/1.0.0', '/:name/:version', { name: '@s/x', version: '1.0.0' }],
  ['GET /x/1.0.0+b', '/:name/:version', { name: 'x', version: '1.0.0+b' }],
  ['GET /x%252fy', '/:name', { name: 'x%2fy' }],
  ['GET /x/-/x-1.tgz', '/:name/-/:file', { name: 'x', file: 'x-1.tgz' }],
  ['GET /-', '/:name', { name: '-' }],
  ['GET /-/-/--0.0.1.tgz', '/:name/-/:file', { name: '-', file: '--0.0.1.tgz' }],
  ['GET /-/ping', '/-/ping', {}],
  ['GET /-/log/tile/0/x001/000', '/-/log/tile/*', { '*': '0/x001/000' }],
  ['PUT /x', '/:name', { name: 'x' }],
  ['DELETE /x', undefined, {}],
  ['PATCH /x', undefined, {}],
  ['GET /a/b/c/d', undefined, {}],
]
for (const [request, path, params] of rows) {
  test(`createRouter() takes ${request} to ${path}`, () => {
    const [method = '', target = ''] = request.split(' ')
    const found = router({ method, path: target, accept: undefined })
    assert.equal(found?.route.path, path)
    for (const [name, value] of Object.entries(params)) assert.equal(found?.params(name), value)
  })
}

const methodRows: readonly (readonly [request: string, allowed: readonly string[]])[] = [
  ['DELETE /x', ['GET', 'HEAD', 'PUT']],
  ['PATCH /x', ['GET', 'HEAD', 'PUT']],
  ['OPTIONS /x', []],
  ['POST /', ['GET', 'HEAD']],
  ['POST /-/ping', ['GET', 'HEAD']],
  ['POST /-/log/tile/0/000', ['GET', 'HEAD']],
  ['POST /-/unknown', []], // As "/:name/:version" it would be 405, and clients go on only after a 404.
  ['POST /_session', []],
  ['POST /a/b/c/d', []],
]
for (const [request, allowed] of methodRows) {
  test(`allowed() gives ${allowed.join(', ') || 'nothing'} for ${request}`, () => {
    const [method = '', path = ''] = request.split(' ')
    assert.deepEqual(router.allowed(method, path), allowed)
  })
}

test('allowed() does not name the methods of routes that only refuse', () => {
  const refusing = createRouter([{ ...route('POST', '/-/audit'), isOffered: false }])
  assert.deepEqual(refusing.allowed('GET', '/-/audit'), [])
})

test('allowed() gives nothing when the method has a route for another Accept', () => {
  const wanting = createRouter([
    { ...route('GET', '/x'), accepts: 'text/html' },
    route('PUT', '/x'),
  ])
  assert.deepEqual(wanting.allowed('HEAD', '/x'), [])
})

test('params() refuses an endless segment', () => {
  const path = `/-/log/tile/${'x'.repeat(2000)}`
  const found = router({ method: 'GET', path, accept: undefined })
  assert.ok(found)
  assert.throws(
    () => found.params('*'),
    (error) => isSteleError(error, 'request_invalid'),
  )
})

const page = { ...route('GET', '/:name'), accepts: 'text/html' }
const both = createRouter([page, route('GET', '/:name'), route('GET', '/-/ping')])
const chosen: readonly (readonly [accept: string | undefined, isPage: boolean])[] = [
  ['text/html,*/*;q=0.8', true],
  ['*/*', false],
  [undefined, false],
]
for (const [accept, isPage] of chosen) {
  test(`createRouter() ${isPage ? 'takes' : 'does not take'} Accept ${accept} to the page`, () => {
    const found = both({ method: 'GET', path: '/x', accept })
    assert.equal(found?.route === page, isPage)
    assert.equal(found?.variesByAccept, true)
  })
}

test('createRouter() says that an address does not vary when no route of it asks for a type', () => {
  const found = both({ method: 'GET', path: '/-/ping', accept: 'text/html' })
  assert.equal(found?.variesByAccept, false)
})

test('createRouter() finds nothing when the only route of an address asks for another type', () => {
  const alone = createRouter([page])
  assert.equal(alone({ method: 'GET', path: '/x', accept: '*/*' }), undefined)
})

const alike: readonly (readonly [first: string, second: string, asked: string])[] = [
  ['/x', '/x', '/x'],
  ['/x', '/x/', '/x'],
  ['/:name', '/:pkg', '/x'],
  ['/:name/-/:file', '/:pkg/-/:tarball', '/x/-/x.tgz'],
  ['/:pkg/*', '/:name/*', '/x/y/z'],
]
for (const [one, other, path] of alike) {
  test(`createRouter() gives the first of ${one} and ${other}, since their paths have the same shape`, () => {
    const [first, second] = [route('GET', one), route('GET', other)]
    const found = createRouter([first, second])({ method: 'GET', path, accept: undefined })
    assert.equal(found?.route, first)
  })
}

test('createRouter() names the parameters as the route that it found does', () => {
  const other = route('GET', '/:pkg/:tag')
  const either = createRouter([{ ...route('GET', '/:name/:version'), accepts: 'text/html' }, other])
  const path = '/@s%2fx/1.0.0'
  const first = either({ method: 'GET', path, accept: 'text/html' })
  assert.deepEqual([first?.params('name'), first?.params('version')], ['@s/x', '1.0.0'])
  assert.throws(() => first?.params('pkg'), /no parameter "pkg"/)
  const second = either({ method: 'GET', path, accept: '*/*' })
  assert.deepEqual([second?.params('pkg'), second?.params('tag')], ['@s/x', '1.0.0'])
  assert.throws(() => second?.params('0'), /no parameter "0"/)
})

test('createRouter() prefers what a path says to a parameter, and a parameter to a wildcard, in any order', () => {
  const paths = ['/-/*', '/-/:name', '/-/ping']
  const mixed = createRouter(paths.map((path) => route('GET', path)))
  const find = (path: string) => mixed({ method: 'GET', path, accept: undefined })?.route.path
  assert.deepEqual(['/-/x/y', '/-/x', '/-/ping'].map(find), paths)
})
