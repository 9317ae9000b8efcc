import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { formatEffects, hashValue } from '@stele/entries/parts'
import type { LoggedEntry } from '@stele/entries/transition'
import type { CommitGroup, PastRow, StoredHead } from '@stele/log'
import { hashLeaf, isSameHash, sha256 } from '@stele/tlog/tree'
import { keepLargeBlobs } from '../src/blob-store.ts'
import { openDatabase } from '../src/database.ts'
import { busyTimeoutMs, maxInlineBlobBytes } from '../src/limits.ts'
import {
  createLogReader,
  createLogStore,
  createWatermark,
  type LogReader,
  logSchema,
} from '../src/log-store.ts'
import { tempFolder } from './temp-folder.ts'

const hash = (text: string): Uint8Array => hashLeaf(Buffer.from(text))

function head(size: number, rootText = `root ${size}`): StoredHead {
  const leaf = Buffer.from(`leaf ${size}`)
  return {
    size,
    root: hash(rootText),
    checkpoint: `note ${size}\n`,
    head: `head ${size}\n`,
    leaf,
    clockS: size,
  }
}

function group(size: number, more: Partial<CommitGroup> = {}): CommitGroup {
  const leaf = Buffer.from(`leaf ${size}`)
  const [body, effects, values] = ['body', 'effects', 'values'].map((part) =>
    Buffer.from(`${part} ${size}`),
  )
  assert.ok(body && effects && values)
  return {
    previous: size === 1 ? undefined : head(size - 1),
    head: head(size),
    entries: [{ index: size - 1, leaf, leafHash: hash(`leaf ${size}`), body, effects, values }],
    hashes: [{ tileLevel: 0, index: size - 1, hash: hash(`leaf ${size}`) }],
    rows: [],
    sequences: [],
    blobs: [],
    logged: [],
    withhold: [],
    keepsUndo: false,
    snapshot: undefined,
    ...more,
  }
}

function loggedEntry(index: number): LoggedEntry {
  const call = { v: 1, origin: 'o', account: null, seq: 1, via: { type: 'debug' } } as const
  const body = { ...call, method: 'm', args: [] }
  return { index, leafHash: hash(`leaf ${index}`), timeMs: 0, body, writes: [] }
}

function openStore(t: TestContext) {
  const folder = tempFolder(t)
  const db = openDatabase(join(folder, 'stele.db'), logSchema)
  t.after(() => db.close())
  const projected: number[] = []
  const fail = { projections: false }
  const store = createLogStore(db, join(folder, 'blobs'), (more) => {
    if (fail.projections) throw new Error('projections fail')
    projected.push(...more.map(({ index }) => index))
  })
  return { folder, db, store, projected, fail }
}

test('commit() makes head, entries, rows, numbers and blobs readable, also through another connection', async (t) => {
  const { folder, store } = openStore(t)
  const bytes = Buffer.from('blob bytes')
  const value = { hash: hash('1'), bytes: Buffer.from('1') }
  const rows = [
    { object: '/', field: '\u{1f600}', value },
    { object: '/', field: '\uff5e', value: { hash: hash('2'), blob: 'abcd' } },
    { object: '/', field: 'a', value },
  ]
  await store.commit(
    group(1, {
      rows,
      sequences: [
        [null, 1],
        ['null', 2],
      ],
      blobs: [{ name: 'abcd', bytes }],
    }),
  )
  const reader = createLogReader(
    openDatabase(join(folder, 'stele.db'), logSchema),
    join(folder, 'blobs'),
  )
  assert.deepEqual(Buffer.from(reader.head()?.root ?? []), Buffer.from(hash('root 1')))
  assert.deepEqual(reader.list('/'), ['a', '\uff5e', '\u{1f600}'])
  assert.equal(String(Buffer.from(reader.get('/', '\uff5e') ?? [])), 'blob bytes')
  assert.equal(String(Buffer.from(reader.entries(0, 9)[0]?.effects ?? [])), 'effects 1')
  const short = (most: number): readonly unknown[] => {
    const { body, effects } = reader.shortEntry(0, most) ?? {}
    return [body, effects].map((part) =>
      part instanceof Uint8Array ? Buffer.from(part).toString() : part,
    )
  }
  assert.deepEqual(short(9), ['body 1', 'effects 1'])
  assert.deepEqual(short(8), ['body 1', 9])
  assert.equal(reader.shortEntry(1, 9), undefined)
  assert.equal(store.lastSequence(null), 1)
  assert.equal(store.lastSequence('null'), 2)
  assert.equal(store.lastSequence('bob'), 0)
})

