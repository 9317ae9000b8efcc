// The views in SQLite: what is written is read, search takes any text, and a rebuild is the same.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import type { ViewWrite } from '@stele/registry'
import type { VersionFrame } from '@stele/registry/reading'
import { readRelease, reducePieces, versionPieces } from '@stele/releases/release'
import { makePackage } from '@stele/testkit'
import { applyViewWrites } from '../src/view-writes.ts'
import { library, open, page, published } from './view-world.ts'

function dump(db: DatabaseSync): unknown {
  const tables = 'packages versions stars search owners conflicts'.split(' ')
  return tables.map((table) => db.prepare(`SELECT * FROM view_${table} ORDER BY 1, 2`).all())
}

test('createViewReader() reads what applyViewWrites() wrote when versions come and go', () => {
  const { views } = open(
    published(1, { name: 'p' }),
    published(2, { name: 'p', version: '1.1.0' }),
    [
      { kind: 'touch', name: 'p', rev: '3-cd', timeMs: 3000 },
      { kind: 'gone', name: 'p', version: '1.1.0' },
      { kind: 'latest', name: 'p', version: '1.0.0' },
    ],
  )
  assert.deepEqual(views.package('p'), {
    rev: '3-cd',
    createdMs: 1000,
    modifiedMs: 3000,
    latest: '1.0.0',
    starEntry: -1,
    fullBytes: 7,
    reshapes: 1,
  })
  const frame = { open: '<', tails: new Map<string, string>(), close: '>' }
  const joined = (form: 'full' | 'abbreviated', more: Partial<VersionFrame> = {}): unknown => {
    const { versions, times } = views.joined('p', form, { ...frame, ...more })
    return [Buffer.from(versions).toString(), times]
  }
  const times = '"1.0.0":"1970-01-01T00:00:01.000Z"'
  assert.deepEqual(joined('full'), ['"1.0.0":</p/full>', times])
  assert.deepEqual(joined('abbreviated'), ['"1.0.0":</p/short>', times])
  const publisher = ['by ', '.'] as const
  assert.deepEqual(joined('full', { publisher }), ['"1.0.0":</p/fullby "alice".>', times])
  const tails = new Map([
    ['1.0.0', '!"'],
    ['1.1.0', '?'],
  ])
  assert.deepEqual(joined('full', { tails, publisher }), ['"1.0.0":</p/full!"by "alice".>', times])
  assert.deepEqual(views.version('p', '1.0.0'), {
    entry: 1,
    timeMs: 1000,
    publisher: 'alice',
    tags: ['latest'],
    summary: '{}',
  })
  assert.equal(views.version('p', '1.1.0'), undefined)
  assert.equal(views.text('p', '1.0.0', 'readme'), '# p')
  assert.equal(views.text('p', '1.1.0', 'full'), undefined)
  assert.equal(views.package('q'), undefined)
  assert.deepEqual(views.joined('q', 'full', frame), {
    versions: new Uint8Array(),
    times: '',
    lastEntry: undefined,
  })
  assert.deepEqual(views.versionNames('p'), ['1.0.0'])
  assert.deepEqual(views.versionNames('q'), [])
})

test('joined(), versionNames() keep the order of publishing when names of versions sort otherwise', () => {
  const order = ['2.0.0', '10.0.0', '1.0.0']
  const { views } = open(
    ...order.map((version, index) => published(index + 1, { name: 'p', version })),
  )
  for (const tails of [new Map<string, string>(), new Map([['10.0.0', ',1']])]) {
    const frame = { open: '[', tails, close: ']' }
    const { versions, times } = views.joined('p', 'full', frame)
    const numbers = [Buffer.from(versions).toString(), times].map((text) =>
      Array.from(text.matchAll(/"(\d+\.0\.0)":/g), ([, version]) => version),
    )
    assert.deepEqual(numbers, [order, order])
  }
  assert.deepEqual(views.versionNames('p'), order)
})

