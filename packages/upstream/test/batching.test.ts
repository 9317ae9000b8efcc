// Many small calls in one, and what becomes of them when it is refused, or cannot be made.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import { createBatches } from '../src/batching.ts'

/** Batches of four; the first call waits until it is let go. */
function openWorld(call: (items: readonly string[]) => void) {
  const calls: string[] = []
  const first = Promise.withResolvers<void>()
  const add = createBatches<string>({
    call: async (items) => {
      calls.push(items.join(' '))
      if (calls.length === 1) await first.promise
      call(items)
    },
    max: 4,
    keyOf: (item) => item,
  })
  return {
    calls,
    /** Adds all while the first call runs, and gives how each went. */
    settle: async (items: readonly string[]) => {
      const all = Promise.allSettled(items.map(add))
      first.resolve()
      return (await all).map(({ status }) => (status === 'fulfilled' ? 'ok' : 'no')).join(' ')
    },
  }
}

function refuses(...bad: readonly string[]) {
  return (items: readonly string[]): void => {
    if (!items.some((item) => bad.includes(item))) return
    throw new SteleError('rule_refused', { method: 'choose', name: 'not_as_seen', message: 'x' })
  }
}

function isBusy(items: readonly string[]): void {
  if (items.includes('a')) return
  throw new SteleError('server_busy', { reason: 'x', retryAfterS: 1 })
}

const rows: readonly (readonly [
  title: string,
  call: (items: readonly string[]) => void,
  items: string,
  outcome: string,
  calls: readonly string[],
])[] = [
  [
    'puts what gathers while a call runs into the next ones',
    refuses(),
    'a b c d e f',
    'ok ok ok ok ok ok',
    ['a', 'b c d e', 'f'],
  ],
  ['calls once for items of the same key', refuses(), 'a b b b', 'ok ok ok ok', ['a', 'b']],
  [
    'finds the one that is refused, and lets the others through',
    refuses('c'),
    'a b c d e',
    'ok ok no ok ok',
    ['a', 'b c d e', 'b c', 'b', 'c', 'd e'],
  ],
  ['goes on after an item that is refused alone', refuses('a'), 'a b', 'no ok', ['a', 'b']],
  [
    'does not try one by one what cannot be taken now',
    isBusy,
    'a b c d e f',
    'ok no no no no no',
    ['a', 'b c d e', 'f'],
  ],
]

for (const [title, call, items, outcome, calls] of rows) {
  test(`createBatches() ${title}`, async () => {
    const world = openWorld(call)
    assert.equal(await world.settle(items.split(' ')), outcome)
    assert.deepEqual(world.calls, calls)
  })
}
