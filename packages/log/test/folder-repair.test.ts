// A public folder that a disk, a slip with rm or a stranger has changed: what is said of it, and what is written.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseRecordBundle } from '@stele/entries/parts'
import type { Finding } from '../src/folder-plan.ts'
import { maxListedFindings } from '../src/limits.ts'
import {
  at,
  blobsIn,
  type Files,
  type Folder,
  freshFolder,
  isAsBefore,
  isFile,
  type made,
  publisherOf,
  spoil,
} from './spoilt-folder.ts'

type Change = (files: Files, folder: Awaited<typeof made>) => void

/** What was missing, and how many files that were. */
const missing: readonly (readonly [what: string, change: Change, written: number])[] = [
  ['nothing', () => undefined, 0],
  ['a full tile', (files) => files.delete(at('tile/0/000')), 1],
  ['a full bundle of entries', (files) => files.delete(at('tile/entries/001')), 1],
  [
    'full record bundles',
    (files) => ['body/000', 'effects/001', 'value/000'].forEach((one) => files.delete(at(one))),
    3,
  ],
  ['the newest tile', (files) => files.delete(at('tile/0/002.p/18')), 1],
  ['a tile of a higher level', (files) => files.delete(at('tile/1/000.p/2')), 1],
  ['a blob', (files) => files.delete(at(blobsIn(files)[1] ?? '')), 1],
  ['all blobs', (files) => blobsIn(files).forEach((one) => files.delete(at(one))), 3],
  ['the head', (files) => files.delete(at('head')), 0],
  ['half of the head', (files) => files.set(at('head'), Buffer.from('half')), 0],
]

