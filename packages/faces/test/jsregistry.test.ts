import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { before, suite, test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { makePackage } from '../../testkit/src/tarball.ts'
import {
  createFixture,
  type Fixture,
  jsonOf,
  publishDocument,
  signUp,
  textOf,
} from './app-fixture.ts'

const base = 'http://localhost:4873'
const tree = `${base}/resources/jsregistry/root`
const npmAgent = { 'user-agent': 'npm/11.0.0 node/v24.0.0 linux x64' }
const json = { accept: 'application/json' }
const commonJs = 'Accept, User-Agent, npm-command'

suite('the tree of the JS Registry', () => {
  const fixture: Fixture = createFixture()
  const tarball = makePackage({ name: 'map', version: '3.1.0' }, { 'lib/a.js': 'a()\n' })
  const get = (path: string, headers: Record<string, string> = json): Promise<Reply> =>
    fixture.app(ask('GET', `/resources/jsregistry${path}`, { headers }))

  before(async () => {
    const { authorization } = await signUp(fixture, 'max')
    for (const [name, bytes] of [
      ['map', tarball],
      ['@ct/map', makePackage({ name: '@ct/map', version: '3.1.0' })],
    ] as const) {
      const body = publishDocument(name, '3.1.0', bytes)
      const path = `/${name.replace('/', '%2f')}`
      const reply = await fixture.app(ask('PUT', path, { body, headers: { authorization } }))
      assert.equal(reply.status, 201, textOf(reply))
    }
  })

  test('GET of the root gives each name and its address', async () => {
    for (const path of ['/root', '/root/']) {
      const root = jsonOf(await get(path))
      assert.deepEqual(root, { '@ct/map': `${tree}/@ct/map`, map: `${tree}/map` })
    }
  })

  test('GET of a package gives versions as addresses when nobody of npm asks', async () => {
    for (const name of ['map', '@ct/map']) {
      const reply = await get(`/root/${name}`)
      assert.equal(reply.headers['vary']?.startsWith(commonJs), true)
      assert.deepEqual(jsonOf(reply), {
        name,
        'dist-tags': { latest: '3.1.0' },
        versions: { '3.1.0': `${tree}/${name}/3.1.0` },
      })
    }
  })

  test('GET of a package gives versions written out when npm asks', async () => {
    const abbreviated = { accept: 'application/vnd.npm.install-v1+json' }
    for (const headers of [npmAgent, abbreviated, { 'npm-command': 'install' }]) {
      const reply = await get('/root/map', headers)
      assert.equal(reply.headers['vary']?.startsWith(commonJs), true)
      assert.match(textOf(reply), /"versions":\{"3\.1\.0":\{.*root\/map\/-\/map-3\.1\.0\.tgz"/)
    }
  })

  for (const wanted of ['3.1.0', 'latest']) {
    test(`GET of the version "${wanted}" gives its package.json, with "dist" where it is asked for`, async () => {
      const plain = jsonOf(await get(`/root/map/${wanted}`))
      const location = `${tree}/map/3.1.0`
      assert.deepEqual(plain, { name: 'map', version: '3.1.0', _id: 'map@3.1.0', location })
      for (const shown of [
        await get(`/root/map/${wanted}?dist=true`),
        await get(`/root/map/${wanted}`, npmAgent),
      ]) {
        const { dist, ...rest } = jsonOf(shown)
        assert.deepEqual(rest, plain)
        assert.match(JSON.stringify(dist), /"tarball":"[^"]*\/root\/map\/-\/map@3\.1\.0\.tgz"/)
      }
      assert.deepEqual(jsonOf(await get(`/root/map/${wanted}?dist=false`, npmAgent)), plain)
    })

    test(`GET of a file under "${wanted}" gives its bytes, which no browser takes for a page`, async () => {
      const reply = await get(`/root/map/${wanted}/lib/a.js`)
      assert.equal(textOf(reply), 'a()\n')
      assert.equal(reply.headers['content-type'], 'text/javascript; charset=utf-8')
      assert.equal(reply.headers['content-security-policy'], 'sandbox')
      assert.equal(reply.headers['x-content-type-options'], 'nosniff')
      const isLasting = reply.headers['cache-control'] !== 'no-cache'
      assert.equal(isLasting, wanted !== 'latest')
    })
  }

  for (const path of ['map/-/map@3.1.0.tgz', 'map/-/map-3.1.0.tgz']) {
    test(`GET of ${path} gives the tarball`, async () => {
      const { status, body } = await get(`/root/${path}`)
      assert.equal(status, 200)
      assert.deepEqual(body, Buffer.from(tarball))
    })
  }

  test('GET of the zip gives what "dist" says of it, as often as it is asked', async () => {
    for (const name of ['map', '@ct/map']) {
      const { dist } = jsonOf(await get(`/root/${name}/3.1.0?dist=true`))
      assert.ok(typeof dist === 'object' && dist !== null && 'zip' in dist && 'zip_shasum' in dist)
      assert.equal(dist.zip, `${tree}/${name}/-/map@3.1.0.zip`)
      for (const _ of [1, 2]) {
        const reply: Reply = await fixture.app(ask('GET', String(dist.zip).slice(base.length)))
        assert.equal(reply.status, 200)
        assert.equal(reply.headers['content-type'], 'application/zip')
        assert.ok(reply.body instanceof Uint8Array)
        assert.equal(hash('sha1', reply.body, 'hex'), dist.zip_shasum)
      }
    }
  })

  for (const path of [
    'none',
    'none/1.0.0',
    'map/9.9.9',
    'map/-/map@9.9.9.tgz',
    'map/-/map@3.1.0.exe',
    'map/-/map@9.9.9.zip',
    'map/9.9.9/lib/a.js',
    'map/3.1.0/lib',
    'map/3.1.0/lib/b.js',
    'map/3.1.0/%2e%2e/package.json',
    '%2e%2e%2fx',
  ]) {
    test(`GET of ${path} gives an error as JSON, whatever the client wants`, async () => {
      for (const accept of ['application/json', 'text/html']) {
        const reply = await get(`/root/${path}`, { accept })
        assert.ok(reply.status === 404 || reply.status === 400, `${reply.status}`)
        assert.match(reply.headers['content-type'] ?? '', /^application\/json/)
        assert.equal(typeof jsonOf(reply)['error'], 'string')
      }
    })
  }
})

suite('the tree without distribution files', () => {
  const fixture = createFixture({ settings: { 'distribution.enabled': false } })
  const get = (path: string, headers: Record<string, string> = json): Promise<Reply> =>
    fixture.app(ask('GET', `/resources/jsregistry/root/${path}`, { headers }))

  before(async () => {
    const { authorization } = await signUp(fixture, 'max')
    const tarball = makePackage({ name: 'map', version: '3.1.0' }, { 'a.js': 'a()\n' })
    const body = publishDocument('map', '3.1.0', tarball)
    await fixture.app(ask('PUT', '/map', { body, headers: { authorization } }))
  })

  test('GET of a version has no "dist", whoever asks, and single files are there', async () => {
    for (const reply of [await get('map/3.1.0?dist=true'), await get('map/3.1.0', npmAgent)]) {
      assert.deepEqual(jsonOf(reply), {
        name: 'map',
        version: '3.1.0',
        _id: 'map@3.1.0',
        location: `${tree}/map/3.1.0`,
      })
    }
    assert.equal(textOf(await get('map/3.1.0/a.js')), 'a()\n')
  })

  const npmWants: readonly (readonly [string, Record<string, string>])[] = [
    ['map/-/map@3.1.0.tgz', json],
    ['map/-/map@3.1.0.zip', json],
    ['map/-/map-3.1.0.tgz', npmAgent],
    ['map', npmAgent],
  ]
  for (const [path, headers] of npmWants) {
    test(`GET of ${path} by ${headers['user-agent'] ?? 'anyone'} says why there is nothing`, async () => {
      const reply = await get(path, headers)
      assert.equal(reply.status, 404)
      assert.match(textOf(reply), /\\"jsregistry\.distribution\.enabled\\" to false/)
    })
  }
})
