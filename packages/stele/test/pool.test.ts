// Who reads uploads, and when: order, accounts, bounds, threads that come and go.
import assert from 'node:assert/strict'
import test from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import type { DocumentJob, ReadDocument } from '@stele/registry'
import {
  ingestThreads,
  maxIngestWaiting,
  maxIngestWaitingPerAccount,
  maxIngestWaitingShared,
} from '../src/ingest/limits.ts'
import { createIngestPool, type IngestPool } from '../src/ingest/pool.ts'

type Reading = {
  readonly job: DocumentJob
  readonly finish: () => void
  readonly fail: (error: Error) => void
}

const name = parsePackageName('p')
const read: ReadDocument = { kind: 'change', document: {} }

/** A pool whose threads finish when the test says so. */
function createPool(): {
  readonly pool: IngestPool
  readonly reading: Reading[]
  readonly threads: { isUsable: boolean; ended: boolean }[]
  /** Lets the time pass after which idle threads end. */
  readonly idle: () => void
  readonly send: (account: string) => Promise<unknown>
} {
  const reading: Reading[] = []
  const threads: { isUsable: boolean; ended: boolean }[] = []
  const timers = new Set<() => void>()
  const pool = createIngestPool({
    startThread: () => {
      const thread = { isUsable: true, ended: false }
      threads.push(thread)
      return {
        read: (job) =>
          new Promise((resolve, reject) => {
            reading.push({ job, finish: () => resolve(read), fail: reject })
          }),
        isUsable: () => thread.isUsable,
        end: async () => {
          thread.ended = true
        },
      }
    },
    whenIdle: (end) => {
      timers.add(end)
      return { cancel: () => timers.delete(end) }
    },
  })
  const send = (account: string): Promise<unknown> =>
    pool.ingest({ account, name, body: new Uint8Array(1), isChange: false })
  const idle = (): void => {
    for (const end of timers) end()
    timers.clear()
  }
  return { pool, reading, threads, idle, send }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('ingest() reads as many as there are threads, the others in their order', async () => {
  const { reading, send, threads } = createPool()
  const all = ['a', 'b', 'c', 'd'].map(send)
  const seen: string[] = []
  for (let at = 0; at < all.length; at++) {
    assert.ok(reading.length - at <= ingestThreads)
    seen.push(reading[at]?.job.account ?? '')
    reading[at]?.finish()
    await turn()
  }
  assert.deepEqual(await Promise.all(all), [read, read, read, read])
  assert.deepEqual(seen, ['a', 'b', 'c', 'd'])
  assert.ok(threads.length <= ingestThreads)
})

test('ingest() throws rate_limited when one account has too much waiting, and others still get in', async () => {
  const { reading, send, pool } = createPool()
  const sent = Array.from({ length: 1 + maxIngestWaitingPerAccount }, () => send('a'))
  for (const one of sent) one.catch(() => undefined)
  await assert.rejects(send('a'), (error) => isSteleError(error, 'rate_limited'))
  const other = send('b')
  for (let at = 0; at < sent.length + 1; at++) {
    reading[at]?.finish()
    await turn()
  }
  assert.equal(await other, read)
  await pool.close()
})

const turns: readonly [sent: string, read: string][] = [
  ['aaaab', 'aabaa'], // One is being read already; of those that wait, "a" has the first turn.
  ['aaaabb', 'aababa'],
  ['aaabbc', 'aabcab'],
  ['abcabc', 'abcabc'],
]
for (const [sent, expected] of turns) {
  test(`ingest() reads ${expected} when ${sent} is sent: accounts have turns`, async () => {
    const { reading, send } = createPool()
    const all = sent.split('').map(send)
    for (let at = 0; at < all.length; at++) {
      reading[at]?.finish()
      await turn()
    }
    await Promise.all(all)
    assert.equal(reading.map(({ job }) => job.account).join(''), expected)
  })
}

test('ingest() keeps places for accounts that have nothing waiting when others send as much as they can', async () => {
  const { send, pool } = createPool()
  const waits: Promise<unknown>[] = []
  const few = ['a', 'b', 'c', 'd', 'e']
  for (let round = 0; round < maxIngestWaitingPerAccount + 1; round++) {
    for (const account of few) waits.push(send(account))
  }
  for (const one of waits) one.catch(() => undefined)
  await assert.rejects(send('a'), (error) => isSteleError(error, 'server_busy'))
  const others = Array.from({ length: maxIngestWaiting - maxIngestWaitingShared }, (_, at) =>
    send(`other${at}`).then(
      () => 'read',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    ),
  )
  await assert.rejects(send('late'), (error) => isSteleError(error, 'server_busy'))
  await pool.close()
  for (const answer of await Promise.all(others)) assert.match(answer, /stopping/)
})

test('ingest() throws server_busy when too many accounts wait', async () => {
  const { send } = createPool()
  const sent = Array.from({ length: ingestThreads + maxIngestWaiting }, (_, at) => send(`a${at}`))
  for (const one of sent) one.catch(() => undefined)
  await assert.rejects(send('last'), (error) => isSteleError(error, 'server_busy'))
})

test('ingest() goes on with the same thread when a document is refused, with a new one when it broke', async () => {
  const { reading, send, threads } = createPool()
  const refused = send('a')
  reading[0]?.fail(new SteleError('tarball_invalid', { reason: 'r' }))
  await assert.rejects(refused, (error) => isSteleError(error, 'tarball_invalid'))
  const broken = send('a')
  assert.equal(threads.length, 1)
  if (threads[0] !== undefined) threads[0].isUsable = false
  reading[1]?.fail(new Error('out of memory'))
  await assert.rejects(broken, /out of memory/)
  const good = send('a')
  assert.equal(threads.length, 2)
  reading[2]?.finish()
  assert.equal(await good, read)
  assert.deepEqual([threads[0]?.ended, threads[1]?.ended], [true, false])
})

test('ingest() ends its threads when they were idle, and starts others when there is work', async () => {
  const { reading, send, threads, idle } = createPool()
  const first = send('a')
  idle()
  assert.equal(threads[0]?.ended, false) // It works.
  reading[0]?.finish()
  await first
  idle()
  assert.equal(threads[0]?.ended, true)
  const second = send('a')
  assert.equal(threads.length, 2)
  reading[1]?.finish()
  assert.equal(await second, read)
})

test('close() ends every thread, and refuses what waits and what comes', async () => {
  const { send, threads, pool } = createPool()
  void send('a').catch(() => undefined)
  const waits = send('b')
  await pool.close()
  await assert.rejects(waits, (error) => isSteleError(error, 'server_busy'))
  await assert.rejects(send('c'), (error) => isSteleError(error, 'server_busy'))
  assert.ok(threads.every(({ ended }) => ended))
})