suite('Publisher.repair()', () => {
  for (const [what, change, written] of missing) {
    test(`writes what is missing and nothing else when that is ${what}`, async () => {
      const folder = await freshFolder()
      const whole = new Map(folder.files)
      change(folder.files, folder)
      const report = await publisherOf(folder).repair({ replace: false })
      assert.deepEqual([report.written, report.refused, report.differing], [written, null, []])
      assert.ok(report.checked > 10)
      isAsBefore(folder.files, whole)
      const again = await publisherOf(folder).repair({ replace: false })
      assert.deepEqual([again.written, again.writtenBytes, again.replaced], [0, 0, 0])
    })
  }

  test('fills a folder that was emptied, lost its checkpoint, or is an older copy', async () => {
    const changes: readonly Change[] = [
      (files) => files.clear(),
      (files) => files.delete(at('checkpoint')),
      (files, { older }) => {
        files.clear()
        for (const [path, bytes] of older) files.set(path, bytes)
        files.delete(at('tile/0/000'))
      },
    ]
    for (const change of changes) {
      const folder = await freshFolder()
      const whole = new Map(folder.files)
      change(folder.files, folder)
      const report = await publisherOf(folder).repair({ replace: false })
      assert.deepEqual([report.refused, report.differing], [null, []])
      for (const [path, bytes] of whole) {
        // Widths that nobody needs any more do not come back.
        if (!/(body|effects|value)\/\d+\.p/.test(path)) isFile(folder.files, path, bytes)
      }
    }
  })

  // what is wrong with a record bundle or a blob
  const wrong: readonly (readonly [
    what: string,
    path: (files: Files) => string,
    change: (folder: Folder, path: string) => void,
  ])[] = [
    ['a record bundle is cut', () => 'body/000', ({ files }, path) => spoil(files, path, 'cut')],
    ['a record has other bytes', () => 'value/001', ({ files }, path) => spoil(files, path)],
    [
      'the newest record bundle is cut',
      () => 'effects/002.p/18',
      ({ files }, path) => spoil(files, path, 'cut'),
    ],
    [
      'a blob is cut',
      (files) => blobsIn(files)[0] ?? '',
      ({ files }, path) => spoil(files, path, 'cut'),
    ],
    [
      'a blob has other bytes',
      (files) => blobsIn(files)[2] ?? '',
      ({ files }, path) => spoil(files, path),
    ],
    [
      'a record bundle cannot be read',
      () => 'body/001',
      ({ locked }, path) => locked.add(at(path)),
    ],
    [
      'a blob cannot be read',
      (files) => blobsIn(files)[0] ?? '',
      ({ locked }, path) => locked.add(at(path)),
    ],
    [
      'a folder is where a blob should be',
      (files) => blobsIn(files)[0] ?? '',
      ({ files }, path) => {
        files.delete(at(path))
        files.set(at(`${path}/inside`), Buffer.of(1))
      },
    ],
  ]
  for (const [what, pathOf, change] of wrong) {
    test(`names the file, writes what is missing elsewhere, and replaces it only where asked when ${what}`, async () => {
      const folder = await freshFolder()
      const { files } = folder
      const whole = new Map(files)
      const path = pathOf(files)
      change(folder, path)
      const spoilt = files.get(at(path))
      files.delete(at('tile/0/001'))
      const told = await publisherOf(folder).repair({ replace: false })
      assert.deepEqual(
        told.differing.map((one) => [one.path, one.problem]),
        [[at(path), 'damaged']],
      )
      assert.deepEqual([told.refused, told.written, told.replaced], [null, 1, 0])
      assert.equal(files.get(at(path)), spoilt)
      const done = await publisherOf(folder).repair({ replace: true })
      assert.deepEqual([done.refused, done.replaced, done.differingCount], [null, 1, 1])
      isAsBefore(files, whole)
      const again = await publisherOf(folder).repair({ replace: true })
      assert.equal(again.differingCount, 0)
    })
  }

  // what may be of another history, what is told of it, and why nothing is written
  const foreign: readonly (readonly [
    what: string,
    change: (folder: Folder) => void,
    problem: Finding['problem'],
    refused: RegExp,
  ])[] = [
    [
      'a full tile has other bytes',
      ({ files }) => spoil(files, 'tile/0/000'),
      'other_bytes',
      /files that are damaged: delete those/,
    ],
    [
      'a bundle of entries is cut',
      ({ files }) => spoil(files, 'tile/entries/001', 'cut'),
      'other_bytes',
      /delete those/,
    ],
    [
      'an unfinished tile has other bytes',
      ({ files }) => spoil(files, 'tile/1/000.p/2'),
      'other_bytes',
      /delete those/,
    ],
    [
      'a tile has other bytes and there is no checkpoint',
      ({ files }) => {
        spoil(files, 'tile/0/000')
        files.delete(at('checkpoint'))
      },
      'other_bytes',
      /either the database is not the one that was published/,
    ],
    [
      'there is a tile of more entries',
      ({ files }) => files.set(at('tile/0/003'), Buffer.alloc(8192)),
      'beyond_log',
      /put back the newest database/,
    ],
    [
      'there is a wider tile',
      ({ files }) => files.set(at('tile/0/002.p/200'), Buffer.alloc(6400)),
      'beyond_log',
      /put back the newest database/,
    ],
    [
      'there are records of more entries',
      ({ files }) => files.set(at('body/x001/000'), Buffer.alloc(9)),
      'beyond_log',
      /put back the newest database/,
    ],
    [
      'a tile cannot be read',
      ({ locked }) => locked.add(at('tile/0/000')),
      'unreadable_tile',
      /cannot be read/,
    ],
    [
      'a folder cannot be listed',
      ({ locked }) => locked.add(at('body')),
      'unreadable_folder',
      /cannot be read/,
    ],
    [
      'a folder is where a tile should be',
      ({ files }) => {
        files.delete(at('tile/0/000'))
        files.set(at('tile/0/000/inside'), Buffer.of(1))
      },
      'unreadable_tile',
      /cannot be read/,
    ],
    [
      'the database has lost what is missing',
      ({ files, kept }) => {
        files.delete(at('body/001'))
        const entry = kept.entries[400] ?? assert.fail()
        kept.entries[400] = { ...entry, body: Buffer.alloc(60) }
      },
      'database',
      /database is damaged/,
    ],
    [
      'the database has another hash for a tile that is missing',
      ({ files, kept }) => {
        files.delete(at('tile/0/000'))
        kept.leafHashes[7] = Buffer.alloc(32)
      },
      'database',
      /database is damaged/,
    ],
  ]
  for (const [what, change, problem, refused] of foreign) {
    test(`names the file and writes nothing, whatever else is missing, when ${what}`, async () => {
      const folder = await freshFolder()
      const { files } = folder
      files.delete(at('value/000'))
      change(folder)
      const before = new Map(files)
      for (const replace of [false, true]) {
        const report = await publisherOf(folder).repair({ replace })
        assert.ok(
          report.differing.some((one) => one.problem === problem),
          JSON.stringify(report),
        )
        assert.match(report.refused ?? '', refused)
        assert.deepEqual([report.written, report.replaced, report.takenDown], [0, 0, 0])
      }
      assert.equal(folder.changes, 0)
      assert.deepEqual(files, before)
    })
  }

  // whose checkpoint it is
  for (const [what, change, code] of [
    [
      "another log's",
      (note: string) => note.replaceAll('example.com', 'example.org'),
      'log_inconsistent',
    ],
    [
      'one with more entries',
      (note: string) => note.replace('\n530\n', '\n531\n'),
      'log_inconsistent',
    ],
    [
      'one of another history',
      (note: string) => note.replace('\n530\n', '\n529\n'),
      'log_inconsistent',
    ],
    ['cut', (note: string) => note.slice(0, 20), 'data_invalid'],
  ] as const) {
    test(`throws ${code} and writes nothing when the folder's checkpoint is ${what}`, async () => {
      const folder = await freshFolder()
      const path = at('checkpoint')
      folder.files.set(
        path,
        Buffer.from(change(Buffer.from(folder.files.get(path) ?? []).toString())),
      )
      folder.files.delete(at('value/000'))
      await assert.rejects(publisherOf(folder).repair({ replace: true }), { code })
      assert.equal(folder.changes, 0)
    })
  }

  test('takes away what takedowns have deleted when an older copy has brought it back', async () => {
    const folder = await freshFolder()
    const { files, secret } = folder
    const whole = new Map(files)
    const back = [...secret].filter(([path]) => /blob|body\/000/.test(path))
    for (const [path, bytes] of back) files.set(path, bytes)
    assert.equal(blobsIn(files).length, 4)
    const report = await publisherOf(folder).repair({ replace: false })
    assert.deepEqual([report.refused, report.differing, report.takenDown], [null, [], 2])
    assert.equal(blobsIn(files).length, 3)
    assert.equal(parseRecordBundle(files.get(at('body/000')) ?? Buffer.alloc(0), 256)[1], null)
    isAsBefore(files, whole)
  })

  test('brings nothing back that was taken down', async () => {
    const folder = await freshFolder()
    folder.files.clear()
    await publisherOf(folder).repair({ replace: true })
    assert.equal(blobsIn(folder.files).length, 3)
    const leaks = [...folder.files].filter(([, bytes]) =>
      Buffer.from(bytes).includes('a'.repeat(500)),
    )
    assert.deepEqual(
      leaks.map(([path]) => path),
      [],
    )
  })

  test('leaves a blob that is not in the log alone, and names it', async () => {
    const folder = await freshFolder()
    const path = at(`blob/ab/ab${'0'.repeat(126)}`)
    folder.files.set(path, Buffer.of(1))
    const report = await publisherOf(folder).repair({ replace: true })
    assert.deepEqual(report.differing, [{ path, problem: 'not_in_log' }])
    assert.equal(report.refused, null)
    assert.ok(folder.files.has(path))
  })

  test('does not look at files that are no business of the log', async () => {
    const folder = await freshFolder()
    for (const path of [
      'index.html',
      at('tile/0/readme'),
      at('tile/0/1'),
      at('blob/zz/x'),
      at('state/x'),
    ]) {
      folder.files.set(path, Buffer.of(1))
    }
    const report = await publisherOf(folder).repair({ replace: true })
    assert.deepEqual([report.refused, report.differingCount], [null, 0])
  })

  test('throws data_invalid when the disk is full, and goes on where it was the next time', async () => {
    const folder = await freshFolder()
    const whole = new Map(folder.files)
    for (const path of ['tile/0/000', 'value/001']) folder.files.delete(at(path))
    const publisher = publisherOf(folder)
    folder.isFull = true
    await assert.rejects(publisher.repair({ replace: false }), {
      code: 'data_invalid',
      message: /no space/,
    })
    folder.isFull = false
    assert.equal((await publisher.repair({ replace: false })).written, 2)
    isAsBefore(folder.files, whole)
  })

  // how many files it may look at before it is stopped
  for (const turns of [0, 5, 30]) {
    test(`throws log_closed when it is stopped after ${turns} turns, and publishing goes on`, async () => {
      const folder = await freshFolder()
      const whole = new Map(folder.files)
      folder.files.delete(at('tile/0/000'))
      const publisher = publisherOf(folder)
      let left = turns
      const repairing = publisher.repair({ replace: false, isStopped: () => left-- <= 0 })
      await assert.rejects(repairing, { code: 'log_closed' })
      await publisher.publish()
      assert.equal((await publisher.repair({ replace: false })).written, 1)
      isAsBefore(folder.files, whole)
    })
  }

  test('does not write a blob that the database has the wrong bytes of, and says so', async () => {
    const folder = await freshFolder()
    const path = blobsIn(folder.files)[0] ?? ''
    const name = path.slice(-128)
    folder.kept.blobs.set(name, Buffer.of(1))
    folder.files.delete(at(path))
    const report = await publisherOf(folder).repair({ replace: false })
    assert.deepEqual(report.differing, [{ path: at(path), problem: 'database' }])
    assert.deepEqual([report.written, report.differingCount], [0, 1])
    assert.ok(!folder.files.has(at(path)))
  })

  test('writes nothing when the log refuses writes, and still names what differs', async () => {
    const folder = await freshFolder()
    folder.files.delete(at('tile/0/000'))
    spoil(folder.files, 'body/000')
    const report = await publisherOf(folder).repair({
      replace: true,
      refused: () => 'it is read-only',
    })
    assert.deepEqual([report.refused, report.differingCount], ['it is read-only', 1])
    assert.equal(folder.changes, 0)
  })

  test(`names at most ${maxListedFindings} files, and counts them all`, async () => {
    const folder = await freshFolder()
    for (let width = 100; width < 256; width++) {
      folder.files.set(at(`tile/0/002.p/${width}`), Buffer.alloc(32 * width))
    }
    const report = await publisherOf(folder).repair({ replace: false })
    assert.deepEqual([report.differing.length, report.differingCount], [maxListedFindings, 156])
  })
})
