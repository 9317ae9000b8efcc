import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPauses, createTurns } from '../src/jsregistry/turns.ts'
import { maxHeldMs } from '../src/limits.ts'

const busy = { reason: 'too many wait', retryAfterS: 7 }

test('createTurns() runs one piece of work after the other, also behind one that failed', async () => {
  const inTurn = createTurns(9, busy)
  const events: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    events.push(`${name} begins`)
    await sleep(1)
    events.push(`${name} ends`)
    if (name === 'a') throw new Error('a failed')
  }
  const [a, b] = [inTurn(work('a')), inTurn(work('b'))]
  await assert.rejects(a, /a failed/)
  await b
  assert.deepEqual(events, ['a begins', 'a ends', 'b begins', 'b ends'])
})

test('createTurns() refuses whoever comes when too many wait, and no one afterwards', async () => {
  const inTurn = createTurns(1, busy)
  const all = Array.from({ length: 3 }, (_, at) => inTurn(async () => at))
  await assert.rejects(all[2] ?? assert.fail(), { code: 'server_busy', details: busy })
  assert.deepEqual(await Promise.all(all.slice(0, 2)), [0, 1])
  assert.equal(await inTurn(async () => 3), 3)
})

test('createPauses() lets others have their turn once it has held the thread for a while, and not before', async () => {
  const pause = createPauses()
  let turns = 0
  const other = setImmediate(() => turns++)
  for (let round = 0; round < 10; round++) await pause()
  assert.equal(turns, 0)
  const untilMs = performance.now() + maxHeldMs
  while (performance.now() < untilMs);
  await pause()
  assert.equal(turns, 1)
  clearImmediate(other)
})
