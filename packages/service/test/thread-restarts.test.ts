import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRestarts } from '../src/thread/restarts.ts'

const limits = { maxEnds: 4, windowMs: 1000, firstDelayMs: 10, suspensionMs: 500 }

// when each end came, whether it came by itself, and after what each restart waits
const cases: readonly (readonly [string, number[], boolean, number[]])[] = [
  ['doubles the wait', [0, 1, 2], true, [10, 20, 40]],
  ['starts at once what was ended for hanging', [0, 1, 2], false, [0, 0, 0]],
  ['suspends at the limit', [0, 1, 2, 3], false, [0, 0, 0, 500]],
  ['counts anew after a suspension', [0, 1, 2, 3, 503], true, [10, 20, 40, 500, 10]],
  ['forgets what is older than the window', [0, 1, 1002, 1003], true, [10, 20, 10, 20]],
]
for (const [what, times, isDelayed, waits] of cases) {
  test(`plan() ${what} when threads end at ${times.join(', ')} ms`, () => {
    const restarts = createRestarts(limits)
    const plans = times.map((time) => restarts.plan(time, isDelayed))
    assert.deepEqual(
      plans.map(({ afterMs }) => afterMs),
      waits,
    )
    assert.deepEqual(
      plans.map(({ isSuspension }) => isSuspension),
      waits.map((wait) => wait === limits.suspensionMs),
    )
  })
}
