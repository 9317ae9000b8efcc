// Located packages in the tree: beside what was published, and never mixed with what an upstream has.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import { SteleError } from '@stele/errors'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { makePackage } from '../../testkit/src/tarball.ts'
import type { LocatedReads, LocatedVersion } from '../src/jsregistry/index.ts'
import {
  createFixture,
  type Fixture,
  jsonOf,
  publishDocument,
  signUp,
  textOf,
} from './app-fixture.ts'

const tree = 'http://localhost:4873/resources/jsregistry/root'
const npmAgent = { 'npm-command': 'install' }
const file = {
  path: 'a.js',
  mode: 644 as const,
  size: 3,
  sha256: hash('sha256', 'a()', 'hex'),
  content: Buffer.from('a()'),
}
const integrity = `sha512-${hash('sha512', 'a tarball', 'base64')}`
const distribution = { integrity, shasum: 'y' }
const versions: readonly LocatedVersion[] = [
  { name: 'map', version: '2.0.0', scanner: 'classpath', files: 'f1', isPacked: true },
  {
    name: 'map',
    version: '1.5.0-SNAPSHOT',
    scanner: 'directory',
    files: 'f2',
    distribution,
    location: '/js/map',
    modifiedMs: 0,
  },
  { name: 'jarred', version: '1.0.0', scanner: 'classpath', files: 'f3' },
]

const located: LocatedReads = {
  names: () => [...new Set(versions.map(({ name }) => name))],
  versions: (name) => versions.filter((one) => one.name === name),
  manifest: async ({ name, version }) => ({
    name,
    version,
    layer: 'x',
    dist: { tarball: 'of its own' },
  }),
  file: async (_one, path) => (path === 'a.js' ? file : undefined),
  allFiles: async () => [file],
  tarball: async () => Buffer.from('a tarball'),
  ownZip: async ({ version }) => (version === '2.0.0' ? Buffer.from('a zip') : undefined),
}

async function createTree(): Promise<
  Fixture & {
    readonly get: (path: string, headers?: Record<string, string>) => Promise<Reply>
    readonly prepared: string[]
  }
> {
  const fixture = createFixture({ ports: { located } })
  const prepared: string[] = []
  Object.assign(fixture.registry, { prepare: (name: string) => void prepared.push(name) })
  const { authorization } = await signUp(fixture, 'max')
  const body = publishDocument('map', '1.0.0', makePackage({ name: 'map', version: '1.0.0' }))
  const reply = await fixture.app(ask('PUT', '/map', { body, headers: { authorization } }))
  assert.equal(reply.status, 201, textOf(reply))
  prepared.length = 0
  const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    fixture.app(
      ask('GET', `/resources/jsregistry/${path}`, {
        headers: { accept: 'application/json', ...headers },
      }),
    )
  return { ...fixture, get, prepared }
}

