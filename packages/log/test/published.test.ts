// What a start makes of a database and a public folder that do not belong to the same moment, or not to the same log.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRecordBundle, formatValues, valueOf } from '@stele/entries/parts'
import { mayReplace } from '../src/published.ts'
import { createPublisher } from '../src/publisher.ts'
import type { PublisherPorts, Watermark } from '../src/publisher-ports.ts'
import { Sequencer } from '../src/sequencer.ts'
import type { Kept } from './memory-store.ts'
import { filesOf } from './published-files.ts'
import { call, createdLog, createWorld, type World } from './world.ts'

type Files = Map<string, Uint8Array>
type Moment = { readonly kept: Kept; readonly files: Files }

/** `stopAt`: a path whose writing fails. `size`: how far the database says that the folder is. */
type Options = { readonly stopAt?: string; readonly size?: number }

/** A publisher into the files. */
function publisherInto(world: World, files: Files, { stopAt, size = 0 }: Options = {}) {
  let watermark: Watermark = { size, blobNumber: 0 }
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (path === stopAt) throw new Error('killed')
    files.set(path, bytes)
  }
  const ports: PublisherPorts = {
    folder: {
      write,
      writeDurably: write,
      remove: async (path) => {
        for (const name of files.keys()) {
          if (name === path || name.startsWith(`${path}/`)) files.delete(name)
        }
      },
      sync: async () => undefined,
      unsynced: () => 0,
    },
    files: world.store,
    head: world.store.head,
    published: filesOf(files),
    keys: 'key\n',
    blobsAfter: () => [],
    readBlob: () => undefined,
    hasBlob: () => false,
    watermark: () => watermark,
    saveWatermark: (saved) => {
      watermark = saved
    },
    served: new Set(),
    breathe: async () => undefined,
  }
  return createPublisher(ports)
}

const made = new Map<string, Promise<readonly Moment[]>>()

/** A log at each of these sizes, published each time. The files may be changed; who changes what is kept opens a copy. */
async function moments(sizes: readonly number[], text = 'x'): Promise<readonly Moment[]> {
  const key = `${sizes.join()} ${text}`
  const found = made.get(key) ?? makeMoments(sizes, text)
  made.set(key, found)
  return (await found).map(({ kept, files }) => ({ kept, files: new Map(files) }))
}

async function makeMoments(sizes: readonly number[], text: string): Promise<readonly Moment[]> {
  const { world, log } = await createdLog()
  const files: Files = new Map()
  const publisher = publisherInto(world, files)
  const taken: Moment[] = []
  for (const size of sizes) {
    const calls = Array.from({ length: size - log.head.size }, (_, i) => call('set', `f${i}`, text))
    await Promise.all(calls.map((one) => log.submit(one)))
    await publisher.publish()
    taken.push({ kept: structuredClone(world.store.kept), files: new Map(files) })
  }
  return taken
}

/** The folder of `newer`, with the files that name its head as they were at `older`: what a careless restore leaves. */
function withOldHead(newer: Moment, older: Moment): Files {
  const files = new Map(newer.files)
  for (const path of ['-/log/checkpoint', '-/log/head']) {
    const bytes = older.files.get(path)
    if (bytes === undefined) files.delete(path)
    else files.set(path, bytes)
  }
  return files
}

function open(kept: Kept, files: Files): Sequencer {
  return Sequencer.open({ ...createWorld(structuredClone(kept)).ports, published: filesOf(files) })
}

// the database's size, how many entries were published, what is named
for (const [older, newer, named] of [
  [3, 4, 'tile/0/000.p/4'],
  [3, 256, 'tile/0/000'],
  [3, 300, 'tile/0/000'],
  [255, 256, 'tile/0/000'],
  [256, 257, 'tile/0/001.p/1'],
  [256, 513, 'tile/0/001'],
  [300, 301, 'tile/0/001.p/45'],
  [513, 600, 'tile/0/002.p/88'],
] as const) {
  test(`open() refuses writes when ${newer} entries were published and database and checkpoint are of ${older}`, async () => {
    const [old, next] = await moments([older, newer])
    assert.ok(old && next)
    const files = withOldHead(next, old)
    for (let start = 0; start < 3; start++) {
      const reason = open(old.kept, files).readOnly ?? ''
      assert.ok(reason.startsWith(`its database has ${older} entries, but`), reason)
      assert.ok(reason.includes(`"${named}"`), reason)
      assert.match(
        reason,
        /the database is older than what was published; put back the newest database that there is$/,
      )
    }
  })
}

