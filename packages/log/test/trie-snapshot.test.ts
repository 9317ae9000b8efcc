import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sequencer } from '../src/sequencer.ts'
import { auditStore } from './audit.ts'
import { createSnapshotMemory, type SnapshotMemory } from './snapshot-memory.ts'
import { call, createdLog, createWorld, genesis, origin, verifiers, type World } from './world.ts'

const rest = async (): Promise<boolean> => true

/** What a log of 300 calls leaves when it is closed. */
const closed = (async () => {
  const snapshots = createSnapshotMemory()
  const world = createWorld()
  const log = await Sequencer.create({ ...world.ports, snapshots }, genesis, {})
  await submitMany(log, 300)
  await log.close()
  return { world, snapshots }
})()

/** A log of 300 calls that was closed, and the snapshot that this left: a copy, to be damaged. */
async function closedLog(): Promise<{ world: World; snapshots: SnapshotMemory }> {
  const made = await closed
  const world = createWorld(structuredClone(made.world.store.kept))
  world.nowMs = made.world.nowMs
  const { kept, written } = made.snapshots
  return {
    world,
    snapshots: Object.assign(createSnapshotMemory(), { kept: structuredClone(kept), written }),
  }
}

async function submitMany(log: Sequencer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.submit(call('set', `f${i % 40}`, `${i}`))
}

/** Opens what is kept, with this snapshot. `rowsRead` says whether the trie was built from the rows. */
function reopen(world: World, snapshots: SnapshotMemory) {
  const again = createWorld(world.store.kept)
  again.nowMs = world.nowMs
  let rowsRead = false
  const stateHashes: typeof again.store.stateHashes = () => {
    rowsRead = true
    return world.store.stateHashes()
  }
  const store = { ...again.store, stateHashes }
  const log = Sequencer.open({ ...again.ports, store, snapshots })
  return { again, log, rowsRead }
}

const unusable = ({ events }: World): readonly string[] =>
  events.flatMap((event) => (event.event === 'snapshot_unusable' ? [event.reason] : []))

test('close() leaves a snapshot from which open() goes on without the rows', async () => {
  const { world, snapshots } = await closedLog()
  const { again, log, rowsRead } = reopen(world, snapshots)
  assert.equal(rowsRead, false)
  assert.equal(log.readOnly, undefined)
  await log.submit(call('set', 'a', '1'))
  assert.equal(auditStore(again.store, origin, verifiers), 302)
})

test('close() leaves the snapshot as it is when little came since', async () => {
  const { world, snapshots } = await closedLog()
  const { log } = reopen(world, snapshots)
  await submitMany(log, 3)
  await log.close()
  assert.equal(snapshots.written, 1)
})

test('open() rolls a snapshot forward to the root that the rows have when entries came since', async () => {
  const { world, snapshots } = await closedLog()
  for (const count of [1, 7, 90]) {
    const { log } = reopen(world, snapshots)
    await submitMany(log, count) // And is killed.
    const { log: rolled, rowsRead } = reopen(world, snapshots)
    assert.equal(rowsRead, false)
    const built = Sequencer.open(createWorld(world.store.kept).ports)
    const queries = [{ object: '/', prefix: '' }]
    assert.deepEqual(await rolled.prove(queries), await built.prove(queries))
  }
})

test('submit() has a snapshot written behind it when many entries came since the last', async () => {
  const { world, snapshots } = await closedLog()
  const { log } = reopen(world, snapshots)
  await Promise.all(Array.from({ length: 2_300 }, (_, i) => log.submit(call('set', `m${i}`, 'x'))))
  await log.close()
  assert.equal(snapshots.written, 2)
  const { log: next, rowsRead } = reopen(world, snapshots)
  assert.equal(next.readOnly, undefined)
  assert.equal(rowsRead, false)
})

test('submit() commits while a snapshot is written, which is of what was committed when it began', async () => {
  const { world, snapshots } = await closedLog()
  const { log } = reopen(world, snapshots)
  const { promise, resolve } = Promise.withResolvers<void>()
  snapshots.gate = promise
  await Promise.all(Array.from({ length: 2_300 }, (_, i) => log.submit(call('set', `m${i}`, 'x'))))
  await submitMany(log, 50)
  resolve()
  await log.close()
  const { again, log: next, rowsRead } = reopen(world, snapshots)
  assert.equal(rowsRead, false)
  await submitMany(next, 1)
  auditStore(again.store, origin, verifiers)
})

