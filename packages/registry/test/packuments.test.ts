// Ready bytes: kept, told apart by ETag, renewed by revision.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { maxBaseAddresses, sharedBytes } from '../src/limits.ts'
import { createPackuments, type Packuments, type PackumentView } from '../src/packuments.ts'
import { createWorld, nameOf, plainBytes, type World } from './world.ts'

async function worldWithPackage(): Promise<World> {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  return world
}

/** A package whose packument is too large to be compressed at once. */
async function worldWithLargePackage(): Promise<World> {
  const world = await createWorld()
  const description = randomBytes(20_000).toString('base64')
  await world.publish('alice', { name: 'p', version: '1.0.0', x: description })
  return world
}

/** Packuments that count how often they are made. */
function counting(
  world: World,
  options: { readonly maxBytes?: number; readonly now?: () => number } = {},
): { readonly packument: Packuments; readonly count: () => number } {
  let count = 0
  const views = {
    ...world.views,
    joined: (...asked: Parameters<World['views']['joined']>) => {
      count += 1
      return world.views.joined(...asked)
    },
  }
  const { now = () => 0, maxBytes } = options
  const packument = createPackuments({ state: world.system.state, views, now }, maxBytes)
  return { packument, count: () => count }
}

async function bytesOf(view: ReturnType<Packuments>): Promise<Buffer> {
  const made: PackumentView | undefined = await view
  assert.ok(made?.bytes !== undefined)
  return Buffer.from(made.bytes)
}

test('packument() has a different strong ETag when form, coding, base address or revision differ', async () => {
  const world = await worldWithPackage()
  const etags = new Set<string>()
  const ask = async (): Promise<void> => {
    for (const form of ['full', 'abbreviated'] as const) {
      for (const coding of ['identity', 'gzip'] as const) {
        for (const baseUrl of ['http://a', 'http://b/x']) {
          const view = await world.registry.packument(nameOf('p'), { form, coding, baseUrl })
          etags.add(view?.etag ?? '')
        }
      }
    }
  }
  await ask()
  await ask()
  assert.equal(etags.size, 8)
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  await ask()
  assert.equal(etags.size, 16)
  for (const etag of etags) assert.match(etag, /^"[\w-]+"$/)
})

for (const [size, open] of [
  ['small', worldWithPackage],
  ['large', worldWithLargePackage],
] as const) {
  test(`packument() gives one gzip member of the same bytes when a ${size} one is asked for with gzip`, async () => {
    const world = await open()
    const ask = { form: 'full' as const, baseUrl: 'http://a/' }
    const packed = await bytesOf(world.registry.packument(nameOf('p'), { ...ask, coding: 'gzip' }))
    const plain = plainBytes(world.registry.packument(nameOf('p'), ask))
    assert.deepEqual(gunzipSync(packed), Buffer.from(plain))
    assert.equal(Buffer.from(plain).includes('http://a/p/-/p-1.0.0.tgz'), true)
  })
}

test('packument() reads the views once when nothing changed', async () => {
  const world = await worldWithPackage()
  const { packument, count } = counting(world)
  for (let time = 0; time < 3; time++) void packument('p', { form: 'full', baseUrl: 'http://a' })
  assert.equal(count(), 1)
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  void packument('p', { form: 'full', baseUrl: 'http://a' })
  assert.equal(count(), 2)
})

test('packument() makes a large one once when many ask for it at the same time', async () => {
  const { packument, count } = counting(await worldWithLargePackage())
  const ask = { form: 'full', baseUrl: 'http://a', coding: 'gzip' } as const
  const all = await Promise.all(Array.from({ length: 20 }, () => bytesOf(packument('p', ask))))
  assert.equal(count(), 1)
  for (const bytes of all) assert.deepEqual(bytes, all[0])
})

test('packument() gives all who are sent the same large bytes without a coding the same memory', async () => {
  const world = await worldWithLargePackage()
  const x = randomBytes(40_000).toString('base64')
  for (let at = 1; at <= 25; at++)
    await world.publish('alice', { name: 'p', version: `1.0.${at}`, x })
  const { packument, count } = counting(world, { maxBytes: 0 })
  const ask = (host: string): Promise<Uint8Array | undefined> =>
    Promise.resolve(packument('p', { form: 'full', baseUrl: host })).then((view) => view?.bytes)
  const first = await ask('http://a')
  assert.ok(first !== undefined && first.length > sharedBytes)
  assert.equal(await ask('http://a'), first)
  assert.equal(count(), 1)
  assert.notEqual(await ask('http://b'), first)
})

test('packument() makes nothing when the client has it, kept or not', async () => {
  const world = await worldWithLargePackage()
  for (const maxBytes of [0, 1_000_000]) {
    const { packument, count } = counting(world, { maxBytes })
    for (const coding of ['identity', 'gzip'] as const) {
      const ask = { form: 'full', baseUrl: 'http://a', coding } as const
      const first = await packument('p', ask)
      const made = count()
      const again = await packument('p', { ...ask, isKnown: ({ etag }) => etag === first?.etag })
      assert.equal(count(), made)
      assert.deepEqual([again?.etag, again?.bytes], [first?.etag, undefined])
    }
  }
})

test('packument() keeps bytes for eight base addresses, and for a ninth when one was idle', async () => {
  let nowMs = 0
  const { packument, count } = counting(await worldWithPackage(), { now: () => nowMs })
  const ask = (host: number): unknown =>
    packument('p', { form: 'full', baseUrl: `http://host-${host}` })
  const hosts = Array.from({ length: maxBaseAddresses }, (_, host) => host)
  for (const host of [...hosts, ...hosts]) ask(host)
  assert.equal(count(), maxBaseAddresses)
  for (let stranger = 100; stranger < 120; stranger++) ask(stranger)
  for (const host of hosts) ask(host)
  assert.equal(count(), maxBaseAddresses + 20)
  nowMs += 60 * 60 * 1000
  for (const host of hosts.slice(1)) ask(host)
  for (const host of [200, 200]) ask(host)
  assert.equal(count(), maxBaseAddresses + 21)
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

const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync, br: brotliDecompressSync } as const
for (const coding of ['gzip', 'zstd', 'br'] as const) {
  test(`packument() makes ${coding} once, when it is asked for, and of a version that is added again`, async () => {
    const world = await worldWithLargePackage()
    const { packument, count } = counting(world)
    const wanted = { form: 'full', baseUrl: 'http://a' } as const
    for (const round of [1, 2]) {
      const plain = await bytesOf(packument('p', wanted))
      const packed = await bytesOf(packument('p', { ...wanted, coding }))
      assert.equal(Buffer.compare(unpack[coding](packed), plain), 0)
      assert.equal(
        await bytesOf(packument('p', { ...wanted, coding })).then(String),
        String(packed),
      )
      assert.equal(count(), round)
      await world.publish('alice', { name: 'p', version: `1.0.${round}` })
    }
  })
}
