// How often what fails is tried.
import assert from 'node:assert/strict'
import test from 'node:test'
import { maxLearningTries, maxTriesKept } from '../src/limits.ts'
import { createTries } from '../src/tries.ts'

test('mayTry() refuses what failed so many times, until it succeeds', () => {
  const { mayTry, failed, succeeded } = createTries()
  for (let count = 0; count < maxLearningTries; count++) {
    assert.ok(mayTry('a'))
    failed('a')
  }
  assert.deepEqual([mayTry('a'), mayTry('b')], [false, true])
  succeeded('a')
  assert.ok(mayTry('a'))
})

test('failed() forgets what failed longest ago when there is too much to remember', () => {
  const { mayTry, failed } = createTries()
  for (const key of ['a', 'b']) for (let count = 0; count < maxLearningTries; count++) failed(key)
  for (let other = 0; other < maxTriesKept - 1; other++) failed(`other-${other}`)
  assert.deepEqual([mayTry('a'), mayTry('b')], [true, false])
})
