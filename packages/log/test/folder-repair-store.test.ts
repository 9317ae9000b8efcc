// A repair of the public folder where the database is damaged too, or the log becomes read-only: the folder may hold the
// only good copy, so that nothing of it may go.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  formatRecordBundle,
  formatValues,
  type KeptEntry,
  parseRecordBundle,
  parseValues,
} from '@stele/entries/parts'
import { Sequencer } from '../src/sequencer.ts'
import {
  at,
  blobsIn,
  type Folder,
  freshFolder,
  isAsBefore,
  isFile,
  publisherOf,
  spoil,
} from './spoilt-folder.ts'
import { call, createWorld, origin, takedownOf } from './world.ts'

function change({ kept }: Folder, number: number, parts: Partial<KeptEntry>): void {
  const entry = kept.entries[number] ?? assert.fail(`there is an entry ${number}`)
  kept.entries[number] = { ...entry, ...parts }
}

function blobName(path: string): string {
  return path.slice(-128)
}

/** The record of entry 400, whose only value is marked as withheld. */
const withheldValue = formatValues([{ withheld: true }])

suite('Publisher.repair() of a damaged database', () => {
  // a file that cannot be read, and what the database has of it
  const unproven: readonly (readonly [
    what: string,
    pathOf: (folder: Folder) => string,
    spoilStore: (folder: Folder, path: string) => void,
  ])[] = [
    [
      'a record bundle',
      () => 'body/001',
      (folder) => change(folder, 400, { body: Buffer.alloc(60) }),
    ],
    [
      'a blob',
      ({ files }) => blobsIn(files)[0] ?? '',
      ({ kept }, path) => kept.blobs.set(blobName(path), Buffer.of(1)),
    ],
    [
      'a blob without its file',
      ({ files }) => blobsIn(files)[0] ?? '',
      ({ lostBlobs }, path) => lostBlobs.set(blobName(path), 'file'),
    ],
  ]
  for (const [what, pathOf, spoilStore] of unproven) {
    test(`leaves what cannot be read there, and names it once, when the database does not have it right: ${what}`, async () => {
      const folder = await freshFolder()
      const path = pathOf(folder)
      const before = folder.files.get(at(path))
      folder.locked.add(at(path))
      spoilStore(folder, path)
      folder.files.delete(at('tile/0/000'))
      const report = await publisherOf(folder).repair({ replace: true })
      assert.deepEqual(
        report.differing.map((one) => [one.path, one.problem]),
        [[at(path), 'database']],
      )
      assert.deepEqual([report.differingCount, report.replaced, report.written], [1, 0, 1])
      assert.equal(folder.files.get(at(path)), before)
    })
  }

  // what entry 400 lacks, and which files of the folder still have it
  const lacking: readonly (readonly [what: string, parts: Partial<KeptEntry>, path: string])[] = [
    ['a body', { body: null }, 'body/001'],
    ['effects', { effects: null }, 'effects/001'],
    ['values', { values: null }, 'value/001'],
    ['a value of the record', { values: withheldValue }, 'value/001'],
  ]
  for (const [what, parts, path] of lacking) {
    for (const how of ['is there', 'is damaged', 'is missing'] as const) {
      test(`writes nothing of a bundle that ${how} when the database lacks ${what} that no takedown names`, async () => {
        const folder = await freshFolder()
        const { files } = folder
        change(folder, 400, parts)
        if (how === 'is damaged') spoil(files, path, 'cut')
        if (how === 'is missing') files.delete(at(path))
        const before = files.get(at(path))
        const report = await publisherOf(folder).repair({ replace: true })
        assert.deepEqual(report.differing, [{ path: at(path), problem: 'database' }])
        assert.equal(report.differingCount, 1)
        if (how !== 'is damaged') assert.match(report.refused ?? '', /database is damaged/)
        assert.equal(files.get(at(path)), before)
      })
    }
  }

  test('writes nothing of a bundle when a takedown names another part of the entry', async () => {
    const folder = await freshFolder() // A takedown names the body of entry 1.
    change(folder, 1, { effects: null })
    const report = await publisherOf(folder).repair({ replace: true })
    assert.deepEqual(report.differing, [{ path: at('effects/000'), problem: 'database' }])
    assert.equal(folder.changes, 0)
  })

  test('brings the folder to what takedowns of single values have left', async () => {
    const folder = await freshFolder()
    const { files, kept } = folder
    const log = Sequencer.open(createWorld(kept).ports)
    const { index } = await log.submit(call('setTwo', 'g', 'x'))
    const publisher = publisherOf(folder)
    await publisher.publish()
    const older = new Map(files)
    for (const writes of [[1], [0]]) {
      await log.submitSigned((seq) =>
        takedownOf(origin, seq, [{ entry: index, part: 'values', writes }]),
      )
      await publisher.publish()
      const path = at(`value/002.p/${kept.entries.length - 512}`)
      const whole = files.get(path) ?? assert.fail()
      const spoilt = [...parseRecordBundle(whole, kept.entries.length - 512)]
      const record = parseRecordBundle(
        older.get(at(`value/002.p/${index - 511}`)) ?? assert.fail(),
        index - 511,
      )[index - 512]
      spoilt[index - 512] = record ?? assert.fail()
      files.set(path, formatRecordBundle(spoilt))
      const report = await publisherOf(folder).repair({ replace: false })
      assert.deepEqual([report.refused, report.differing, report.takenDown], [null, [], 1])
      assert.deepEqual(files.get(path), whole)
    }
    const last = kept.entries[index]?.values ?? assert.fail()
    assert.deepEqual(parseValues(last), [{ withheld: true }, { withheld: true }])
  })

  test('tells a blob that the database has emptied from one that is not in the log', async () => {
    const folder = await freshFolder()
    const path = blobsIn(folder.files)[0] ?? ''
    folder.lostBlobs.set(blobName(path), 'bytes')
    const report = await publisherOf(folder).repair({ replace: true })
    assert.deepEqual(report.differing, [{ path: at(path), problem: 'database' }])
    assert.equal(folder.changes, 0)
    assert.ok(folder.files.has(at(path)))
  })

  for (const lost of ['file', 'bytes'] as const) {
    test(`fills an emptied folder but for the checkpoint when the ${lost} of a blob is gone, and the rest once it is back`, async () => {
      const folder = await freshFolder()
      const { files } = folder
      const path = blobsIn(files)[1] ?? ''
      const whole = new Map(files)
      files.clear()
      folder.lostBlobs.set(blobName(path), lost)
      const publisher = publisherOf(folder)
      const report = await publisher.repair({ replace: false })
      assert.deepEqual(
        report.differing.map((one) => [one.path, one.problem, one.reason !== undefined]),
        [[at(path), 'database', lost === 'file']],
      )
      assert.deepEqual([report.differingCount, report.isHeldBack], [1, true])
      assert.equal(blobsIn(files).length, 2)
      for (const one of ['tile/0/000', 'tile/entries/001', 'body/001']) {
        isFile(files, at(one), whole.get(at(one)) ?? assert.fail())
      }
      assert.ok(!files.has(at('checkpoint')))
      folder.lostBlobs.clear()
      const again = await publisher.repair({ replace: false })
      assert.deepEqual([again.differingCount, again.isHeldBack], [0, undefined])
      for (const [name, bytes] of whole) {
        if (!/(body|effects|value)\/\d+\.p/.test(name)) isFile(files, name, bytes)
      }
    })
  }

  test('publishes a checkpoint when the blob that is gone was published before', async () => {
    const folder = await freshFolder()
    const { files } = folder
    const whole = new Map(files)
    const path = blobsIn(files)[1] ?? ''
    folder.watermark = { ...folder.watermark, blobNumber: folder.kept.blobs.size }
    files.delete(at(path))
    files.delete(at('head'))
    folder.lostBlobs.set(blobName(path), 'file')
    const report = await publisherOf(folder).repair({ replace: false })
    assert.deepEqual([report.differingCount, report.isHeldBack], [1, undefined])
    whole.delete(at(path))
    isAsBefore(files, whole)
  })

  test('throws data_invalid and names the log when its entries do not hash to its checkpoint', async () => {
    const folder = await freshFolder()
    const { kept } = folder
    kept.nodes.set('2/0', Buffer.alloc(32))
    kept.leafHashes[kept.leafHashes.length - 1] = Buffer.alloc(32)
    folder.files.delete(at('checkpoint'))
    await assert.rejects(publisherOf(folder).repair({ replace: true }), {
      code: 'data_invalid',
      message: /"example\.com\/log".*restore the database.*Nothing was written/,
    })
    assert.equal(folder.changes, 0)
  })
})