const flip = (frame: Uint8Array | undefined, at: number): void => {
  if (frame !== undefined) frame[at] = (frame[at] ?? 0) ^ 1
}
const damages: readonly (readonly [string, (snapshots: SnapshotMemory) => void])[] = [
  ['a bit of its header is flipped', ({ kept }) => flip(kept[0], 30)],
  ['a bit of a frame is flipped', ({ kept }) => flip(kept[2], 100)],
  ['a bit of its seal is flipped', ({ kept }) => flip(kept.at(-1), 5)],
  ['its seal is missing', ({ kept }) => void kept.pop()],
  ['all but its header is missing', ({ kept }) => void kept.splice(1)],
  ['a frame is missing', ({ kept }) => void kept.splice(2, 1)],
  ['a frame is doubled', ({ kept }) => void kept.splice(2, 0, ...kept.slice(2, 3))],
  ['it was sealed with another key', (snapshots) => void snapshots.sealKey.fill(9)],
  ['it cannot be read', (snapshots) => void (snapshots.failure = 'input/output error')],
]
for (const [what, damage] of damages) {
  test(`open() builds the trie from the rows, saying why, when a snapshot is there and ${what}`, async () => {
    const { world, snapshots } = await closedLog()
    damage(snapshots)
    const { again, log, rowsRead } = reopen(world, snapshots)
    assert.equal(rowsRead, true)
    assert.equal(unusable(again).length, 1)
    assert.equal(log.readOnly, undefined)
    await log.submit(call('set', 'a', '1'))
    assert.equal(auditStore(again.store, origin, verifiers), 302)
  })
}

test('open() builds the trie from the rows when the snapshot is of another log with this key', async () => {
  const { world } = await closedLog()
  const other = createWorld()
  const snapshots = createSnapshotMemory()
  const log = await Sequencer.create({ ...other.ports, snapshots }, genesis, {})
  await log.submit(call('set', 'other', 'x'))
  await submitMany(log, 299)
  await log.close()
  const { again, log: opened, rowsRead } = reopen(world, snapshots)
  assert.equal(rowsRead, true)
  assert.match(unusable(again)[0] ?? '', /not the state of the last leaf/)
  assert.equal(opened.readOnly, undefined)
})

test('open() builds the trie from the rows when the snapshot is ahead of the log', async () => {
  const { world } = await createdLog()
  const { snapshots } = await closedLog()
  const { again, log, rowsRead } = reopen(world, snapshots)
  assert.equal(rowsRead, true)
  assert.match(unusable(again)[0] ?? '', /301 entries, the log has 1/)
  assert.equal(log.readOnly, undefined)
})

test('open() builds the trie from the rows when effects of an entry since the snapshot are withheld', async () => {
  const { world, snapshots } = await closedLog()
  const { log } = reopen(world, snapshots)
  await submitMany(log, 2)
  const [entry] = world.store.kept.entries.splice(301, 1)
  assert.ok(entry)
  world.store.kept.entries.splice(301, 0, { ...entry, effects: null })
  const { log: opened, rowsRead } = reopen(world, snapshots)
  assert.equal(rowsRead, true)
  assert.equal(opened.readOnly, undefined)
})

test('close() reports it and ends as ever when the snapshot cannot be written', async () => {
  const { world, snapshots } = await closedLog()
  const { again, log } = reopen(world, snapshots)
  snapshots.failure = 'disk full'
  await submitMany(log, 300)
  await log.close()
  assert.deepEqual(again.events.at(-1), { event: 'snapshot_failed', reason: 'disk full' })
})

