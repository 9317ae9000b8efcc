import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecordBundle, parseValues } from '@stele/entries/parts'
import { parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import { createPublisher } from '../src/publisher.ts'
import type { PublisherPorts, Watermark } from '../src/publisher-ports.ts'
import { Sequencer } from '../src/sequencer.ts'
import { filesOf } from './published-files.ts'
import { call, createdLog, createWorld, takedownOf, type World } from './world.ts'

type Folder = {
  readonly files: Map<string, Uint8Array>
  readonly order: string[]
  failAt?: string
  /** Runs when the checkpoint is written: calls that come in meanwhile. */
  meanwhile?: () => Promise<unknown>
}

function publisherOf(
  world: World,
  folder: Folder,
  served: Set<number> = new Set(),
  watermark: Watermark = { size: 0, blobNumber: 0 },
) {
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (path === folder.failAt) throw new Error('disk full')
    folder.order.push(path)
    folder.files.set(path, bytes)
    if (path === '-/log/checkpoint') await folder.meanwhile?.()
  }
  const blobs = (): string[] => [...world.store.kept.blobs.keys()]
  const ports: PublisherPorts = {
    folder: {
      write,
      writeDurably: write,
      sync: async () => void folder.order.push('(sync)'),
      unsynced: () => folder.order.length,
      remove: async (path) => {
        for (const name of folder.files.keys()) {
          if (name === path || name.startsWith(`${path}/`)) folder.files.delete(name)
        }
      },
    },
    files: world.store,
    head: world.store.head,
    published: filesOf(folder.files),
    keys: 'key\nclock\n',
    blobsAfter: (after) =>
      blobs()
        .slice(after)
        .map((name, i) => ({ name, blobNumber: after + i + 1 })),
    readBlob: (name) => world.store.kept.blobs.get(name),
    hasBlob: (name) => world.store.kept.blobs.has(name),
    served,
    breathe: async () => undefined,
    watermark: () => watermark,
    saveWatermark: (saved) => {
      watermark = saved
      folder.order.push(`(watermark ${saved.size})`)
    },
  }
  return createPublisher(ports)
}

async function grow(log: Sequencer, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await log.submit(call('set', `f${i}`, 'x'))
}

test('publish() writes tiles and bundles before head and checkpoint, checkpoint last', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  await grow(log, 4)
  await publisherOf(world, folder).publish()
  assert.deepEqual(folder.order, [
    '-/log/tile/0/000.p/5',
    '-/log/tile/entries/000.p/5',
    '-/log/body/000.p/5',
    '-/log/effects/000.p/5',
    '-/log/value/000.p/5',
    '(sync)',
    '-/log/key',
    '-/log/head',
    '-/log/checkpoint',
    '(watermark 5)',
  ])
})

test('publish() makes everything durable before the checkpoint that names it, also while calls come in', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  folder.meanwhile = () => grow(log, 1)
  await publisher.publish()
  await publisher.publish()
  const order = folder.order.join(' ')
  const run = String.raw`(-\/log\/(tile|body|effects|value)\S+ )+\(sync\) -\/log\/key -\/log\/head -\/log\/checkpoint`
  assert.match(order, new RegExp(`^${run} \\(watermark 1\\) ${run} \\(watermark 2\\)$`))
})

test('publish() keeps every tile width that was published or served, and the newest four of the large bundles', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const served = new Set<number>()
  const publisher = publisherOf(world, folder, served)
  for (let size = 1; size <= 12; size += 2) {
    await publisher.publish() // Sizes 1, 3, 5 and so on.
    if (size === 5) served.add(6)
    await grow(log, 2)
  }
  const widths = (kind: string): readonly number[] =>
    [...folder.files.keys()]
      .flatMap((path) => path.match(`^-/log/${kind}/000\\.p/(\\d+)$`)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
  assert.deepEqual(widths('tile/0'), [1, 3, 5, 6, 7, 9, 11])
  assert.deepEqual(widths('tile/entries'), [1, 3, 5, 6, 7, 9, 11])
  assert.deepEqual(widths('body'), [5, 7, 9, 11])
  assert.deepEqual(widths('value'), [5, 7, 9, 11])
  assert.equal(served.size, 0)
})

