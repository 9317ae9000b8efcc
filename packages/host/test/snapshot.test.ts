import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { formatSnapshot, parseSnapshot } from '../src/v1/snapshot.ts'
import { callOf, hostOf, memoryState } from './memory-state.ts'

const owner = { engine: 'e', script: 's', limits: { gas: 1 }, info: '{}' }
const content = Buffer.from('memory '.repeat(1000))
const snapshot = formatSnapshot(owner, content, 'digest')
const maxBytes = 10_000

const isInvalid = (error: unknown): boolean => isSteleError(error, 'snapshot_invalid')

test('parseSnapshot() gives what formatSnapshot() took', () => {
  assert.deepEqual(parseSnapshot(owner, snapshot, maxBytes), { content, sha256: 'digest' })
  assert.ok(snapshot.length < content.length / 4)
})

const strangers = [
  { ...owner, engine: 'other' },
  { ...owner, script: 'other' },
  { ...owner, limits: { gas: 2 } },
  { ...owner, info: '{"a":1}' },
]
for (const stranger of strangers) {
  test(`parseSnapshot() throws snapshot_invalid for ${JSON.stringify(stranger)}`, () => {
    assert.throws(() => parseSnapshot(stranger, snapshot, maxBytes), isInvalid)
  })
}

test('parseSnapshot() throws snapshot_invalid when the bytes are cut, long or changed', () => {
  for (let length = 0; length < snapshot.length; length++) {
    assert.throws(() => parseSnapshot(owner, snapshot.subarray(0, length), maxBytes), isInvalid)
  }
  assert.throws(() => parseSnapshot(owner, snapshot, content.length - 1), isInvalid)
  const header = snapshot.indexOf('\n', 20)
  const digestAt = snapshot.indexOf('digest')
  for (let index = 0; index < header; index++) {
    const changed = Buffer.from(snapshot)
    changed[index] = (changed[index] ?? 0) ^ 0x80
    const isDigest = index >= digestAt && index < digestAt + 'digest'.length // Compared by restore().
    if (!isDigest) assert.throws(() => parseSnapshot(owner, changed, maxBytes), isInvalid)
  }
})

test('restore() throws snapshot_invalid, and keeps the memory, when the content is changed', () => {
  const host = hostOf('let n = 0; exports.up = () => ++n')
  host.call(callOf('up'), memoryState())
  const good = Buffer.from(host.snapshot())
  const digest = host.memoryDigest()
  const changed = Buffer.from(good)
  changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
  const other = hostOf('let n = 1; exports.up = () => ++n').snapshot()
  for (const bytes of [changed, other, Buffer.alloc(0), good.subarray(0, -1)]) {
    assert.throws(() => host.restore(bytes), isInvalid)
    assert.equal(host.memoryDigest(), digest)
  }
  host.restore(good)
  const outcome = host.call(callOf('up'), memoryState())
  assert.equal(outcome.ok && outcome.result, 2)
})