const wrongGroups: readonly (readonly [string, CommitGroup])[] = [
  ['it builds on an older head', { ...group(3), previous: head(1) }],
  ['it builds on another root', { ...group(3), previous: head(2, 'other') }],
  ['it makes the tree smaller', { ...group(3), head: head(1), entries: [] }],
  ['it keeps the size and changes the root', { ...group(3), head: head(2, 'fork'), entries: [] }],
  ['it creates the log again', { ...group(3), previous: undefined }],
]
for (const [what, wrong] of wrongGroups) {
  test(`commit() throws and keeps the log as it was when ${what}`, async (t) => {
    const { store } = openStore(t)
    await store.commit(group(1))
    await store.commit(group(2))
    assert.throws(() =>
      store.commit({
        ...wrong,
        rows: [{ object: '/', field: 'x', value: { hash: hash('x'), bytes: Buffer.of(1) } }],
      }),
    )
    assert.equal(store.head()?.checkpoint, 'note 2\n')
    assert.equal(store.entries(0, 9).length, 2)
    assert.deepEqual(store.list('/'), [])
  })
}

test('commit() keeps nothing when the projections fail', async (t) => {
  const { store, fail, projected } = openStore(t)
  await store.commit(group(1, { logged: [loggedEntry(0)] }))
  fail.projections = true
  assert.throws(() => store.commit(group(2, { logged: [loggedEntry(1)] })), /projections fail/)
  assert.equal(store.head()?.size, 1)
  assert.deepEqual(projected, [0])
})

test('commit() takes withheld parts away, and reading a value whose blob is gone throws value_withheld', async (t) => {
  const { store } = openStore(t)
  const bytes = Buffer.from('blob bytes')
  const rows = [{ object: '/', field: 'a', value: { hash: hash('2'), blob: 'abcd' } }]
  await store.commit(group(1, { rows, blobs: [{ name: 'abcd', bytes }] }))
  await store.commit(group(2, { withhold: [{ entry: 0, part: 'body' }, { blob: 'abcd' }] }))
  assert.equal(store.entries(0, 1)[0]?.body, null)
  assert.notEqual(store.entries(0, 1)[0]?.effects, null)
  assert.equal(store.blobs.find('abcd'), undefined)
  assert.throws(() => store.get('/', 'a'), { code: 'value_withheld' })
})

test('commit() leaves the file of a blob when it withholds it and fails, and removes it when it does not', async (t) => {
  const { folder, store, fail } = openStore(t)
  const blob = { name: 'abcdef', bytes: Buffer.alloc(maxInlineBlobBytes + 1, 'x') }
  const blobs = await keepLargeBlobs(join(folder, 'blobs'), [blob])
  await store.commit(group(1, { blobs }))
  const takedown = group(2, { withhold: [{ blob: 'abcdef' }] })
  fail.projections = true
  assert.throws(() => store.commit(takedown), /projections fail/)
  assert.equal(store.blobs.read('abcdef')?.length, blob.bytes.length)
  fail.projections = false
  await store.commit(takedown)
  assert.deepEqual(readdirSync(join(folder, 'blobs', 'ab')), [])
})

test('createLogStore() removes the files of withheld blobs when a crash left them', async (t) => {
  const { folder, db, store } = openStore(t)
  const [path, bytes] = [join(folder, 'blobs'), Buffer.alloc(maxInlineBlobBytes + 1)]
  const blobs = await keepLargeBlobs(path, [{ name: 'abcdef', bytes }])
  await store.commit(group(1, { blobs }))
  await store.commit(group(2, { withhold: [{ blob: 'abcdef' }] }))
  await keepLargeBlobs(path, [{ name: 'abcdef', bytes }]) // As if it had not been removed.
  createLogStore(db, path, () => undefined)
  assert.deepEqual(readdirSync(join(path, 'ab')), [])
})

/** Which of the database's files hold the text. */
function filesWith(folder: string, text: string): readonly string[] {
  const files = readdirSync(folder).filter((name) => name.startsWith('stele.db'))
  return files.filter((name) => readFileSync(join(folder, name)).includes(text))
}

test('eraseWithheld() says why when another connection is reading, and erases once that has ended', async (t) => {
  const { folder, db, store } = openStore(t)
  const [entry] = group(1).entries
  assert.ok(entry)
  await store.commit(group(1, { entries: [{ ...entry, body: Buffer.from('secret'.repeat(500)) }] }))
  const reader = new DatabaseSync(join(folder, 'stele.db'), { readOnly: true })
  t.after(() => reader.close())
  reader.exec('BEGIN; SELECT count(*) FROM entry')
  await store.commit(group(2, { withhold: [{ entry: 0, part: 'body' }] }))
  assert.equal(store.eraseWithheld(), 'another program is reading the database')
  assert.notDeepEqual(filesWith(folder, 'secret'), [])
  await store.commit(group(3)) // Commits go on meanwhile, and wait for locks as long as before.
  assert.equal(db.prepare('PRAGMA busy_timeout').get()?.['timeout'], busyTimeoutMs)
  reader.exec('COMMIT')
  assert.equal(store.eraseWithheld(), undefined)
  assert.deepEqual(filesWith(folder, 'secret'), [])
})

