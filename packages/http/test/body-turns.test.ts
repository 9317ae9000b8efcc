// Large bodies in their turns: what is in memory together, who comes next, and who waits no longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createBodyTurns } from '../src/body-turns.ts'

type Row = {
  readonly what: string
  /** `address bytes` opens a body, `-number` releases one that was opened, `!number` lets its time run out. */
  readonly steps: readonly string[]
  /** The numbers of those that had their turn, in order; turns for 100 bytes. */
  readonly turns: readonly number[]
  readonly usedBytes: number
}

const rows: readonly Row[] = [
  { what: 'there is room', steps: ['a 50', 'a 50'], turns: [0, 1], usedBytes: 100 },
  { what: 'there is none', steps: ['a 60', 'a 60'], turns: [0], usedBytes: 60 },
  { what: 'there is room again', steps: ['a 60', 'a 60', '-0'], turns: [0, 1], usedBytes: 60 },
  { what: 'one is larger than all', steps: ['a 10', 'b 300', '-0'], turns: [0, 1], usedBytes: 300 },
  {
    what: 'a small one comes behind one that waits for room',
    steps: ['a 60', 'b 60', 'c 10'],
    turns: [0],
    usedBytes: 60,
  },
  {
    what: 'one address has many and another has one',
    steps: ['a 90', 'a 90', 'a 90', 'b 90', '-0', '-3', '-1'],
    turns: [0, 3, 1, 2],
    usedBytes: 90,
  },
  {
    what: 'one that waits goes away',
    steps: ['a 90', 'b 90', 'c 10', '-1'],
    turns: [0, 2],
    usedBytes: 100,
  },
  {
    what: 'the time of one that waits runs out',
    steps: ['a 90', 'b 90', 'c 10', '!1'],
    turns: [0, 2],
    usedBytes: 100,
  },
  {
    what: 'one is released twice',
    steps: ['a 60', 'b 60', '-0', '-0'],
    turns: [0, 1],
    usedBytes: 60,
  },
]
for (const { what, steps, turns, usedBytes } of rows) {
  test(`createBodyTurns() gives turns to ${turns.join(', ')} when ${what}`, async () => {
    const late: (() => void)[] = []
    const all = createBodyTurns(100, (_delayMs, work) => {
      late.push(work)
      return () => undefined
    })
    const bodies: ReturnType<typeof all.open>[] = []
    const [had, refused]: [number[], number[]] = [[], []]
    for (const step of steps) {
      const [, sign, number, client = '', size] = /^(?:([-!])(\d+)|(\w) (\d+))$/.exec(step) ?? []
      if (sign === '-') bodies[Number(number)]?.release()
      else if (sign === '!') late[Number(number)]?.()
      else {
        const at = bodies.push(all.open(client, Number(size))) - 1
        bodies[at]?.ready.then(
          () => had.push(at),
          (error) => refused.push(isSteleError(error, 'server_busy') ? at : -1),
        )
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(had, turns)
    assert.equal(all.usedBytes(), usedBytes)
    assert.deepEqual(
      refused,
      steps.flatMap((step) => (step.startsWith('!') ? [Number(step.slice(1))] : [])),
    )
  })
}

test('isAwaited() is true while a body waits for its turn', () => {
  const turns = createBodyTurns(100, () => () => undefined)
  const first = turns.open('a', 100)
  assert.equal(turns.isAwaited(), false)
  turns.open('b', 1)
  assert.equal(turns.isAwaited(), true)
  first.release()
  assert.equal(turns.isAwaited(), false)
})