type Rows = World['store']['kept']['rows']
const first = '/\0f1'
const tamperings: readonly (readonly [string, (rows: Rows) => void])[] = [
  ['a value is another', (rows) => change(rows, { bytes: Buffer.from('no') })],
  ['a value and its hash are others', (rows) => change(rows, other('no'))],
  ['a hash is another', (rows) => change(rows, { hash: new Uint8Array(32) })],
  ['a row is missing', (rows) => void rows.delete(first)],
  ['a row was added', (rows) => add(rows, 'extra')],
  [
    'a row is missing and another was added',
    (rows) => {
      rows.delete(first)
      add(rows, 'extra')
    },
  ],
  [
    'a row was renamed to what no trie takes',
    (rows) => {
      rows.delete(first)
      add(rows, 'x'.repeat(2000))
    },
  ],
]
for (const [what, tamper] of tamperings) {
  test(`compareRows() refuses writes when the trie was loaded and ${what}`, async () => {
    const { world, snapshots } = await closedLog()
    tamper(world.store.kept.rows)
    const { again, log, rowsRead } = reopen(world, snapshots)
    assert.equal(rowsRead, false)
    await log.compareRows(rest)
    assert.ok(log.readOnly)
    assert.ok(again.events.some(({ event }) => event === 'read_only'))
    await assert.rejects(async () => log.submit(call('set', 'b', '2')), {
      code: 'log_inconsistent',
    })
  })
}

test('compareRows() refuses writes when the trie was built from the rows and a value is another', async () => {
  const { world } = await closedLog()
  change(world.store.kept.rows, { bytes: Buffer.from('no') })
  const { log } = reopen(world, createSnapshotMemory())
  assert.equal(log.readOnly, undefined)
  await log.compareRows(rest)
  assert.match(log.readOnly ?? '', /value of "\/" "f1" does not hash/)
})

test('compareRows() finds nothing when calls set and remove rows between its turns', async () => {
  const { world, snapshots } = await closedLog()
  const { log } = reopen(world, snapshots)
  await Promise.all(Array.from({ length: 200 }, (_, i) => log.submit(call('set', `m${i}`, 'x'))))
  let turns = 0
  await log.compareRows(async () => {
    turns++
    await log.submit(call('set', `z${turns}`, 'new'))
    await log.submit(call('set', `m${turns * 3}`, 'changed'))
    return turns < 50
  })
  assert.ok(turns > 3 && turns < 50, 'It takes several turns, and ends by itself')
  assert.equal(log.readOnly, undefined)
})

for (const [what, tamper] of [
  ['altered', (rows: Rows) => change(rows, { bytes: Buffer.from('no') })],
  ['removed', (rows: Rows) => void rows.delete(first)],
] as const) {
  test(`submit() throws log_inconsistent and logs nothing when a call reads a row that was ${what} before anybody saw it`, async () => {
    const { world, snapshots } = await closedLog()
    const { again, log } = reopen(world, snapshots)
    tamper(world.store.kept.rows)
    const [innocent, reading] = await Promise.allSettled([
      log.submit(call('append', 'f2', 'x')),
      log.submit(call('append', 'f1', 'x')),
    ])
    assert.equal(innocent.status === 'rejected' && innocent.reason.code, 'commit_failed')
    assert.equal(reading.status === 'rejected' && reading.reason.code, 'log_inconsistent')
    assert.ok(log.readOnly)
    assert.equal(again.store.kept.entries.length, 301)
  })
}

test('submit() goes by the trie when a row was added before anybody saw it, and compareRows() refuses writes', async () => {
  const { world, snapshots } = await closedLog()
  const { again, log } = reopen(world, snapshots)
  add(world.store.kept.rows, 'added')
  await log.submit(call('append', 'added', 'x'))
  assert.equal(Buffer.from(again.store.get('/', 'added') ?? []).toString(), 'x')
  add(world.store.kept.rows, 'more')
  await log.compareRows(rest)
  assert.match(log.readOnly ?? '', /rows, its last leaf commits to/)
})

function change(rows: Rows, to: Partial<NonNullable<ReturnType<Rows['get']>>>): void {
  const row = rows.get(first)
  if (row !== undefined) rows.set(first, { ...row, ...to })
}

function other(text: string): { bytes: Uint8Array; hash: Uint8Array } {
  const row = { bytes: Buffer.from(text), hash: new Uint8Array(32) }
  return row
}

function add(rows: Rows, field: string): void {
  const row = rows.get('/\0f2')
  if (row !== undefined) rows.set(`/\0${field}`, { ...row, field })
}
