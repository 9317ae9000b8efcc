// What every home of a log does: the fake that the sequencer is tested with, and the one in SQLite, run all of it.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { formatEffects, formatValues, hashValue, parseValues } from '@stele/entries/parts'
import { compareUtf8 } from '@stele/formats/names'
import { type Hash, hashLeaf, sha256 } from '@stele/tlog/tree'
import type { CommitGroup, LogStore, PastRow, StateRow, StoredHead } from '../src/ports.ts'

/** A home to be tested: an empty store whose next commit can be made to fail, before or after it took effect. */
export type LogStoreHome = {
  readonly store: LogStore
  readonly failNext: (fault: 'fails' | 'fails_but_persisted') => void
}

const hashOf = (text: string): Hash => hashLeaf(Buffer.from(text))

function head(size: number, rootText = `root ${size}`): StoredHead {
  const leaf = Buffer.from(`leaf ${size}`)
  const [checkpoint, text] = [`note ${size} ${rootText}\n`, `head ${size}\n`]
  return { size, root: hashOf(rootText), checkpoint, head: text, leaf, clockS: size }
}

type Texts = { readonly [field: string]: string }

function rowsOf(texts: Texts): readonly StateRow[] {
  return Object.entries(texts).map(([field, text]) => {
    const bytes = Buffer.from(text)
    return { object: '/', field, value: { hash: sha256(bytes), bytes } }
  })
}

/** The group of one entry that writes these texts. */
function group(size: number, texts: Texts = {}, more: Partial<CommitGroup> = {}): CommitGroup {
  const leaf = Buffer.from(`leaf ${size}`)
  const writes = Object.entries(texts)
    .toSorted(([a], [b]) => compareUtf8(a, b))
    .map(([field, text]) => ['/', field, hashValue(Buffer.from(text))] as const)
  const effects = formatEffects({ ok: true, changes: writes.length, writes })
  const part = (text: string): Uint8Array => Buffer.concat([new Uint8Array(32), Buffer.from(text)])
  const leafHash = hashOf(`leaf ${size}`)
  const values = formatValues(
    writes.map(([, field]) => ({ bytes: Buffer.from(texts[field] ?? '') })),
  )
  const parts = { body: part(`body ${size}`), effects: part(effects), values }
  return {
    previous: size === 1 ? undefined : head(size - 1),
    head: head(size),
    entries: [{ index: size - 1, leaf, leafHash, ...parts }],
    hashes: [
      { tileLevel: 0, index: size - 1, hash: leafHash },
      { tileLevel: 1, index: size - 1, hash: leafHash },
    ],
    rows: rowsOf(texts),
    sequences: [],
    blobs: [],
    logged: [],
    withhold: [],
    keepsUndo: false,
    snapshot: undefined,
    ...more,
  }
}

/** Everything that a store tells, as plain data. */
function dump(store: LogStore): unknown {
  const plain = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('hex')
  const value = (field: string): string => {
    try {
      return Buffer.from(store.get('/', field) ?? []).toString()
    } catch {
      return '(withheld)'
    }
  }
  return {
    checkpoint: store.head()?.checkpoint,
    root: plain(store.head()?.root ?? null),
    entries: store.entries(0, 99).map(({ leaf, body, effects, values }) => {
      return [leaf, body, effects, values].map(plain)
    }),
    hashes: [0, 1].map((level) => store.hashes(level, 0, 99).map(plain)),
    rows: store.list('/').map((field) => `${field}=${value(field)}`),
    stateHashes: Array.from(store.stateHashes(), ([object, field, hash]) => {
      return `${object} ${field} ${plain(hash)}`
    }).toSorted(),
    count: store.rowCount(),
    total: store.sequenceTotal(),
    last: [null, 'null', 'bob', 'eve'].map(store.lastSequence),
    memory: store.memory()?.size,
    undo: Array.from(store.undo(), showPast).toSorted(),
  }
}

function showPast(row: PastRow): string {
  if ('withheld' in row) return `${row.field}: withheld`
  return `${row.field}: ${row.value === null ? 'absent' : Buffer.from(row.value).toString()}`
}

const later = { a: 'three', '\uff5e': 'wide', '\u{1f600}': 'smile' }