test('publish() says which blob cannot be read, and publishes no checkpoint, when that is one of a folder to be filled', async () => {
  const folder = await freshFolder()
  const [blob = ''] = blobsIn(folder.files)
  folder.files.clear()
  folder.lostBlobs.set(blobName(blob), 'file')
  await assert.rejects(publisherOf(folder).publish(), /blobs\/ab/)
  assert.ok(!folder.files.has(at('checkpoint')))
})

suite('Publisher.repair() of a log that becomes read-only', () => {
  test('writes nothing when that is while the folder is compared', async () => {
    const folder = await freshFolder()
    folder.files.delete(at('tile/0/000'))
    let asked = 0
    const refused = () => (asked++ === 0 ? undefined : 'it is read-only')
    const report = await publisherOf(folder).repair({ replace: true, refused })
    assert.deepEqual([report.refused, report.written, folder.changes], ['it is read-only', 0, 0])
  })

  for (const written of [1, 2]) {
    test(`throws log_inconsistent and writes no more when that is after ${written} files`, async () => {
      const folder = await freshFolder()
      const { files } = folder
      for (const one of ['body/000', 'body/001', 'value/001', 'head']) files.delete(at(one))
      const refused = () => (folder.changes >= written ? 'it is read-only' : undefined)
      await assert.rejects(publisherOf(folder).repair({ replace: true, refused }), {
        code: 'log_inconsistent',
        message: /it is read-only/,
      })
      assert.ok(!files.has(at('head')))
      assert.ok(folder.changes < 3)
    })
  }
})
