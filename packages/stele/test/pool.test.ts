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
  readonly send: (account: string, client?: string) => Promise<unknown>
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
  const send = (account: string, client?: string): Promise<unknown> =>
    pool.ingest({ account, client, name, body: new Uint8Array(1), isChange: false })
  const idle = (): void => {
    for (const end of timers) end()
    timers.clear()
  }
  return { pool, reading, threads, idle, send }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('ingest() reads as many as there are threads, the others in their order', async () => {
  const { reading, send, threads } = createPool()
  const all = ['a', 'b', 'c', 'd'].map((account) => send(account))
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
    const all = sent.split('').map((account) => send(account))
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
  const late = send('late').catch((error: unknown) => error) // Somebody who has several waiting makes room.
  await turn()
  await pool.close()
  assert.match(String(await late), /stopping/)
  for (const answer of await Promise.all(others)) assert.match(answer, /stopping/)
})

test('ingest() throws server_busy when too many accounts wait', async () => {
  const { send } = createPool()
  const sent = Array.from({ length: ingestThreads + maxIngestWaiting }, (_, at) => send(`a${at}`))
  for (const one of sent) one.catch(() => undefined)
  await assert.rejects(send('last'), (error) => isSteleError(error, 'server_busy'))
})

/** Fills the queue: as many accounts as there are places, at these addresses in turn. Gives what became of each. */
async function fill(
  send: (account: string, client?: string) => Promise<unknown>,
  clients: readonly (string | undefined)[],
): Promise<string[]> {
  const became: string[] = []
  for (let at = 0; at < ingestThreads + maxIngestWaiting; at++) {
    send(`a${at}`, clients[at % clients.length]).then(
      () => (became[at] = 'read'),
      (error: unknown) => (became[at] = error instanceof Error ? error.message : ''),
    )
  }
  await turn()
  return became
}

// where 33 accounts send one upload each, where a newcomer comes from, which turn he has
const newcomers: readonly [from: string, clients: string[], newcomer: string, turn: number][] = [
  ['one address', ['192.0.2.1'], '192.0.2.2', 2],
  ['one network of IPv6', ['2001:db8::1', '2001:db8::2'], '2001:db8:1::1', 2],
  ['four addresses', ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'], '192.0.2.5', 5],
]
for (const [from, clients, newcomer, expected] of newcomers) {
  test(`ingest() gives a newcomer turn ${expected} when accounts at ${from} have filled the queue`, async () => {
    const { reading, send, pool } = createPool()
    const became = await fill(send, clients)
    void send('newcomer', newcomer).catch(() => undefined)
    for (let at = 0; at < expected; at++) {
      reading[at]?.finish()
      await turn()
    }
    const order = reading.map(({ job }) => job.account)
    assert.ok(order.indexOf('newcomer') <= expected, order.join())
    assert.equal(became.filter((one) => /too many large uploads wait/.test(one ?? '')).length, 1)
    await pool.close()
  })
}

test('ingest() lets an account in that had no turn yet when those that had theirs fill the queue again', async () => {
  const { reading, send, pool } = createPool()
  const client = '192.0.2.1' // As behind a proxy that nobody told the server of.
  await fill(send, [client])
  for (let at = 0; at < ingestThreads + maxIngestWaiting; at++) {
    reading[at]?.finish()
    await turn()
  }
  const became = await fill(send, [client])
  const newcomer = send('newcomer', client)
  await turn()
  assert.equal(became.filter((one) => /too many large uploads wait/.test(one ?? '')).length, 1)
  await assert.rejects(send('a0', client), (error) => isSteleError(error, 'server_busy'))
  newcomer.catch(() => undefined)
  await pool.close()
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
