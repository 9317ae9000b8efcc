import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type ConfigBody, rootPayload, rootsAccount } from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { readBodyPart } from '@stele/entries/parts'
import { canonicalJson } from '@stele/formats/json'
import { formatBundle, openBundle } from '@stele/state/bundle'
import { createEd25519Signer } from '@stele/tlog/keys'
import {
  clockToleranceMs,
  clockWarningMs,
  heartbeatMs,
  maxGroupCalls,
  maxGroupMs,
  maxQueuedCalls,
} from '../src/limits.ts'
import { Sequencer } from '../src/sequencer.ts'
import { auditStore } from './audit.ts'
import type { Fault } from './memory-store.ts'
import { filesOf } from './published-files.ts'
import { call, createdLog, createWorld, genesis, origin, rootSigner, verifiers } from './world.ts'

test('create() commits entry 0 with the host rows when the store is empty', async () => {
  const { world, log } = await createdLog()
  assert.equal(auditStore(world.store, origin, verifiers), 1)
  assert.equal(log.head.size, 1)
  assert.deepEqual(world.store.list('stele/log'), ['engine', 'keys', 'limits', 'roots', 'script'])
})

test('create() throws log_inconsistent when the store holds a log', async () => {
  const { world } = await createdLog()
  await assert.rejects(Sequencer.create(world.ports, genesis, {}), { code: 'log_inconsistent' })
})

test('submit() answers with entry, time and result, and the audit passes', async () => {
  const { world, log } = await createdLog()
  world.nowMs += 5
  const answer = await log.submit(call('set', 'a', 'one'))
  assert.deepEqual(answer, { index: 1, timeMs: world.nowMs, outcome: { ok: true, result: 3 } })
  assert.equal(auditStore(world.store, origin, verifiers), 2)
  assert.deepEqual(
    world.store.kept.logged.map(({ index, prepared }) => [index, prepared]),
    [
      [0, undefined],
      [1, 'a'],
    ],
  )
})

test('submit() logs a call that its script refuses, without writes', async () => {
  const { world, log } = await createdLog()
  const { outcome } = await log.submit(call('fail'))
  assert.deepEqual(outcome, { ok: false, error: { name: 'Error', message: 'no' } })
  assert.equal(auditStore(world.store, origin, verifiers), 2)
})

test('submit() commits calls that came together as one group, each seeing the one before', async () => {
  const { world, log } = await createdLog()
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((text) => log.submit(call('append', 'f', text))),
  )
  assert.deepEqual(
    answers.map(({ index }) => index),
    [1, 2, 3, 4],
  )
  assert.equal(world.events.filter(({ event }) => event === 'commit').length, 1)
  assert.equal(Buffer.from(world.store.get('/', 'f') ?? []).toString(), 'abcd')
  auditStore(world.store, origin, verifiers)
})

test('submit() rejects an aborted call alone, which is not in the log', async () => {
  const { world, log } = await createdLog()
  const [first, aborted, last] = await Promise.allSettled([
    log.submit(call('set', 'a', '1')),
    log.submit(call('spin')),
    log.submit(call('set', 'b', '2')),
  ])
  assert.equal(first?.status, 'fulfilled')
  assert.equal(aborted?.status === 'rejected' && aborted.reason.code, 'call_aborted')
  assert.equal(last?.status === 'fulfilled' && last.value.index, 2)
  assert.equal(auditStore(world.store, origin, verifiers), 3)
  assert.ok(world.events.some(({ event }) => event === 'call_aborted'))
})

