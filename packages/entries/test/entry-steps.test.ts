import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entriesIn } from '../src/entry-steps.ts'
import { entriesPerStep } from '../src/limits.ts'
import type { KeptEntry } from '../src/parts.ts'

const entry: KeptEntry = { leaf: new Uint8Array(), body: null, effects: null, values: null }

test('entriesIn() gives every entry once, in order, a step at a time', () => {
  const read: (readonly [number, number])[] = []
  const log = (start: number, count: number): readonly KeptEntry[] => {
    read.push([start, count])
    return Array.from({ length: count }, () => entry)
  }
  const to = 3 + 2 * entriesPerStep + 1
  const indices = [...entriesIn(log, 3, to)].map(([index]) => index)
  assert.deepEqual(
    indices,
    Array.from({ length: to - 3 }, (_, at) => 3 + at),
  )
  assert.deepEqual(read, [
    [3, entriesPerStep],
    [3 + entriesPerStep, entriesPerStep],
    [3 + 2 * entriesPerStep, 1],
  ])
})

test('entriesIn() reads nothing when there is nothing in between', () => {
  assert.deepEqual([...entriesIn(() => assert.fail(), 5, 5)], [])
})