test('open() refuses writes when only bundles are newer than the database', async () => {
  for (const kind of ['tile/entries', 'body', 'effects', 'value']) {
    const [old, next] = await moments([3, 5])
    assert.ok(old && next)
    const path = `-/log/${kind}/000.p/5`
    const files = new Map(old.files).set(path, next.files.get(path) ?? Buffer.alloc(0))
    assert.match(open(old.kept, files).readOnly ?? '', /older than what was published/)
  }
})

test('open() refuses writes when a second history has the size of the published one', async () => {
  for (const size of [3, 256, 300]) {
    const [honest] = await moments([size])
    const [fork] = await moments([size], 'y')
    assert.ok(honest && fork)
    const files = withOldHead(honest, fork)
    const reason = open(fork.kept, files).readOnly ?? ''
    assert.match(reason, /with other bytes than its database gives/)
    assert.doesNotMatch(reason, /is damaged\. Delete/)
    files.delete('-/log/checkpoint')
    assert.match(open(fork.kept, files).readOnly ?? '', /with other bytes than its database gives/)
  }
})

test('open() takes writes when a publication was killed at any file, and the next one is whole', async () => {
  const [before, after] = await moments([200, 300])
  assert.ok(before && after)
  const paths = [...after.files].filter(([path, bytes]) => before.files.get(path) !== bytes)
  assert.ok(paths.length > 10)
  for (const [stopAt] of paths) {
    const world = createWorld(structuredClone(after.kept))
    const files: Files = new Map(before.files)
    await assert.rejects(publisherInto(world, files, { stopAt }).publish(), /killed/)
    assert.equal(open(after.kept, files).readOnly, undefined, stopAt)
    await publisherInto(world, files).publish()
    for (const [path, bytes] of after.files) {
      assert.deepEqual(files.get(path), bytes, `${path} after a kill at ${stopAt}`)
    }
  }
})

/** The file with its last bit the other way round. */
function spoil(files: Files, path: string): void {
  const spoilt: Buffer = Buffer.from(files.get(path) ?? [])
  spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1
  files.set(path, spoilt)
}

const damage: readonly (readonly [
  what: string,
  change: (files: Files, path: string) => void,
  isSeen: boolean,
])[] = [
  ['has a flipped bit', spoil, true],
  [
    'is cut short',
    (files, path) => files.set(path, files.get(path)?.subarray(0, -1) ?? Buffer.alloc(0)),
    true,
  ],
  ['is empty', (files, path) => files.set(path, Buffer.alloc(0)), true],
  ['is gone', (files, path) => files.delete(path), false],
]

for (const [what, change, isSeen] of damage) {
  for (const [sizes, path] of [
    [[20, 23], 'tile/0/000.p/20'],
    [[20, 23], 'tile/0/000.p/23'],
    [[20, 23], 'tile/entries/000.p/20'],
    [[20, 23], 'tile/entries/000.p/23'],
    [[300, 600], 'tile/0/002.p/88'],
    [[300, 600], 'tile/1/000.p/1'],
    [[300, 600], 'tile/1/000.p/2'],
  ] as const) {
    test(`open() ${isSeen ? 'names' : 'does not mind'} a published file that ${what}, and it is written again once it is deleted: ${path} of ${sizes.at(-1)} entries`, async () => {
      const { kept, files: whole } = (await moments(sizes)).at(-1) ?? assert.fail()
      const files: Files = new Map(whole)
      change(files, `-/log/${path}`)
      const reason = open(kept, files).readOnly
      if (isSeen) {
        assert.match(
          reason ?? '',
          /: the file is damaged\. Delete it and start again: it is written anew$/,
        )
        assert.ok(reason?.includes(`"-/log/${path}"`), reason)
      } else assert.equal(reason, undefined)
      files.delete(`-/log/${path}`)
      assert.equal(open(kept, files).readOnly, undefined)
      await publisherInto(createWorld(structuredClone(kept)), files, {
        size: kept.head?.size ?? 0,
      }).publish()
      for (const [name, bytes] of whole) assert.deepEqual(files.get(name), bytes, name)
    })
  }
}

test('publish() writes again what is missing of the newest pieces, and changes no other one', async () => {
  for (const size of [23, 256, 300, 600]) {
    const { kept, files: whole } = (await moments([size])).at(-1) ?? assert.fail()
    const last = Math.floor((size - 1) / 256)
    const newest = [...whole.keys()].filter((path) => path.includes(`/00${last}`))
    assert.ok(newest.length >= 5)
    for (const path of newest) {
      const files: Files = new Map(whole)
      files.delete(path)
      const publisher = publisherInto(createWorld(structuredClone(kept)), files, { size })
      await publisher.publish()
      for (const [name, bytes] of whole) {
        const [before, after] = [bytes, files.get(name)]
        if (name === path || /(key|head|checkpoint)$/.test(name)) assert.deepEqual(after, before)
        else assert.equal(after, before, `${name} after ${path} was deleted`)
      }
    }
  }
})

