import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Executor, Outcome } from '@stele/entries/calls'
import { parseLeaf } from '@stele/entries/leaf'
import { SteleError } from '@stele/errors'
import { callsPerSnapshot } from '../src/limits.ts'
import { Sequencer } from '../src/sequencer.ts'
import { auditStore } from './audit.ts'
import { call, createWorld, genesis, origin, takedownOf, verifiers, type World } from './world.ts'

/** A script that counts in a closure, and notes in the state what it found there before. */
function counting(step = 1): Executor {
  let count = 0
  return {
    init: () => ({ ok: true, changes: 0, writes: [] }),
    call: ({ method }, state) => {
      count += step
      if (method === 'flood') return floodOfNothing
      if (method === 'fat') return { ok: true, changes: 0, result: 'x'.repeat(1000), writes: [] }
      if (method === 'outlaw') return outlawed // No trie takes it, so the call cannot be staged.
      if (method === 'fail') return { ok: false, error: { name: 'Error', message: String(count) } }
      const found = Buffer.from(state.get('/', 'seen') ?? []).toString()
      const value = Buffer.from(String(count))
      return {
        ok: true,
        changes: 1,
        result: [count, found],
        writes: [{ object: '/', field: 'seen', value }],
      }
    },
    memory: {
      digest: () => Buffer.from(String(count)).toString('hex').padStart(64, '0'),
      snapshot: () => Buffer.from(String(count)),
      restore: (snapshot) => {
        count = Number(Buffer.from(snapshot).toString())
      },
    },
  }
}

const outlawed: Outcome = {
  ok: true,
  changes: 1,
  writes: [{ object: '/', field: 'x'.repeat(2000), value: Buffer.from('') }],
}

/** Effects that no reader takes. */
const floodOfNothing: Outcome = {
  ok: true,
  changes: 1,
  writes: Array.from({ length: 5000 }, (_, i) => {
    const field = `${'f'.repeat(900)}${String(i).padStart(4, '0')}`
    return { object: '/', field, value: null }
  }),
}

async function countingLog(): Promise<{ world: World; log: Sequencer }> {
  const world = createWorld(undefined, () => counting())
  return { world, log: await Sequencer.create(world.ports, genesis, {}) }
}

async function resultOf(log: Sequencer): Promise<unknown> {
  const { outcome } = await log.submit(call('bump'))
  return outcome.ok ? outcome.result : outcome.error
}

function reopened(world: World, step?: number): { again: World; log: Sequencer } {
  const again = createWorld(world.store.kept, () => counting(step))
  return { again, log: Sequencer.open(again.ports) }
}

test('open() runs the calls since the start again when no snapshot was made: the closure goes on', async () => {
  const { world, log } = await countingLog()
  for (let i = 0; i < 5; i++) await log.submit(call('bump'))
  await log.submit(call('fail'))
  const { log: next } = reopened(world) // As after a kill: nothing was closed.
  assert.equal(next.readOnly, undefined)
  assert.deepEqual(await resultOf(next), [7, '5'])
  auditStore(world.store, origin, verifiers)
})

test('close() logs the digest of the memory and keeps a snapshot that open() restores', async () => {
  const { world, log } = await countingLog()
  for (let i = 0; i < 3; i++) await log.submit(call('bump'))
  await log.close()
  assert.equal(world.store.kept.memory?.size, 5)
  const { log: next } = reopened(world)
  assert.deepEqual(await resultOf(next), [4, '3'])
  auditStore(world.store, origin, verifiers)
})

test(`submit() keeps a snapshot of the memory every ${callsPerSnapshot} calls, and open() runs only what came since when the process was killed`, async () => {
  const { world, log } = await countingLog()
  for (let i = 0; i < callsPerSnapshot + 10; i += 10) {
    await Promise.all(Array.from({ length: 10 }, () => log.submit(call('bump'))))
  }
  const kinds = world.store.kept.entries.map((entry) => parseLeaf(entry.leaf).kind)
  assert.deepEqual(
    kinds.flatMap((kind, index) => (kind === 3 ? [index] : [])),
    [callsPerSnapshot + 1],
  )
  const { log: next } = reopened(world)
  assert.deepEqual(await resultOf(next), [callsPerSnapshot + 11, String(callsPerSnapshot + 10)])
  auditStore(world.store, origin, verifiers)
})

test('open() refuses writes when the snapshot is not the one whose digest was logged', async () => {
  const { world, log } = await countingLog()
  await log.submit(call('bump'))
  await log.close()
  const { memory } = world.store.kept
  assert.ok(memory)
  world.store.kept.memory = { ...memory, snapshot: Buffer.from('7') }
  const { log: next } = reopened(world)
  assert.match(next.readOnly ?? '', /snapshot .* is not the one that entry 2 names/)
})