test('publish() writes no partial tile of a served size when the full one is there', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const served = new Set([100, 256, 257])
  const publisher = publisherOf(world, folder, served)
  await grow(log, 300)
  await publisher.publish()
  const partials = [...folder.files.keys()].filter((path) => path.includes('.p/'))
  assert.deepEqual(partials.filter((path) => path.includes('tile/')).toSorted(), [
    '-/log/tile/0/001.p/1',
    '-/log/tile/0/001.p/45',
    '-/log/tile/1/000.p/1',
    '-/log/tile/entries/001.p/1',
    '-/log/tile/entries/001.p/45',
  ])
})

test('publish() writes every width of unfinished tiles when it goes on after a kill', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  await grow(log, 2)
  await publisherOf(world, folder).publish()
  await grow(log, 3)
  await publisherOf(world, folder, new Set(), { size: 3, blobNumber: 0 }).publish()
  const tiles = [...folder.files.keys()].filter((path) => path.includes('tile/0/'))
  assert.deepEqual(
    tiles.toSorted(),
    [3, 4, 5, 6].map((width) => `-/log/tile/0/000.p/${width}`),
  )
})

test('publish() replaces partial pieces by full ones when the log passes 256 entries', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  await grow(log, 100)
  await publisher.publish()
  assert.ok(folder.files.has('-/log/tile/0/000.p/101'))
  await grow(log, 200)
  await publisher.publish()
  const tiles = [...folder.files.keys()].filter((path) => path.includes('tile/'))
  assert.deepEqual(tiles.toSorted(), [
    '-/log/tile/0/000',
    '-/log/tile/0/001.p/45',
    '-/log/tile/1/000.p/1',
    '-/log/tile/entries/000',
    '-/log/tile/entries/001.p/45',
  ])
})

test('publish() writes nothing when nothing is new', async () => {
  const { world } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  await publisher.publish()
  const before = folder.order.length
  await publisher.publish()
  assert.equal(folder.order.length, before)
})

test('publish() leaves the old checkpoint and goes on later when a file cannot be written', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  await publisher.publish()
  await grow(log, 3)
  folder.failAt = '-/log/effects/000.p/4'
  await assert.rejects(publisher.publish(), /disk full/)
  assert.equal(sizeIn(folder), 1)
  delete folder.failAt
  await publisher.publish()
  assert.equal(sizeIn(folder), 4)
})

// what the store is in relation to the folder, whether it is published
for (const [what, calls, isPublished] of [
  ['an older copy of what was published', ['a'], false],
  ['another log of the same size', ['a', 'other'], false],
  ['another log that is longer', ['a', 'other', 'c'], false],
  ['what was published', ['a', 'b'], true],
  ['what was published and more', ['a', 'b', 'c'], true],
] as const) {
  test(`publish() ${isPublished ? 'succeeds' : 'throws log_inconsistent and writes nothing'} when the store is ${what}`, async () => {
    const { world, log } = await createdLog()
    const folder: Folder = { files: new Map(), order: [] }
    await log.submit(call('set', 'f', 'a'))
    const older = structuredClone(world.store.kept)
    await log.submit(call('set', 'f', 'b'))
    const isHonest = !calls.includes('other' as never)
    await publisherOf(world, folder).publish()
    const before = [...folder.order]
    const again = createWorld(isHonest && calls.length > 1 ? world.store.kept : older)
    again.nowMs = world.nowMs + 1
    const reopened = Sequencer.open(again.ports)
    for (const text of calls.slice(reopened.head.size - 1)) {
      await reopened.submit(call('set', 'f', text))
    }
    assert.equal(reopened.head.size, calls.length + 1)
    const publishing = publisherOf(again, folder).publish()
    if (isPublished) {
      await publishing
      assert.equal(sizeIn(folder), calls.length + 1)
      return
    }
    await assert.rejects(publishing, { code: 'log_inconsistent' })
    assert.deepEqual(folder.order, before)
  })
}