test('open() says of both what they may be when no other file tells whether a file or the database is wrong', async () => {
  const both = /either the database is not the one that was published, or the file is damaged/
  const { kept, files: whole } = (await moments([20, 23])).at(-1) ?? assert.fail()
  for (const paths of [
    ['tile/0/000.p/23', 'tile/entries/000.p/23'], // As in another history.
    ['tile/0/000.p/20', 'tile/0/000.p/23', 'tile/entries/000.p/23'],
  ]) {
    const files: Files = new Map(whole)
    for (const path of paths) spoil(files, `-/log/${path}`)
    assert.match(open(kept, files).readOnly ?? '', both)
  }
  const unnamed: Files = new Map(whole)
  spoil(unnamed, '-/log/tile/0/000.p/20')
  unnamed.delete('-/log/checkpoint')
  assert.match(open(kept, unnamed).readOnly ?? '', both)
})

test('open() says that the checkpoint is damaged or of another log when it cannot be verified', async () => {
  const { kept, files } = (await moments([5])).at(-1) ?? assert.fail()
  const note = Buffer.from(files.get('-/log/checkpoint') ?? []).toString()
  for (const spoilt of [note.replace('\n5\n', '\n4\n'), note.slice(0, -9), '']) {
    files.set('-/log/checkpoint', Buffer.from(spoilt))
    assert.match(open(kept, files).readOnly ?? '', /delete "-\/log\/checkpoint" and start again/)
  }
})

test('publish() throws log_inconsistent and writes nothing over a piece that has other bytes', async () => {
  const [honest] = await moments([5])
  assert.ok(honest)
  for (const kind of ['tile/0', 'tile/entries', 'body', 'effects', 'value']) {
    const path = `-/log/${kind}/000.p/5`
    const other: Buffer = Buffer.from(honest.files.get(path) ?? [])
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    const files: Files = new Map([[path, other]])
    const publishing = publisherInto(createWorld(structuredClone(honest.kept)), files).publish()
    await assert.rejects(publishing, {
      code: 'log_inconsistent',
      message: new RegExp(`${kind}/000`),
    })
    assert.equal(files.get(path), other)
    assert.ok(!files.has('-/log/checkpoint'))
  }
})

test('publish() fills a folder again when it was emptied or put back from an older copy', async () => {
  const { world, log } = await createdLog()
  const files: Files = new Map()
  const publisher = publisherInto(world, files)
  await publisher.publish()
  await Promise.all(Array.from({ length: 599 }, (_, i) => log.submit(call('set', `f${i}`, 'x'))))
  const older = new Map(files)
  await publisher.publish()
  const whole = new Map(files)
  for (const kept of [new Map<string, Uint8Array>(), older]) {
    await publisherInto(world, kept, { size: 600 }).publish()
    for (const [path, bytes] of whole) assert.deepEqual(kept.get(path), bytes, path)
  }
})

/** A running publisher that has published 3 and then 600 entries, and what lay in its folder each time. */
async function runningAt600() {
  const { world, log } = await createdLog()
  const files: Files = new Map()
  const publisher = publisherInto(world, files)
  await Promise.all(['a', 'b'].map((text) => log.submit(call('set', 'f', text))))
  await publisher.publish()
  const older: Files = new Map(files)
  await Promise.all(Array.from({ length: 597 }, (_, i) => log.submit(call('set', `f${i}`, 'x'))))
  await publisher.publish()
  const grow = (): Promise<unknown> => log.submit(call('set', 'more', 'x'))
  return { world, files, publisher, older, whole: new Map(files), grow }
}

function replaceAll(files: Files, others: ReadonlyMap<string, Uint8Array>): void {
  files.clear()
  for (const [path, bytes] of others) files.set(path, bytes)
}

