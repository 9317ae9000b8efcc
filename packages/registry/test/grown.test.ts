// Large packuments that grow: what is made of them again is what is new, and nobody can tell by the bytes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { hexOfIntegrity } from '@stele/formats/names'
import { createPackuments, type Packuments } from '../src/packuments.ts'
import { createWorld, nameOf, type World } from './world.ts'

const name = nameOf('p')

/** Publishes a version whose manifest alone takes this many characters. */
async function add(world: World, version: string, size: number): Promise<unknown> {
  return world.publish('alice', { name, version, x: randomBytes(size).toString('hex').slice(size) })
}

/** A world with a package of 300 KB, its packuments, and how many bytes of versions they join. */
async function openLarge(): Promise<{
  readonly world: World
  readonly packument: Packuments
  readonly joinedBytes: () => number
}> {
  const world = await createWorld()
  for (let at = 0; at < 6; at++) await add(world, `1.${at}.0`, 50_000)
  let bytes = 0
  const joined: World['views']['joined'] = (...asked) => {
    const found = world.views.joined(...asked)
    bytes += found.versions.length
    return found
  }
  const { state } = world.system
  const packument = createPackuments({ state, views: { ...world.views, joined }, now: () => 0 })
  const joinedBytes = (): number => {
    const now = bytes
    bytes = 0
    return now
  }
  return { world, packument, joinedBytes }
}

const ask = { form: 'full', baseUrl: 'http://a' } as const

async function read(packument: Packuments): Promise<Buffer> {
  const view = await packument(name, { ...ask, coding: 'gzip' })
  assert.ok(view?.bytes !== undefined)
  return Buffer.from(view.bytes)
}

/** What those would give who were asked for the first time. */
async function readAnew({ system: { state }, views }: World): Promise<Buffer> {
  return read(createPackuments({ state, views, now: () => 0 }))
}

async function change(world: World, document: object): Promise<unknown> {
  return world.registry.changeDocument('alice', name, { document })
}

const changes: readonly (readonly [string, 'new' | 'all', (world: World) => Promise<unknown>])[] = [
  ['a small version', 'new', (world) => add(world, '2.0.0', 10)],
  ['a version that fills a piece', 'new', (world) => add(world, '2.0.1', 60_000)],
  [
    'a tag',
    'new',
    ({ registry }) => registry.setTag('alice', name, { tag: 't', version: '1.0.0' }),
  ],
  ['a star', 'new', (world) => change(world, { users: { alice: true } })],
  [
    'a deprecation',
    'all',
    (world) => change(world, { versions: { '1.0.0': { deprecated: 'old' } } }),
  ],
  ['a version after a deprecation', 'new', (world) => add(world, '2.0.2', 10)],
  [
    'the end of a deprecation',
    'all',
    (world) => change(world, { versions: { '1.0.0': { deprecated: '' } } }),
  ],
  [
    'a removed version',
    'all',
    ({ registry, read: document }) =>
      registry.removeTarball('alice', name, { file: 'p-1.1.0.tgz', rev: document('p')._rev }),
  ],
  ['a version after a removed one', 'new', (world) => add(world, '2.0.3', 10)],
  [
    'a tarball that was taken down',
    'all',
    async ({ views, read: document }) => {
      const sha512 = hexOfIntegrity(document('p').versions['1.2.0'].dist.integrity)
      views.apply([
        { kind: 'withheld_tarball', sha512 },
        { kind: 'revise_all', rev: '99-ab' },
      ])
    },
  ],
]

test('packument() joins what is new of a large package, and gives the bytes of one that joins all', async (t) => {
  const { world, packument, joinedBytes } = await openLarge()
  assert.deepEqual(await read(packument), await readAnew(world))
  for (const [what, made, apply] of changes) {
    await t.test(`${what}: ${made}`, async () => {
      const before = await read(packument)
      await apply(world)
      joinedBytes()
      const after = await read(packument)
      assert.notDeepEqual(after, before)
      assert.deepEqual(after, await readAnew(world))
      assert.equal(joinedBytes() < 200_000, made === 'new')
      JSON.parse(gunzipSync(after).toString())
    })
  }
})