test('publish() throws log_inconsistent when the folder is the one of another log', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  await publisherOf(world, folder).publish()
  const note = Buffer.from(folder.files.get('-/log/checkpoint') ?? []).toString()
  folder.files.set('-/log/checkpoint', Buffer.from(note.replaceAll('example.com', 'example.org')))
  await grow(log, 1)
  await assert.rejects(publisherOf(world, folder).publish(), { code: 'log_inconsistent' })
})

test('publish() makes bundles again without what a takedown withholds, and removes its blobs', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  await log.submit(call('set', 'long', 'y'.repeat(20_000)))
  await publisher.publish()
  const [blob = ''] = world.store.kept.blobs.keys()
  assert.ok(folder.files.has(`-/log/blob/${blob.slice(0, 2)}/${blob}`))
  const withhold = [{ entry: 1, part: 'body' }, { blob }] as const
  await log.submitSigned((seq) => takedownOf(log.origin, seq, withhold))
  await publisher.publish()
  assert.ok(!folder.files.has(`-/log/blob/${blob.slice(0, 2)}/${blob}`))
  const bodies = parseRecordBundle(folder.files.get('-/log/body/000.p/3') ?? new Uint8Array(), 3)
  assert.deepEqual(
    bodies.map((body) => body === null),
    [false, true, false],
  )
})

test('publish() leaves no narrower piece that still holds what a takedown withholds', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  for (const text of ['secret', 'b', 'c']) {
    await log.submit(call('set', 'f', text))
    await publisher.publish()
  }
  const withhold = [
    { entry: 1, part: 'body' },
    { entry: 1, part: 'values' },
  ] as const
  await log.submitSigned((seq) => takedownOf(log.origin, seq, withhold))
  await publisher.publish()
  const leaks = [...folder.files].filter(([, bytes]) => Buffer.from(bytes).includes('secret'))
  assert.deepEqual(
    leaks.map(([path]) => path),
    [],
  )
  const bodies = [...folder.files.keys()].filter((path) => path.includes('/body/'))
  assert.deepEqual(bodies.toSorted(), ['-/log/body/000.p/4', '-/log/body/000.p/5'])
})

test('publish() takes the values that are named from the bundle of the values, first ones and then others', async () => {
  const { world, log } = await createdLog()
  const folder: Folder = { files: new Map(), order: [] }
  const publisher = publisherOf(world, folder)
  await log.submit(call('setTwo', 'f', 'secret'))
  await publisher.publish()
  const recordAt = (size: number): readonly string[] => {
    const bundle = folder.files.get(`-/log/value/000.p/${size}`) ?? new Uint8Array()
    const values = parseValues(parseRecordBundle(bundle, size)[1] ?? new Uint8Array())
    return values.map((value) =>
      'bytes' in value ? Buffer.from(value.bytes).toString() : 'withheld',
    )
  }
  const takeDown = async (position: number): Promise<void> => {
    const withhold = [{ entry: 1, part: 'values', writes: [position] }] as const
    await log.submitSigned((seq) => takedownOf(log.origin, seq, withhold))
    await publisher.publish()
  }
  assert.deepEqual(recordAt(2), ['secret', 'secret too'])
  await takeDown(1)
  assert.deepEqual(recordAt(3), ['secret', 'withheld'])
  await publisherOf(world, folder).publish() // As after a restart.
  await takeDown(0)
  assert.deepEqual(recordAt(4), ['withheld', 'withheld'])
  const bundles = [...folder.files].filter(([path]) => path.includes('/value/'))
  assert.ok(bundles.every(([, bytes]) => !Buffer.from(bytes).includes('secret')))
})

function sizeIn({ files }: Folder): number {
  const note = Buffer.from(files.get('-/log/checkpoint') ?? []).toString()
  return parseCheckpoint(parseNote(note).text).size
}