test('submit() drops the whole group when an entry breaks half-way, and goes on', async () => {
  const { world, log } = await createdLog()
  const results = await Promise.allSettled([
    log.submit(call('set', 'a', '1')),
    log.submit(call('outlaw')),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(auditStore(world.store, origin, verifiers), 1)
  await log.submit(call('set', 'a', '2'))
  assert.equal(auditStore(world.store, origin, verifiers), 2)
})

for (const method of ['flood', 'nest']) {
  test(`submit() refuses what cannot be recorded of "${method}" alone, and the others of its group are logged`, async () => {
    const { world, log } = await createdLog()
    const results = await Promise.allSettled([
      log.submit(call('set', 'a', '1')),
      log.submit(call(method)),
      log.submit(call('set', 'b', '2')),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal(auditStore(world.store, origin, verifiers), 3)
  })
}

test('submit() throws call_malformed when the arguments are over the limit of a body', async () => {
  const { world, log } = await createdLog()
  await assert.rejects(log.submit(call('set', 'a', 'x'.repeat(1024 * 1024))), {
    code: 'call_malformed',
  })
  assert.equal(auditStore(world.store, origin, verifiers), 1)
})

test('submit() keeps values over 16,384 bytes as blobs', async () => {
  const { world, log } = await createdLog()
  await log.submit(call('set', 'long', 'y'.repeat(20_000)))
  assert.equal(world.store.kept.blobs.size, 1)
  auditStore(world.store, origin, verifiers)
})

test("submit() keeps the log's time when the clock goes back", async () => {
  const { world, log } = await createdLog()
  const before = world.nowMs
  world.nowMs -= 60_000
  assert.equal((await log.submit(call('set', 'a', '1'))).timeMs, before)
  auditStore(world.store, origin, verifiers)
})

test('submit() reports clock_behind once an hour when the clock lies far behind the last entry', async () => {
  const { world, log } = await createdLog()
  const told = (): number => world.events.filter(({ event }) => event === 'clock_behind').length
  world.nowMs -= clockToleranceMs - 1
  await log.submit(call('set', 'a', '1'))
  assert.equal(told(), 0)
  world.nowMs -= 365 * 24 * clockWarningMs // As after an entry that a wrong clock has dated.
  for (const text of ['2', '3']) await log.submit(call('set', 'a', text))
  assert.equal(told(), 1)
  world.nowMs += clockWarningMs
  await log.submit(call('set', 'a', '4'))
  assert.equal(told(), 2)
})

// fault, what the caller gets, entries afterwards, whether the log takes the next call
const faults: readonly (readonly [Fault, string, number, boolean])[] = [
  ['none', 'answer', 2, true],
  ['fails', 'commit_failed', 1, true],
  ['fails_but_persisted', 'answer', 2, true],
  ['tears', 'log_inconsistent', 2, false],
  ['fails_and_cannot_be_read', 'log_inconsistent', 1, false],
]
for (const [fault, wanted, entries, goesOn] of faults) {
  test(`submit() gives ${wanted} and leaves ${entries} entries when the commit ${fault}`, async () => {
    const { world, log } = await createdLog()
    world.store.fault = fault
    const answered = await log.submit(call('set', 'a', '1')).then(
      () => 'answer',
      (error) => error.code,
    )
    assert.equal(answered, wanted)
    assert.equal(world.store.kept.entries.length, entries)
    world.store.fault = 'none'
    const next = await log.submit(call('set', 'b', '2')).then(
      () => true,
      (error) => {
        assert.equal(error.code, 'log_inconsistent')
        return false
      },
    )
    assert.equal(next, goesOn)
    if (goesOn) assert.equal(auditStore(world.store, origin, verifiers), entries + 1)
  })
}

test('open() goes on where the log was left, with the same root and numbers', async () => {
  const { world, log } = await createdLog()
  for (let i = 0; i < 300; i++) await log.submit(call('append', `f${i % 7}`, 'x'))
  await log.close()
  const again = createWorld(world.store.kept)
  again.nowMs = world.nowMs + 1
  const opened = Sequencer.open(again.ports)
  assert.equal(opened.readOnly, undefined)
  assert.deepEqual(opened.head, log.head)
  assert.equal((await opened.submit(call('set', 'a', '1'))).index, 301)
  assert.equal(auditStore(again.store, origin, verifiers), 302)
})

type Damage = (kept: ReturnType<typeof createWorld>['store']['kept']) => void
const damages: readonly (readonly [string, Damage])[] = [
  ['a leaf hash is another', (kept) => void (kept.leafHashes[1] = new Uint8Array(32))],
  ['a state row is missing', (kept) => void kept.rows.delete('/\0a')],
  [
    'a state row is another',
    (kept) => {
      const row = kept.rows.get('/\0a')
      if (row !== undefined) row.hash = new Uint8Array(32)
    },
  ],
  [
    'the head counts an entry less',
    (kept) => {
      if (kept.head !== undefined) kept.head = { ...kept.head, size: kept.head.size - 1 }
    },
  ],
  ['an entry is missing', (kept) => void kept.entries.pop()],
  ['a leaf hash is missing', (kept) => void kept.leafHashes.pop()],
  ['an entry follows the last', (kept) => void kept.entries.push(...kept.entries.slice(0, 1))],
  ["the last entry's leaf is another", (kept) => changeTime(kept.entries.at(-1)?.leaf)],
  ["the head's leaf has another time", (kept) => changeTime(kept.head?.leaf)],
  [
    "the head's root is another",
    (kept) => {
      if (kept.head !== undefined) kept.head = { ...kept.head, root: new Uint8Array(32) }
    },
  ],
  ['an account has another number', (kept) => void kept.sequences.set('alice', 7)],
  ['an account has lost its number', (kept) => void kept.sequences.delete('alice')],
  [
    'its checkpoint is not signed by its key',
    (kept) => {
      if (kept.head === undefined) return
      kept.head = { ...kept.head, checkpoint: kept.head.checkpoint.replace('\n2\n', '\n3\n') }
    },
  ],
]
/** One bit of the time, in a copy: head and entry share their bytes. */
function changeTime(leaf: Uint8Array | undefined): void {
  if (leaf === undefined) return
  const bytes = leaf as Uint8Array & { [position: number]: number }
  bytes[9] = (bytes[9] ?? 0) ^ 1
}
for (const [what, damage] of damages) {
  test(`open() refuses writes, saying why, when ${what}`, async () => {
    const { world, log } = await createdLog()
    await log.submit(call('set', 'a', '1'))
    world.store.kept.entries.forEach((entry, at, entries) => {
      entries[at] = { ...entry, leaf: Uint8Array.from(entry.leaf) } // The head has bytes of its own.
    })
    damage(world.store.kept)
    const again = createWorld(world.store.kept)
    const opened = Sequencer.open(again.ports)
    assert.ok(opened.readOnly)
    assert.ok(again.events.some(({ event }) => event === 'read_only'))
    await assert.rejects(async () => opened.submit(call('set', 'b', '2')), {
      code: 'log_inconsistent',
    })
    await assert.rejects(opened.prove([{ object: '/', field: 'a' }]), { code: 'log_inconsistent' })
  })
}

test('open() refuses writes, and says which key is wanted, when another signs for the log than before', async () => {
  const { world } = await createdLog()
  const again = createWorld(world.store.kept)
  const signers = [createEd25519Signer(origin, randomBytes(32))]
  const opened = Sequencer.open({ ...again.ports, signers })
  assert.match(opened.readOnly ?? '', /not signed by the key that is there; if that was replaced/)
})

for (const [what, isTaken] of [
  ['the same', true],
  ['an earlier one', true],
  ['a later one', false],
  ['of another log with this key', false],
] as const) {
  test(`open() ${isTaken ? 'takes' : 'refuses'} writes when the published checkpoint is ${what}`, async () => {
    const { world, log } = await createdLog()
    const { checkpoint: early } = log.head
    await log.submit(call('set', 'a', '1'))
    const { checkpoint: same } = log.head
    const kept = structuredClone(world.store.kept) // A copy, to be put back.
    await log.submit(call('set', 'b', '2'))
    const { checkpoint: late } = log.head
    const { log: fork } = await createdLog()
    await fork.submit(call('set', 'a', '2'))
    const notes = [same, early, late, fork.head.checkpoint]
    const published: string =
      notes[['the same', 'an earlier one', 'a later one'].indexOf(what)] ?? fork.head.checkpoint
    const again = createWorld(kept)
    const opened = Sequencer.open({
      ...again.ports,
      published: filesOf(new Map([['-/log/checkpoint', Buffer.from(published)]])),
    })
    assert.equal(opened.readOnly === undefined, isTaken, opened.readOnly)
    if (!isTaken) assert.match(opened.readOnly ?? '', /published/)
  })
}

test('open() refuses writes and still proves when the script cannot be started', async () => {
  const { world, log } = await createdLog()
  await log.submit(call('set', 'a', '1'))
  const again = createWorld(world.store.kept, () => {
    throw new Error('its blob is missing')
  })
  const opened = Sequencer.open(again.ports)
  assert.match(opened.readOnly ?? '', /its script cannot be started: its blob is missing/)
  assert.equal((await opened.prove([{ object: '/', field: 'a' }])).head.size, 2)
})

test('submitSigned() commits a script that cannot be started, and refuses what comes after it', async () => {
  const world = createWorld()
  const createExecutor: typeof world.ports.createExecutor = (settings) => {
    if (settings.script.startsWith('c')) throw new Error('it does not load')
    return world.ports.createExecutor(settings)
  }
  const log = await Sequencer.create({ ...world.ports, createExecutor }, genesis, {})
  await log.submitSigned((seq) => config({ script: 'c'.repeat(128) }, seq))
  await assert.rejects(async () => log.submit(call('set', 'a', '1')), { code: 'log_inconsistent' })
  assert.equal(auditStore(world.store, origin, verifiers), 2)
})

test('beat() throws commit_failed when the head cannot be signed, and the log goes on', async () => {
  const world = createWorld()
  let isGone = false
  const hashes: typeof world.store.hashes = (...row) => (isGone ? [] : world.store.hashes(...row))
  const store = { ...world.store, hashes }
  const log = await Sequencer.create({ ...world.ports, store }, genesis, {})
  await log.submit(call('set', 'a', '1'))
  await world.ports.breathe()
  world.nowMs += heartbeatMs
  isGone = true
  await assert.rejects(log.beat(), { code: 'commit_failed' })
  isGone = false
  await log.submit(call('set', 'b', '2'))
  assert.equal(auditStore(world.store, origin, verifiers), 3)
})

test('beat() cosigns the same tree again when the clock signature is old, and not before', async () => {
  const { world, log } = await createdLog()
  const { clockS, root } = log.head
  world.nowMs += heartbeatMs - 1000
  await log.beat()
  assert.equal(log.head.clockS, clockS)
  world.nowMs += 1000
  await log.beat()
  assert.equal(log.head.clockS, Math.floor(world.nowMs / 1000))
  assert.deepEqual(log.head.root, root)
  assert.equal(auditStore(world.store, origin, verifiers), 1)
})

test('prove() answers at the committed head while calls go on', async () => {
  const { log } = await createdLog()
  await log.submit(call('set', 'a', '1'))
  const queries = [
    { object: '/', field: 'a' },
    { object: '/', field: 'none' },
  ]
  const [{ head, proof }] = await Promise.all([
    log.prove(queries),
    log.submit(call('set', 'a', '2')),
  ])
  const bundle = formatBundle({
    head: head.head,
    tree: proof.tree,
    values: [{ bytes: Buffer.from('1') }],
  })
  const opened = openBundle(bundle, { queries, verifiers, origin })
  assert.equal(opened.head.checkpoint.size, 2)
})

function config(set: ConfigBody['set'], seq: number): ConfigBody {
  const sender = { v: 1, origin, account: rootsAccount, seq, via: { type: 'host' } } as const
  const unsigned: ConfigBody = { ...sender, set, signatures: [] }
  const signature = Buffer.from(rootSigner.sign(rootPayload(unsigned))).toString('base64')
  return { ...unsigned, signatures: [{ key: rootSigner.vkey, signature }] }
}

test('submitSigned() puts a config in force from the next entry, and makes a new executor for a new script', async () => {
  const { world, log } = await createdLog()
  const script = 'c'.repeat(128)
  await Promise.all([
    log.submit(call('set', 'a', '1')),
    log.submitSigned((seq) => config({ script }, seq)),
    log.submit(call('set', 'b', '2')),
  ])
  assert.deepEqual(world.executors, [genesis.script, script])
  assert.equal(auditStore(world.store, origin, verifiers), 4)
  assert.equal(world.store.kept.entries.map((entry) => parseLeaf(entry.leaf).kind).join(''), '0121')
})

test('submitSigned() throws call_unauthorized when no root key signed, and logs nothing', async () => {
  const { world, log } = await createdLog()
  const unsigned = (seq: number): ConfigBody => ({
    ...config({ upstreams: {} }, seq),
    signatures: [],
  })
  await assert.rejects(log.submitSigned(unsigned), { code: 'call_unauthorized' })
  assert.equal(auditStore(world.store, origin, verifiers), 1)
})

test('close() answers what waits and takes no more', async () => {
  const { log } = await createdLog()
  const waiting = log.submit(call('set', 'a', '1'))
  await log.close()
  assert.equal((await waiting).index, 1)
  await assert.rejects(async () => log.submit(call('set', 'b', '2')), { code: 'log_closed' })
})

test('submit() finds the blobs of its own call, and records what oracles answered', async () => {
  const seen: unknown[] = []
  const executor: Executor = {
    init: () => ({ ok: true, changes: 0, writes: [] }),
    call: (asked) => {
      seen.push([asked.via, asked.oracles, asked.blobs?.('b'.repeat(128))?.toString()])
      return { ok: true, changes: 0, writes: [], oracles: [{ value: seen.length }] }
    },
  }
  const world = createWorld(undefined, () => executor)
  const log = await Sequencer.create(world.ports, genesis, {})
  const blobs = [{ name: 'b'.repeat(128), bytes: Buffer.from('bytes') }]
  await log.submit({ ...call('ask'), blobs })
  assert.deepEqual(seen, [['token', undefined, 'bytes']])
  const [entry] = world.store.entries(1, 1)
  assert.ok(entry?.body)
  const text = Buffer.from(entry.body.subarray(32)).toString()
  assert.deepEqual(JSON.parse(text).oracles, [{ value: 1 }])
  auditStore(world.store, origin, verifiers)
})

test('submit() leaves out blobs that a refused call brought and did not read', async () => {
  const { world, log } = await createdLog()
  const [before, blobs] = [
    world.store.kept.blobs.size,
    [{ name: 'b'.repeat(128), bytes: Buffer.of(1) }],
  ]
  await log.submit({ ...call('fail'), blobs })
  assert.equal(world.store.kept.blobs.size, before)
  await log.submit({ ...call('set', 'a', 'b'), blobs })
  assert.equal(world.store.kept.blobs.size, before + 1)
})

test('submit() throws log_busy when too many calls wait, and answers those that do', async () => {
  const { log } = await createdLog()
  const waiting = Array.from({ length: maxQueuedCalls }, () => log.submit(call('fail')))
  await assert.rejects(log.submit(call('fail')), {
    code: 'log_busy',
    details: { waiting: maxQueuedCalls, limit: maxQueuedCalls, unit: 'calls' },
  })
  const last = await waiting.at(-1)
  assert.equal(last?.index, maxQueuedCalls)
  assert.equal((await log.submit(call('fail'))).index, maxQueuedCalls + 1)
})

test('submit() commits at most so many calls at once as the limit of a group says', async () => {
  const { world, log } = await createdLog()
  const calls = Array.from({ length: maxGroupCalls + 1 }, () => log.submit(call('fail')))
  await Promise.all(calls)
  const sizes = world.events.flatMap((event) => (event.event === 'commit' ? [event.calls] : []))
  assert.deepEqual(sizes, [maxGroupCalls, 1])
})

test('submit() ends a group when it has gathered for too long, and commits the rest in the next', async () => {
  const { world, log } = await createdLog()
  const slow: typeof world.ports.nowMs = () => (world.nowMs += maxGroupMs / 4) // Each look at the clock.
  const opened = Sequencer.open({ ...world.ports, nowMs: slow })
  await log.close()
  await Promise.all(Array.from({ length: 6 }, () => opened.submit(call('fail'))))
  const sizes = world.events.flatMap((event) => (event.event === 'commit' ? [event.calls] : []))
  assert.ok(sizes.length > 1 && sizes.every((size) => size < 6), `groups of ${sizes.join()}`)
  assert.equal(auditStore(world.store, origin, verifiers), 7)
})

test('open() takes writes when a call was signed by its caller, who gives it a number of another kind', async () => {
  const { world, log } = await createdLog()
  await log.submit(call('set', 'a', '1'))
  await log.close()
  const { entries, sequences } = world.store.kept
  const [genesisEntry, entry] = entries
  assert.ok(genesisEntry && entry?.body)
  const { body } = readBodyPart(entryKinds.call, entry.body)
  const via = { type: 'key', key: 'a'.repeat(64), notAfter: 1, signature: 'AA==' }
  const signed = Buffer.from(canonicalJson({ ...body, via, seq: 900 }))
  entries[1] = { ...entry, body: Buffer.concat([entry.body.subarray(0, 32), signed]) }
  sequences.clear()
  assert.equal(Sequencer.open(world.ports).readOnly, undefined)
  entries[1] = entry
  assert.match(Sequencer.open(world.ports).readOnly ?? '', /have taken 0 numbers/)
})