// what somebody does to the folder while the publisher runs
for (const [what, change] of [
  ['is emptied', (files: Files) => files.clear()],
  ['is replaced by an older copy', (files: Files, older: Files) => replaceAll(files, older)],
  [
    'loses its checkpoint and the tiles at the left',
    (files: Files) => {
      for (const path of files.keys()) {
        if (/checkpoint$|\/000$/.test(path)) files.delete(path)
      }
    },
  ],
] as const) {
  for (const isLonger of [false, true]) {
    test(`publish() fills the folder again when it ${what} while it runs, and ${isLonger ? 'there are new entries' : 'nothing is new'}`, async () => {
      const { world, files, publisher, older, grow } = await runningAt600()
      change(files, older)
      if (isLonger) await grow()
      await publisher.publish()
      const wanted: Files = new Map()
      await publisherInto(world, wanted).publish()
      for (const [path, bytes] of wanted) assert.deepEqual(files.get(path), bytes, path)
      const before = new Map(files)
      await publisher.publish()
      for (const [path, bytes] of before) assert.equal(files.get(path), bytes, path)
    })
  }
}

test('publish() writes every width of unfinished tiles into a folder that was emptied, since any of their checkpoints may be known', async () => {
  const { files, publisher, grow } = await runningAt600()
  files.clear()
  await grow()
  await publisher.publish()
  for (const kind of ['tile/0', 'tile/entries']) {
    for (let width = 1; width <= 601 - 512; width++) {
      assert.ok(files.has(`-/log/${kind}/002.p/${width}`), `${kind} ${width}`)
    }
  }
})

// the checkpoint that somebody puts into the folder while the publisher runs, and how that is refused
for (const [what, change, code] of [
  [
    "another log's",
    (note: string) => note.replaceAll('example.com', 'example.org'),
    'log_inconsistent',
  ],
  [
    'one with more entries',
    (note: string) => note.replace('\n600\n', '\n700\n'),
    'log_inconsistent',
  ],
  [
    'one of another history',
    (note: string) => note.replace('\n600\n', '\n599\n'),
    'log_inconsistent',
  ],
  ['half of one', (note: string) => note.slice(0, 12), 'data_invalid'],
  ['an empty file', () => '', 'data_invalid'],
] as const) {
  test(`publish() throws ${code} and writes nothing when the folder's checkpoint becomes ${what} while it runs`, async () => {
    const { files, publisher, grow } = await runningAt600()
    const path = '-/log/checkpoint'
    files.set(path, Buffer.from(change(Buffer.from(files.get(path) ?? []).toString())))
    const before = new Map(files)
    await grow()
    for (let times = 0; times < 2; times++) await assert.rejects(publisher.publish(), { code })
    assert.deepEqual(files, before)
  })
}

const withheld = { withheld: true } as const
const longValue = 'long '.repeat(4000)

// what was published, what would be written, whether it may
for (const [what, found, bytes, records, isFine, kind] of [
  ['the same bytes of a tile', [1, 2], [1, 2], 0, true],
  ['other bytes of a tile', [1, 2], [1, 3], 0, false],
  ['the same records', bundle('a', 'b'), bundle('a', 'b'), 2, true],
  ['a record less', bundle('a', 'b'), bundle('a', null), 2, true],
  ['a record that was withheld', bundle('a', null), bundle('a', 'b'), 2, false],
  ['another record', bundle('a', 'b'), bundle('a', 'c'), 2, false],
  ['records over what is none', [1], bundle('a', 'b'), 2, false],
  ['a value less', values('a', 'b'), values('a', null), 1, true, 'value'],
  ['another value less', values('a', null), values(null, null), 1, true, 'value'],
  ['the name of a blob less', values(longValue, 'b'), values(null, 'b'), 1, true, 'value'],
  ['a value that was withheld', values('a', null), values('a', 'b'), 1, false, 'value'],
  ['another value', values('a', 'b'), values('a', 'c'), 1, false, 'value'],
  ['a value less and another one', values('a', 'b'), values(null, 'c'), 1, false, 'value'],
  ['a value fewer', values('a', 'b'), values('a'), 1, false, 'value'],
  ['a value more', values('a'), values('a', null), 1, false, 'value'],
  ['a value less in effects', values('a', 'b'), values('a', null), 1, false, 'effects'],
  ['values over what are none', bundle('a'), values('a', null), 1, false, 'value'],
] as const) {
  test(`mayReplace() is ${isFine} when there is to be written ${what}`, () => {
    assert.equal(
      mayReplace(Uint8Array.from(found), Uint8Array.from(bytes), { recordCount: records, kind }),
      isFine,
    )
  })
}

/** A bundle of one value record; null is a withheld value. */
function values(...texts: readonly (string | null)[]): Uint8Array {
  const record = texts.map((text) => (text === null ? withheld : valueOf(Buffer.from(text))))
  return formatRecordBundle([formatValues(record)])
}

function bundle(...records: readonly (string | null)[]): Uint8Array {
  return formatRecordBundle(records.map((record) => (record === null ? null : Buffer.from(record))))
}
