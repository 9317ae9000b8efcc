// When an answer comes too slowly: only what is waited for counts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from '../src/upstream/pace.ts'

type Step =
  | readonly [atMs: number, what: 'waits']
  | readonly [atMs: number, what: 'came', sizeBytes: number]
  | readonly [atMs: number, what: 'look', answer: { fault?: string; nextMs: number }]

const rows: readonly (readonly [title: string, steps: readonly Step[]])[] = [
  [
    'finds it silent when nothing came in a window of waiting',
    [[1000, 'look', { fault: 'silent', nextMs: 1000 }]],
  ],
  [
    'finds it slow when too little came in a window of waiting',
    [
      [500, 'came', 9],
      [500, 'waits'],
      [1000, 'look', { fault: 'slow', nextMs: 1000 }],
    ],
  ],
  [
    'begins the next window when enough came',
    [
      [500, 'came', 10],
      [500, 'waits'],
      [1000, 'look', { nextMs: 1000 }],
      [1999, 'look', { nextMs: 1 }],
      [2000, 'look', { fault: 'silent', nextMs: 1000 }],
    ],
  ],
  [
    'finds nothing wrong while it is read, however long that takes',
    [
      [1, 'came', 1],
      [5000, 'look', { nextMs: 1000 }],
      [9000, 'look', { nextMs: 1000 }],
    ],
  ],
  [
    'finds nothing wrong when a reader that was busy over several windows waits again for a moment',
    [
      [1, 'came', 1],
      [5000, 'look', { nextMs: 1000 }],
      [5999, 'waits'],
      [6000, 'look', { nextMs: 998 }],
    ],
  ],
  [
    'adds up what was waited between bytes',
    [
      [400, 'came', 1],
      [7000, 'waits'],
      [7400, 'came', 1],
      [8000, 'waits'],
      [8199, 'look', { nextMs: 1 }],
      [8200, 'look', { fault: 'slow', nextMs: 1000 }],
    ],
  ],
]

for (const [title, steps] of rows) {
  test(`createPace() ${title}`, () => {
    const pace = createPace({ windowMs: 1000, leastBytes: 10 }, 0)
    for (const [atMs, what, value] of steps) {
      if (what === 'waits') pace.waits(atMs)
      else if (what === 'came') pace.came(value, atMs)
      else assert.deepEqual(pace.look(atMs), value)
    }
  })
}
