import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CallAnswer, CallRequest } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { keepLargeBlobs } from '../src/blob-store.ts'
import { createBlobUploads } from '../src/blob-uploads.ts'
import { maxInlineBlobBytes } from '../src/limits.ts'
import { tempFolder } from './temp-folder.ts'

const name = 'ab'.repeat(64)
const bytes = new Uint8Array(maxInlineBlobBytes + 1)
const request: CallRequest = {
  account: 'alice',
  via: 'token',
  method: 'publish',
  args: [],
  blobs: [{ name, bytes }],
}
const taken: CallAnswer = { index: 1, timeMs: 0, outcome: { ok: true } }
const refused: CallAnswer = {
  index: 1,
  timeMs: 0,
  outcome: { ok: false, error: { name: 'Error', message: 'no' } },
}

function open(t: TestContext, isInOrder = true) {
  const folder = tempFolder(t)
  mkdirSync(join(folder, 'ab'))
  const kept = new Set<string>()
  const facts = { isKept: (one: string) => kept.has(one), isInOrder: Promise.resolve(isInOrder) }
  const files = (): readonly string[] => readdirSync(join(folder, 'ab'))
  const start = () => createBlobUploads(folder, facts)
  return { folder, kept, files, start }
}

// what the log does, what the call gets, whether the log holds the blob then, whether the file stays
const outcomes: readonly (readonly [string, CallAnswer | SteleError, boolean, boolean])[] = [
  ['takes the call', taken, true, true],
  ['logs that the rules refuse it', refused, false, false],
  ['refuses it, and holds the blob by an earlier call', refused, true, true],
  ['aborts it', new SteleError('call_aborted', { method: 'publish', reason: 'r' }), false, false],
  [
    'has too many calls',
    new SteleError('log_busy', { waiting: 2, limit: 1, unit: 'calls' }),
    false,
    false,
  ],
  ['has stopped', new SteleError('log_closed', { origin: 'o' }), false, false],
  ['is suspended', new SteleError('service_suspended', { reason: 'r' }), false, false],
  ['is closed with its service', new SteleError('service_closed', {}), false, false],
  ['could not commit it', new SteleError('commit_failed', { reason: 'r' }), false, true],
  [
    'may have taken it',
    new SteleError('outcome_unknown', { method: 'p', reason: 'r' }),
    false,
    true,
  ],
  [
    'is not in order',
    new SteleError('log_inconsistent', { origin: 'o', reason: 'r' }),
    false,
    true,
  ],
]
for (const [what, outcome, isKept, stays] of outcomes) {
  test(`submit() ${stays ? 'keeps' : 'removes'} the file of a blob when the log ${what}`, async (t) => {
    const { files, kept, start } = open(t)
    const uploads = start()
    const ask = uploads.submit(async ({ blobs = [] }) => {
      await uploads.keep(blobs)
      if (isKept) kept.add(name)
      if (outcome instanceof SteleError) throw outcome
      return outcome
    }, request)
    if (outcome instanceof SteleError) await assert.rejects(ask, outcome)
    else assert.equal(await ask, outcome)
    assert.deepEqual(files(), stays ? [name] : [])
  })
}

for (const error of [
  new SteleError('log_closed', { origin: 'o' }),
  new SteleError('service_suspended', { reason: 'r' }),
  new SteleError('service_closed', {}),
]) {
  test(`submit() keeps the file of a blob when the answer is ${error.code} and the log may be an older copy`, async (t) => {
    const { files, start } = open(t, false)
    const uploads = start()
    const ask = uploads.submit(async ({ blobs = [] }) => {
      await uploads.keep(blobs)
      throw error
    }, request)
    await assert.rejects(ask, error)
    assert.deepEqual(files(), [name])
  })
}

test('hold() runs its work when the folder was swept, so that what the work writes stays', async (t) => {
  const { folder, files, start } = open(t)
  writeFileSync(join(folder, 'ab', 'unknown'), '')
  const uploads = start()
  await uploads.hold(async () => {
    assert.deepEqual(files(), [])
    await keepLargeBlobs(folder, [{ name, bytes }])
  })
  assert.deepEqual(files(), [name])
})

test('hold() keeps the file of its work when a call that brings the same blob is refused', async (t) => {
  const { folder, kept, files, start } = open(t)
  const uploads = start()
  await uploads.hold(async () => {
    await keepLargeBlobs(folder, [{ name, bytes }])
    await uploads.submit(async () => refused, request)
    kept.add(name)
  })
  assert.deepEqual(files(), [name])
})

test('submit() keeps the file of a refused call when another call still brings the same blob', async (t) => {
  const { files, kept, start } = open(t)
  const uploads = start()
  const first = Promise.withResolvers<CallAnswer>()
  const slow = uploads.submit(async ({ blobs = [] }) => {
    await uploads.keep(blobs)
    return first.promise
  }, request)
  await uploads.submit(async () => refused, request)
  kept.add(name)
  first.resolve(taken)
  await slow
  assert.deepEqual(files(), [name])
})

for (const [title, isInOrder, left] of [
  ['removes what no log holds', true, ['kept']],
  ['removes nothing when the log is not in order', false, ['kept', 'kept.1-2.tmp', 'unknown']],
] as const) {
  test(`createBlobUploads() ${title}`, async (t) => {
    const { folder, files, kept, start } = open(t, isInOrder)
    for (const file of ['kept', 'unknown', 'kept.1-2.tmp'])
      writeFileSync(join(folder, 'ab', file), '')
    kept.add('kept')
    await start().hold(async () => undefined) // It waits for the sweep.
    assert.deepEqual(files(), left)
  })
}