test('joined() gives only what came after an entry when it is asked so', () => {
  const { views } = open(
    ...['1.0.0', '1.1.0', '1.2.0'].map((version, at) => published(at + 1, { name: 'p', version })),
  )
  const after = (entry: number): unknown => {
    const frame = { open: '<', tails: new Map<string, string>(), close: '>', after: entry }
    const { versions, times, lastEntry } = views.joined('p', 'full', frame)
    return [
      Buffer.from(versions)
        .toString()
        .match(/1\.\d\.0/g),
      times.length > 0,
      lastEntry,
    ]
  }
  assert.deepEqual(after(-1), [['1.0.0', '1.1.0', '1.2.0'], true, 3])
  assert.deepEqual(after(2), [['1.2.0'], true, 3])
  assert.deepEqual(after(3), [null, false, undefined])
})

test('applyViewWrites() counts what was removed or replaced, and nothing that is only added', () => {
  const reshapes = (...entries: (readonly ViewWrite[])[]): unknown =>
    open(...entries).views.package('p')?.reshapes
  const [one, two] = ['1.0.0', '1.1.0'].map((version, at) => published(at, { name: 'p', version }))
  assert.ok(one !== undefined && two !== undefined)
  const gone = { kind: 'gone', name: 'p', version: '1.0.0' } as const
  const full = '/x.tgz"},"name":"p","version":"1.0.0"'
  const served = one.map((write) =>
    write.kind === 'version' ? { ...write, pieces: { ...write.pieces, full } } : write,
  )
  assert.equal(reshapes(one, two), 0)
  assert.equal(reshapes(one, two, [gone]), 1)
  assert.equal(reshapes(one, one), 1)
  assert.equal(reshapes(one, two, [{ kind: 'withheld_entry', entry: 0, kept: [] }]), 1)
  assert.equal(reshapes(served, [{ kind: 'withheld_tarball', sha512: '00' }]), 1)
})

test('starredBy() lists names when accounts star and unstar', () => {
  const star = (account: string, name: string, starred: boolean): ViewWrite => ({
    kind: 'star',
    name,
    account,
    starred,
    entry: 4,
  })
  const { views } = open([
    star('a', 'q', true),
    star('a', 'p', true),
    star('a', 'p', true),
    star('b', 'p', true),
    star('b', 'p', false),
  ])
  assert.deepEqual(views.starredBy('a'), ['p', 'q'])
  assert.deepEqual(views.starredBy('b'), [])
})

test('conflicts() lists the newest first, page by page, without those whose values were taken down', () => {
  const conflict = (entry: number, what: 'tarball' | 'record' = 'tarball'): ViewWrite => ({
    kind: 'conflict',
    name: 'p',
    version: `1.0.${entry}`,
    what,
    shown: `sha512-${entry}`,
    seenMs: entry * 1000,
    entry,
  })
  const { db, views } = open([conflict(3)], [conflict(5)], [conflict(8, 'record')])
  const entries = (from: number, size: number, what?: 'tarball' | 'record'): unknown => {
    const { counts, found } = views.conflicts({ from, size, what })
    return [counts.tarball, counts.record, ...found.map(({ entry }) => entry)]
  }
  assert.deepEqual(entries(0, 2), [2, 1, 8, 5])
  assert.deepEqual(entries(2, 2), [2, 1, 3])
  assert.deepEqual(entries(0, 0), [2, 1])
  assert.deepEqual(entries(0, 9, 'tarball'), [2, 1, 5, 3])
  assert.deepEqual(entries(0, 9, 'record'), [2, 1, 8])
  const { kind: _, ...row } = { ...conflict(3) }
  assert.deepEqual({ ...views.conflicts({ from: 2, size: 1 }).found[0] }, row)
  applyViewWrites(db, [{ kind: 'withheld_entry', entry: 5, kept: [] }])
  assert.deepEqual(entries(0, 9), [1, 1, 8, 3])
})

test('package() tells the last entry that starred it', () => {
  const star = { kind: 'star' as const, name: 'p', account: 'a', starred: true }
  const { views } = open(
    published(1, { name: 'p' }),
    [{ ...star, entry: 4 }],
    [{ ...star, entry: 9 }],
  )
  assert.equal(views.package('p')?.starEntry, 9)
  assert.equal(views.package('p')?.rev, '1-ab')
})

test('applyViewWrites() leaves the same rows when the views are made anew', () => {
  const entries = [
    ...library,
    [
      { kind: 'gone' as const, name: 'pad', version: '1.0.0' },
      { kind: 'latest' as const, name: 'pad', version: null },
    ],
  ]
  assert.deepEqual(dump(open(...entries).db), dump(open(...entries).db))
})