test('eraseWithheld() leaves nothing of a withheld body in the database and its write-ahead log', async (t) => {
  const { folder, store } = openStore(t)
  const [entry] = group(1).entries
  assert.ok(entry)
  await store.commit(group(1, { entries: [{ ...entry, body: Buffer.from('secret'.repeat(500)) }] }))
  await store.commit(group(2, { withhold: [{ entry: 0, part: 'body' }] }))
  assert.equal(store.eraseWithheld(), undefined)
  assert.deepEqual(filesWith(folder, 'secret'), [])
})

for (const [what, change] of [
  ['value', "UPDATE state SET value = CAST('x' AS BLOB) WHERE field = 'a'"],
  ['hash', "UPDATE state SET hash = zeroblob(32) WHERE field = 'a'"],
  ['long value', "UPDATE blob SET bytes = CAST('x' AS BLOB)"],
] as const) {
  test(`rowsAfter() gives a row whose value does not hash to its hash when a ${what} was changed`, async (t) => {
    const { db, store } = openStore(t)
    const [value, bytes] = [Buffer.from('1'), Buffer.from('long')]
    await store.commit(
      group(1, {
        rows: [
          { object: '/', field: 'a', value: { hash: sha256(value), bytes: value } },
          { object: '/', field: 'b', value: { hash: sha256(bytes), blob: 'abcd' } },
        ],
        blobs: [{ name: 'abcd', bytes }],
      }),
    )
    const agreeing = (): number =>
      store
        .rowsAfter(undefined, 9)
        .filter((row) => isSameHash(sha256(row.read() ?? Buffer.alloc(0)), row.hash)).length
    assert.equal(agreeing(), 2)
    db.exec(change)
    assert.equal(agreeing(), 1)
  })
}

test('rowsAfter(), stateHashes() and rowCount() give every row once, whatever its name', async (t) => {
  const { store } = openStore(t)
  const value = { hash: hash('1'), bytes: Buffer.from('1') }
  const objects = ['/', '/a', '/a b', '/é', '/\u{1f600}']
  const rows = objects.flatMap((object) =>
    ['', ' ', 'a', 'b', 'é', '\uff5e', '\u{1f600}'].map((field) => ({ object, field, value })),
  )
  await store.commit(group(1, { rows }))
  const wanted = rows.map(({ object, field }) => `${object} ${field}`).toSorted()
  for (const pageSize of [1, 4, 7, 100]) {
    const found: string[] = []
    for (let page = store.rowsAfter(undefined, pageSize); page.length > 0; ) {
      found.push(...page.map(({ object, field }) => `${object} ${field}`))
      page = store.rowsAfter(page.at(-1), pageSize)
    }
    assert.deepEqual(found.toSorted(), wanted)
  }
  const hashed = Array.from(store.stateHashes(), ([object, field]) => `${object} ${field}`)
  assert.deepEqual(hashed.toSorted(), wanted)
  assert.equal(store.rowCount(), rows.length)
})

test('rowsAfter() and stateHashes() give the hash of a value whose blob is withheld', async (t) => {
  const { store } = openStore(t)
  const bytes = Buffer.from('long')
  const rows = [{ object: '/', field: 'b', value: { hash: sha256(bytes), blob: 'abcd' } }]
  await store.commit(group(1, { rows, blobs: [{ name: 'abcd', bytes }] }))
  await store.commit(group(2, { withhold: [{ blob: 'abcd' }] }))
  assert.equal([...store.stateHashes()].length, 1)
  const [row] = store.rowsAfter(undefined, 9)
  assert.deepEqual(Buffer.from(row?.hash ?? []), Buffer.from(sha256(bytes)))
  assert.equal(row?.read(), undefined)
})

/** The effects part of an entry that wrote these texts. */
function effectsOf(...writes: readonly (readonly [field: string, text: string])[]): Uint8Array {
  const text = formatEffects({
    ok: true,
    changes: writes.length,
    writes: writes.map(([field, value]) => ['/', field, hashValue(Buffer.from(value))] as const),
  })
  return Buffer.concat([new Uint8Array(32), Buffer.from(text)])
}

function textAt({ get }: LogReader, field: string): string {
  return Buffer.from(get('/', field) ?? []).toString()
}