/** A home with two entries. */
async function filled(home: LogStoreHome): Promise<LogStoreHome> {
  const sequences = [
    [null, 1],
    ['null', 2],
  ] as const
  await home.store.commit(group(1, { a: 'one', b: 'two' }, { sequences }))
  await home.store.commit(group(2, later))
  return home
}

const wrongGroups: readonly (readonly [string, CommitGroup])[] = [
  ['builds on an older head', { ...group(3), previous: head(1) }],
  ['builds on another root of the same size', { ...group(3), previous: head(2, 'other') }],
  ['makes the tree smaller', { ...group(3), head: head(1), entries: [], hashes: [] }],
  [
    'keeps the size and changes the root',
    { ...group(3), head: head(2, 'x'), entries: [], hashes: [] },
  ],
  ['begins the log again', { ...group(3), previous: undefined }],
]

/** Runs the suite; `create` gives an empty home. */
export function testLogStore(title: string, create: (t: TestContext) => LogStoreHome): void {
  test(`${title}: an empty store has no head, and nothing else`, (t) => {
    const { store } = create(t)
    assert.equal(store.head(), undefined)
    assert.deepEqual([store.rowCount(), store.sequenceTotal()], [0, 0])
    assert.deepEqual(store.entries(0, 9), [])
  })

  test(`${title}: commit() makes all of a group readable`, async (t) => {
    const { store } = await filled(create(t))
    assert.equal(store.head()?.size, 2)
    assert.deepEqual(store.list('/'), ['a', 'b', '\uff5e', '\u{1f600}']) // By the bytes of UTF-8.
    assert.equal(Buffer.from(store.get('/', 'a') ?? []).toString(), 'three')
    assert.equal(store.get('/', 'none'), undefined)
    assert.deepEqual(
      store.hashes(0, 1, 9).map((hash) => Buffer.from(hash)),
      [Buffer.from(hashOf('leaf 2'))],
    )
    assert.equal(store.hashes(1, 0, 2).length, 2)
    assert.equal(store.entries(1, 9).length, 1)
    assert.deepEqual([null, 'null', 'bob'].map(store.lastSequence), [1, 2, 0])
  })

  test(`${title}: rowsAfter() gives every row once, whatever the step`, async (t) => {
    const { store } = await filled(create(t))
    for (const step of [1, 2, 9]) {
      const found: string[] = []
      for (let rows = store.rowsAfter(undefined, step); rows.length > 0; ) {
        found.push(
          ...rows.map(({ field, read }) => `${field}=${Buffer.from(read() ?? []).toString()}`),
        )
        rows = store.rowsAfter(rows.at(-1), step)
      }
      const wanted = ['a=three', 'b=two', '\uff5e=wide', '\u{1f600}=smile']
      assert.deepEqual(found.toSorted(), wanted.toSorted())
    }
  })

  for (const [what, wrong] of wrongGroups) {
    test(`${title}: commit() throws and changes nothing when the group ${what}`, async (t) => {
      const { store } = await filled(create(t))
      const before = dump(store)
      await assert.rejects(async () => store.commit(wrong))
      assert.deepEqual(dump(store), before)
      await store.commit(group(3))
    })
  }

  test(`${title}: commit() takes the same tree with another note, as a heartbeat is`, async (t) => {
    const { store } = await filled(create(t))
    const beat = { ...group(2), previous: head(2), head: { ...head(2), checkpoint: 'newer\n' } }
    await store.commit({ ...beat, entries: [], hashes: [] })
    assert.equal(store.head()?.checkpoint, 'newer\n')
  })

  for (const [fault, size] of [
    ['fails', 2],
    ['fails_but_persisted', 3],
  ] as const) {
    test(`${title}: commit() throws and leaves ${size} entries, whole, when it ${fault}`, async (t) => {
      const home = await filled(create(t))
      const reference = await filled(create(t))
      const third = group(3, { a: 'four', c: 'new' }, { sequences: [['bob', 1]] })
      if (size === 3) await reference.store.commit(third)
      home.failNext(fault)
      await assert.rejects(async () => home.store.commit(third))
      assert.deepEqual(dump(home.store), dump(reference.store))
      const next = group(size + 1)
      await home.store.commit(next) // It goes on from what is true.
    })
  }

  test(`${title}: commit() withholds parts, and the rows that still hold an entry's values`, async (t) => {
    const { store } = await filled(create(t))
    const withhold = [
      { entry: 0, part: 'effects' },
      { entry: 0, part: 'values' },
      { entry: 1, part: 'body' },
    ] as const
    await store.commit(group(3, {}, { withhold: withhold.toReversed() }))
    const parts = store.entries(0, 2).map(({ body, effects, values }) => {
      return [body, effects, values].map((part) => part !== null)
    })
    assert.deepEqual(parts, [
      [true, false, false],
      [false, true, true],
    ])
    assert.throws(() => store.get('/', 'b'), { code: 'value_withheld' })
    assert.equal(Buffer.from(store.get('/', 'a') ?? []).toString(), 'three') // A later entry's to tell.
    assert.equal(store.rowCount(), 4)
  })

  test(`${title}: commit() withholds the values that are named, in the record and in the rows, and leaves the others`, async (t) => {
    const { store } = create(t)
    await store.commit(group(1, { a: 'one', b: 'two', c: 'three', d: 'four' }))
    await store.commit(group(2, { d: 'five' }))
    const take = (size: number, ...writes: readonly number[]): void | Promise<void> =>
      store.commit(group(size, {}, { withhold: [{ entry: 0, part: 'values', writes }] }))
    const recorded = (): readonly string[] =>
      parseValues(store.entries(0, 1)[0]?.values ?? new Uint8Array()).map((value) =>
        'bytes' in value ? Buffer.from(value.bytes).toString() : 'withheld',
      )
    const told = (): readonly string[] =>
      store.list('/').map((field) => {
        try {
          return Buffer.from(store.get('/', field) ?? []).toString()
        } catch {
          return 'withheld'
        }
      })
    await take(3, 1, 3)
    assert.deepEqual(recorded(), ['one', 'withheld', 'three', 'withheld'])
    assert.deepEqual(told(), ['one', 'withheld', 'three', 'five']) // A later entry's to tell.
    await take(4, 0)
    assert.deepEqual(recorded(), ['withheld', 'withheld', 'three', 'withheld'])
    assert.deepEqual(told(), ['withheld', 'withheld', 'three', 'five'])
    assert.throws(() => store.get('/', 'a'), { code: 'value_withheld' })
    assert.equal(store.rowCount(), 4)
    await store.commit(group(5, {}, { withhold: [{ entry: 0, part: 'values' }] }))
    assert.equal(store.entries(0, 1)[0]?.values, null)
    assert.deepEqual(told(), ['withheld', 'withheld', 'withheld', 'five'])
  })

  test(`${title}: get() throws value_withheld when the blob of a long value is withheld`, async (t) => {
    const { store } = create(t)
    const bytes = Buffer.from('long')
    const rows = [{ object: '/', field: 'long', value: { hash: sha256(bytes), blob: 'abcd' } }]
    await store.commit(group(1, {}, { rows, blobs: [{ name: 'abcd', bytes }] }))
    assert.equal(Buffer.from(store.get('/', 'long') ?? []).toString(), 'long')
    await store.commit(group(2, {}, { withhold: [{ blob: 'abcd' }] }))
    assert.throws(() => store.get('/', 'long'), { code: 'value_withheld' })
    assert.equal([...store.stateHashes()].length, 1)
  })

  test(`${title}: undo() gives rows as they were at the last snapshot`, async (t) => {
    const { store } = create(t)
    const keepsUndo = true
    await store.commit(group(1, { a: '1', b: '1' }, { keepsUndo }))
    await store.commit(group(2, {}, { keepsUndo, snapshot: Buffer.from('two') }))
    assert.deepEqual([...store.undo()], [])
    await store.commit(group(3, { a: '2', c: '2' }, { keepsUndo }))
    await store.commit(group(4, { a: '3' }, { keepsUndo }))
    assert.equal(store.memory()?.size, 2)
    assert.deepEqual(Array.from(store.undo(), showPast).toSorted(), ['a: 1', 'c: absent'])
    const withhold = [{ entry: 0, part: 'values' }] as const
    await store.commit(group(5, {}, { keepsUndo, withhold, snapshot: Buffer.from('five') }))
    await store.commit(group(6, { b: '2' }, { keepsUndo })) // Its value before is withheld.
    assert.deepEqual(Array.from(store.undo(), showPast), ['b: withheld'])
  })
}
