import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpEvent } from '../src/index.ts'
import { createTally } from '../src/tally.ts'

function access(status: number, notes: Record<string, string> = {}): HttpEvent {
  const facts = { method: 'GET', path: '/', durationMs: 1, client: '127.0.0.1', sizeBytes: 0 }
  return { type: 'access', status, ...facts, notes }
}

test('createTally() counts answers by the class of their status, and what was noted', () => {
  const tally = createTally()
  for (const status of [200, 200, 201, 304, 404, 423, 500]) tally.noteAnswer(status)
  tally.note(access(200))
  tally.note(access(201, { published: 'a@1.0.0' }))
  tally.note({ type: 'connection', client: '127.0.0.1', reason: 'gone' })
  assert.deepEqual(
    [...tally.requests],
    [
      [2, 3],
      [3, 1],
      [4, 2],
      [5, 1],
    ],
  )
  assert.equal(tally.noted('published'), 1)
  assert.equal(tally.noted('account'), 0)
})
