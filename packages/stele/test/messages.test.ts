import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { errorFromText, errorToText } from '../src/engine/messages.ts'

test('an error of the catalogue is the same error on the other side of the thread', () => {
  const error = new SteleError('log_busy', { queued: 3, limit: 2 })
  const other = errorFromText(structuredClone(errorToText(error)))
  assert.ok(isSteleError(other, 'log_busy'))
  assert.deepEqual(
    [other.message, other.status, other.details],
    [error.message, error.status, error.details],
  )
})

test('a bug crosses as a bug, with its stack', () => {
  const other = errorFromText(structuredClone(errorToText(new TypeError('oops'))))
  assert.ok(!isSteleError(other))
  assert.match(other.message, /TypeError: oops/)
})