function rowOf(field: string, text: string): CommitGroup['rows'][number] {
  const bytes = Buffer.from(text)
  return { object: '/', field, value: { hash: sha256(bytes), bytes } }
}

// what is withheld beside the values of entry 0, in this order
for (const [title, more] of [
  ['alone', []],
  ['after the effects', [{ entry: 0, part: 'effects' }]],
] as const) {
  test(`commit() takes withheld values from the rows that still hold them when they are taken down ${title}`, async (t) => {
    const { store, db, folder } = openStore(t)
    const [base] = group(1).entries
    assert.ok(base)
    const effects = effectsOf(['changed', 'secret 2'], ['kept', 'secret 1'])
    const rows = [
      rowOf('kept', 'secret 1'),
      rowOf('changed', 'secret 2'),
      rowOf('other', 'secret 1'),
    ]
    await store.commit(group(1, { entries: [{ ...base, effects }], rows }))
    await store.commit(group(2, { rows: [rowOf('changed', 'public')] }))
    const withhold = [...more, { entry: 0, part: 'values' } as const]
    await store.commit(group(3, { withhold }))
    assert.deepEqual(store.row('/', 'kept')?.value, { withheld: true })
    assert.throws(() => store.get('/', 'kept'), { code: 'value_withheld' })
    assert.equal(textAt(store, 'changed'), 'public')
    assert.equal(textAt(store, 'other'), 'secret 1') // Another entry's to tell.
    assert.equal([...store.stateHashes()].length, 3)
    assert.deepEqual(
      store.entries(0, 1).map(({ values }) => values),
      [null],
    )
    db.prepare('DELETE FROM state WHERE field = ?').run('other')
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const files = ['stele.db', 'stele.db-wal'].map((name) => readFileSync(join(folder, name)))
    assert.ok(!files.some((bytes) => bytes.includes('secret')))
  })
}

test('sequenceTotal() is the sum of all numbers', async (t) => {
  const { store } = openStore(t)
  assert.equal(store.sequenceTotal(), 0)
  const sequences = [
    [null, 2],
    ['bob', 3],
  ] as const
  await store.commit(group(1, { sequences }))
  assert.equal(store.sequenceTotal(), 5)
})

test('save() keeps the watermark of the public folder', (t) => {
  const { db } = openStore(t)
  const watermark = createWatermark(db)
  assert.deepEqual(watermark.read(), { size: 0, blobNumber: 0 })
  watermark.save({ size: 7, blobNumber: 3 })
  watermark.save({ size: 8, blobNumber: 4 })
  assert.deepEqual(watermark.read(), { size: 8, blobNumber: 4 })
})

test('undo() gives rows as they were at the last snapshot, which memory() gives', async (t) => {
  const { store } = openStore(t)
  const row = (field: string, text: string | null) => ({
    object: '/',
    field,
    value: text === null ? null : { hash: hash(text), bytes: Buffer.from(text) },
  })
  await store.commit(group(1, { rows: [row('a', '1'), row('b', '1')], keepsUndo: true }))
  assert.equal(store.memory(), undefined)
  await store.commit(group(2, { snapshot: Buffer.from('two'), keepsUndo: true }))
  assert.deepEqual([...store.undo()], [])
  await store.commit(group(3, { rows: [row('a', '2'), row('c', '2')], keepsUndo: true }))
  await store.commit(group(4, { rows: [row('a', null), row('b', '3')], keepsUndo: true }))
  assert.equal(store.memory()?.size, 2)
  const undo = Array.from(store.undo(), textOf)
  assert.deepEqual(undo.toSorted(), ['a=1', 'b=1', 'c='])
})

test('undo() tells a row whose value was withheld from one that was not there', async (t) => {
  const { store } = openStore(t)
  const [first] = group(1).entries
  assert.ok(first)
  const entries = [{ ...first, effects: effectsOf(['a', '1']) }]
  await store.commit(group(1, { rows: [rowOf('a', '1')], entries }))
  const withhold = [{ entry: 0, part: 'values' }] as const
  await store.commit(group(2, { withhold, snapshot: Buffer.from('two'), keepsUndo: true }))
  await store.commit(
    group(3, {
      rows: [{ object: '/', field: 'a', value: null }, rowOf('b', '1')],
      keepsUndo: true,
    }),
  )
  assert.deepEqual(Array.from(store.undo(), textOf).toSorted(), ['a withheld', 'b='])
})

function textOf(row: PastRow): string {
  if ('withheld' in row) return `${row.field} withheld`
  return `${row.field}=${row.value === null ? '' : String(Buffer.from(row.value))}`
}