test('snapshot() gives one moment, is closed after a throw, and may be nested', () => {
  const { db, views } = open(...library)
  assert.throws(() =>
    views.snapshot(() => {
      assert.equal(db.isTransaction, true)
      throw new Error('inside')
    }),
  )
  assert.equal(db.isTransaction, false)
  assert.equal(
    views.snapshot(() => views.snapshot(() => views.search(page).total)),
    5,
  )
  assert.equal(db.isTransaction, false)
})

test('applyViewWrites() forgets what is taken down, in pieces, search and revisions', () => {
  const release = readRelease(
    makePackage({ name: 'p', version: '1.1.0', description: 'secret' }, { 'README.md': 'secret' }),
  )
  const pieces = versionPieces(release)
  const { db, views } = open(published(1, { name: 'p' }), published(2, { name: 'q' }), [
    { kind: 'touch', name: 'p', rev: '3-ab', timeMs: 3000 },
    {
      kind: 'version',
      name: 'p',
      version: '1.1.0',
      entry: 3,
      timeMs: 3000,
      publisher: null,
      tags: [],
      pieces,
    },
    { kind: 'latest', name: 'p', version: '1.1.0' },
  ])
  const found = (): number => views.search({ ...page, words: ['secret'] }).total
  assert.equal(found(), 1)
  applyViewWrites(db, [
    { kind: 'withheld_tarball', sha512: release.sha512 },
    { kind: 'revise_all', rev: '4-ab' },
  ])
  assert.equal(found(), 0)
  assert.equal(views.text('p', '1.1.0', 'readme'), '')
  assert.deepEqual(views.text('p', '1.1.0', 'full'), reducePieces(pieces.full, release.sha512).full)
  assert.deepEqual(
    ['p', 'q'].map((name) => views.package(name)?.rev),
    ['4-ab', '4-ab'],
  )
  applyViewWrites(db, [{ kind: 'withheld_entry', entry: 3, kept: [] }])
  assert.equal(views.package('p')?.latest, '1.0.0')
  applyViewWrites(db, [{ kind: 'withheld_entry', entry: 1, kept: [] }])
  assert.equal(views.package('p')?.latest, null)
  assert.deepEqual(views.versionNames('p'), [])
  assert.equal(views.search({ ...page, words: ['p'] }).total, 0)
})

test('applyViewWrites() leaves the versions of which nothing was taken down when values of their entry are', () => {
  const { db, views } = open(
    published(1, { name: 'p' }),
    published(2, { name: 'p', version: '1.1.0' }),
  )
  const take = (version: string): void =>
    applyViewWrites(db, [{ kind: 'withheld_entry', entry: 2, kept: [{ name: 'p', version }] }])
  take('1.1.0')
  assert.deepEqual(views.versionNames('p'), ['1.0.0', '1.1.0'])
  assert.equal(views.package('p')?.latest, '1.1.0')
  take('1.0.0')
  assert.deepEqual(views.versionNames('p'), ['1.0.0'])
  assert.equal(views.package('p')?.latest, '1.0.0')
})

test('applyViewWrites() leaves no word of what is taken down in the segments of the search index', () => {
  const secret = 'xkwhispered'
  const others = Array.from({ length: 40 }, (_, at) =>
    published(at + 3, { name: `other-${at}`, description: `number ${at}`, keywords: ['other'] }),
  )
  const { db } = open(
    published(1, { name: 'p', description: 'harmless' }),
    published(2, { name: 'p', version: '1.1.0', description: secret, keywords: [secret] }),
    ...others,
    // Not shown any more when it is taken down, but in the index once.
    published(90, { name: 'p', version: '1.2.0', description: 'harmless again' }),
  )
  const isThere = (): boolean =>
    ['view_search_data', 'view_search_idx', 'view_search_content']
      .flatMap((table) => db.prepare(`SELECT * FROM ${table}`).all())
      .flatMap((row) => Object.values(row))
      .some((value) => {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value))
        return Buffer.from(bytes).includes(secret.slice(2)) // A term shares its beginning with the one before.
      })
  assert.equal(isThere(), true)
  applyViewWrites(db, [
    { kind: 'withheld_entry', entry: 2, kept: [] },
    { kind: 'revise_all', rev: '91-ab' },
  ])
  assert.equal(isThere(), false)
})