test('submit() ends a bundle with digests of the memory when it has grown large, and the log goes on', async () => {
  const world = createWorld(undefined, () => counting())
  const ports = { ...world.ports, edgeBytes: 20_000 }
  const log = await Sequencer.create(ports, genesis, {})
  for (let i = 0; i < 30; i++) await log.submit(call('fat'))
  const { entries } = world.store.kept
  const kinds = entries.map(({ leaf }) => parseLeaf(leaf).kind)
  const ended = kinds.indexOf(3)
  assert.ok(ended > 15 && ended < 25, `${ended}`)
  assert.deepEqual(new Set(kinds.slice(ended, 256)), new Set([3]))
  assert.deepEqual(new Set(kinds.slice(256)), new Set([1]))
  assert.equal(kinds.filter((kind) => kind === 1).length, 30)
  assert.equal(world.store.kept.memory?.size, 256)
  const { log: next } = reopened(world) // As after a kill.
  assert.equal(next.readOnly, undefined)
  assert.deepEqual(await resultOf(next), [31, ''])
  auditStore(world.store, origin, verifiers)
})

test('open() goes on ending a bundle where a kill stopped it', async () => {
  const world = createWorld(undefined, () => counting())
  const log = await Sequencer.create({ ...world.ports, edgeBytes: 20_000 }, genesis, {})
  for (let i = 0; i < 10; i++) await log.submit(call('fat'))
  const again = createWorld(world.store.kept, () => counting())
  const next = Sequencer.open({ ...again.ports, edgeBytes: 5_000 })
  await next.submit(call('fat'))
  assert.equal(next.head.size, 257)
  auditStore(again.store, origin, verifiers)
})

test('submit() leaves the memory as the log says when the commit fails', async () => {
  const { world, log } = await countingLog()
  await log.submit(call('bump'))
  world.store.fault = 'fails'
  await assert.rejects(log.submit(call('bump')), { code: 'commit_failed' })
  world.store.fault = 'none'
  assert.deepEqual(await resultOf(log), [2, '1'])
  auditStore(world.store, origin, verifiers)
})

test('open() refuses writes when the script does something else than it did', async () => {
  const { world, log } = await countingLog()
  await log.submit(call('bump'))
  const { log: next } = reopened(world, 2)
  assert.match(next.readOnly ?? '', /entry 1 has other effects/)
})

for (const [before, seen] of [
  [0, ''],
  [2, '2'],
] as const) {
  test(`submit() leaves the memory as the log says when call number ${before + 1} of a group breaks half-way`, async () => {
    const { world, log } = await countingLog()
    for (let i = 0; i < before; i++) await log.submit(call('bump'))
    await log.submit(call('outlaw')).catch(() => undefined)
    assert.deepEqual(await resultOf(log), [before + 1, seen])
    const { log: next } = reopened(world)
    assert.equal(next.readOnly, undefined)
    auditStore(world.store, origin, verifiers)
  })
}

test('submit() leaves the memory as the log says when the effects of a call cannot be recorded', async () => {
  const { log } = await countingLog()
  await assert.rejects(log.submit(call('flood')), { code: 'call_aborted' })
  assert.deepEqual(await resultOf(log), [1, ''])
})

test('open() goes on when what calls did was taken down: no entry before a takedown is run again', async () => {
  const { world, log } = await countingLog()
  await log.submit(call('bump'))
  await log.submit(call('bump'))
  const withhold = [
    { entry: 1, part: 'body' },
    { entry: 2, part: 'values' },
  ] as const
  await log.submitSigned((seq) => takedownOf(log.origin, seq, withhold))
  assert.deepEqual([...world.store.undo()], [])
  const { log: next } = reopened(world)
  assert.equal(next.readOnly, undefined)
  await next.submit(call('fail'))
  assert.deepEqual((await next.submit(call('fail'))).outcome, {
    ok: false,
    error: { name: 'Error', message: '4' },
  })
})

test('open() serves reads and says why when the snapshot of the memory is damaged', async () => {
  const { world, log } = await countingLog()
  await log.submit(call('set', 'a', '1'))
  await log.close()
  const again = createWorld(world.store.kept, () => {
    const { memory, ...executor } = counting()
    assert.ok(memory)
    const restore = (): never => {
      throw new SteleError('snapshot_invalid', { reason: 'it is cut' })
    }
    return { ...executor, memory: { ...memory, restore } }
  })
  const opened = Sequencer.open(again.ports)
  assert.match(opened.readOnly ?? '', /it is cut/)
  assert.equal(opened.head.size, 3)
  await assert.rejects(opened.submit(call('set', 'a', '2')), { code: 'log_inconsistent' })
})
