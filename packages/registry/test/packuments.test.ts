// Ready bytes: kept, told apart by ETag, renewed by revision.
import assert from 'node:assert/strict'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createPackuments } from '../src/packuments.ts'
import { createWorld, nameOf, type World } from './world.ts'

async function worldWithPackage(): Promise<World> {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  return world
}

test('packument() has a different strong ETag when form, coding, base address or revision differ', async () => {
  const world = await worldWithPackage()
  const etags = new Set<string>()
  const ask = (): void => {
    for (const form of ['full', 'abbreviated'] as const) {
      for (const coding of ['identity', 'gzip'] as const) {
        for (const baseUrl of ['http://a', 'http://b/x']) {
          etags.add(world.registry.packument(nameOf('p'), { form, coding, baseUrl })?.etag ?? '')
        }
      }
    }
  }
  ask()
  ask()
  assert.equal(etags.size, 8)
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  ask()
  assert.equal(etags.size, 16)
  for (const etag of etags) assert.match(etag, /^"[\w-]+"$/)
})

test('packument() gives one gzip member of the same bytes when gzip is asked for', async () => {
  const world = await worldWithPackage()
  const ask = { form: 'full' as const, baseUrl: 'http://a/' }
  const packed = world.registry.packument(nameOf('p'), { ...ask, coding: 'gzip' })
  const plain = world.registry.packument(nameOf('p'), ask)
  assert.ok(packed !== undefined && plain !== undefined)
  assert.deepEqual(gunzipSync(packed.bytes), Buffer.from(plain.bytes))
  assert.equal(Buffer.from(plain.bytes).includes('http://a/p/-/p-1.0.0.tgz'), true)
})

test('packument() reads the views once when nothing changed', async () => {
  const world = await worldWithPackage()
  let reads = 0
  const views = {
    ...world.views,
    versions: (name: string, form: 'full' | 'abbreviated') => {
      reads += 1
      return world.views.versions(name, form)
    },
  }
  const packument = createPackuments({ state: world.system.state, views })
  for (let time = 0; time < 3; time++) packument('p', { form: 'full', baseUrl: 'http://a' })
  assert.equal(reads, 1)
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  packument('p', { form: 'full', baseUrl: 'http://a' })
  assert.equal(reads, 2)
})

test('packument() answers nothing when there is no package or no version left', async () => {
  const world = await worldWithPackage()
  const ask = { form: 'full' as const, baseUrl: 'http://a' }
  assert.equal(world.registry.packument(nameOf('none'), ask), undefined)
  assert.ok(world.registry.packument(nameOf('p'), ask) !== undefined)
  const rev = world.read('p')._rev
  await world.registry.removePackage('alice', nameOf('p'), rev)
  assert.equal(world.registry.packument(nameOf('p'), ask), undefined)
})