suite('located packages in the tree', () => {
  test('stand beside what was published, whose "latest" stays', async () => {
    const { get } = await createTree()
    assert.deepEqual(Object.keys(jsonOf(await get('root'))), ['jarred', 'map'])
    const { 'dist-tags': tags, versions: shown } = jsonOf(await get('root/map'))
    assert.deepEqual(tags, { latest: '1.0.0' })
    assert.deepEqual(Object.keys(Object(shown)), ['1.0.0', '2.0.0', '1.5.0-SNAPSHOT'])
    assert.deepEqual(jsonOf(await get('root/jarred'))['dist-tags'], { latest: '1.0.0' })
  })

  test('are shown to npm where they have a tarball, by the address of that and nothing else', async () => {
    const { get } = await createTree()
    const { versions: shown } = jsonOf(await get('root/map', npmAgent))
    assert.deepEqual(Object.keys(Object(shown)), ['1.0.0', '1.5.0-SNAPSHOT'])
    assert.deepEqual(Object(shown)['1.5.0-SNAPSHOT'].dist, {
      ...distribution,
      tarball: `${tree}/map/-/map@1.5.0-SNAPSHOT.tgz`,
    })
    const none = await get('root/jarred', npmAgent)
    assert.equal(none.status, 404)
    assert.match(String(jsonOf(none)['error']), /distribution files of "jarred".*upload it/)
    assert.equal((await get('root/jarred/-/jarred-1.0.0.tgz')).status, 404)
  })

  test('have a location, and dist for whoever asks', async () => {
    const { get } = await createTree()
    const plain = jsonOf(await get('root/map/1.5.0-SNAPSHOT'))
    assert.equal(plain['location'], 'http://localhost:4873/js/map')
    assert.equal(plain['dist'], undefined)
    const { dist } = jsonOf(await get('root/map/1.5.0-SNAPSHOT?dist=true'))
    assert.deepEqual(Object.keys(Object(dist)).sort(), [
      'integrity',
      'shasum',
      'tarball',
      'zip',
      'zip_shasum',
    ])
    assert.equal(jsonOf(await get('root/map/2.0.0?dist=true'))['location'], `${tree}/map/2.0.0`)
  })

  test('give files, tarballs and zips', async () => {
    const { get } = await createTree()
    for (const [path, text] of [
      ['root/map/2.0.0/a.js', 'a()'],
      ['root/map/1.5.0-SNAPSHOT/a.js', 'a()'],
      ['root/jarred/latest/a.js', 'a()'],
      ['root/map/-/map@1.5.0-SNAPSHOT.tgz', 'a tarball'],
      ['root/map/-/map-1.5.0-SNAPSHOT.tgz', 'a tarball'],
    ] as const) {
      assert.equal(textOf(await get(path)), text, path)
    }
    assert.match(textOf(await get('root/map/-/map@1.5.0-SNAPSHOT.zip')), /^PK/)
    for (const path of [
      'root/map/2.0.0/b.js',
      'root/map/9.0.0/a.js',
      'root/map/9.0.0',
      'root/jarred/2.0.0',
    ]) {
      assert.equal((await get(path)).status, 404, path)
    }
  })

  test('are not asked of an upstream, as others are', async () => {
    const { get, prepared } = await createTree()
    for (const path of [
      'map',
      'map/2.0.0',
      'map/latest/a.js',
      'jarred',
      'jarred/1.0.0',
      'jarred/latest/a.js',
    ]) {
      await get(`root/${path}`)
      await get(`root/${path}`, npmAgent)
    }
    assert.deepEqual(prepared, [])
    await get('root/other')
    assert.deepEqual(prepared, ['other'])
  })

  test('hide the versions of an upstream that has the same name', async () => {
    const { get, registry } = await createTree()
    Object.assign(registry, { isOwn: () => false })
    assert.deepEqual(Object.keys(Object(jsonOf(await get('root/map'))['versions'])), [
      '2.0.0',
      '1.5.0-SNAPSHOT',
    ])
    assert.equal((await get('root/map/1.0.0')).status, 404)
    assert.equal((await get('root/map/1.0.0/a.js')).status, 404)
    assert.equal((await get('root/map/-/map-1.0.0.tgz')).status, 404)
    assert.equal((await get('root/map/-/map@1.0.0.zip')).status, 404)
    const packs = jsonOf(await get('packs?filter=name="map"'))
    assert.equal(packs['total'], 2)
  })

  test('are packs, of which only the time of their files is known', async () => {
    const { get } = await createTree()
    const { total, items } = jsonOf(await get('packs?sort=-version'))
    assert.equal(total, 4)
    const { id, layer, createdBy, createdAt, modifiedAt, location } = Object(items)[1]
    assert.deepEqual(
      [id, layer, createdBy, createdAt, modifiedAt, location],
      [
        'map@1.5.0-SNAPSHOT',
        'x',
        null,
        null,
        '1970-01-01T00:00:00.000Z',
        'http://localhost:4873/js/map',
      ],
    )
    const page = textOf(await get('packs', { accept: 'text/html' }))
    assert.match(page, /map@1\.5\.0-SNAPSHOT\.tgz/)
    assert.doesNotMatch(page, /jarred@1\.0\.0\.tgz|map@2\.0\.0\.tgz/)
  })

  test('that changed are answered with what is thrown', async () => {
    const { get, ports } = await createTree()
    assert.ok(ports.located !== undefined)
    const fault = new SteleError('located_changed', { spec: 'jarred@1.0.0', what: 'a file' })
    const fixture = createFixture({
      ports: { located: { ...located, file: () => Promise.reject(fault) } },
    })
    const reply = await fixture.app(ask('GET', '/resources/jsregistry/root/jarred/1.0.0/a.js'))
    assert.equal(reply.status, 409)
    assert.equal((await get('root/jarred/1.0.0/a.js')).status, 200)
  })
})
