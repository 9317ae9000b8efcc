import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorFromText, errorToText } from '../src/error-text.ts'
import { isSteleError, SteleError } from '../src/stele-error.ts'

test('an error of the catalogue is the same error on the other side of the thread', () => {
  const error = new SteleError('log_busy', { waiting: 3, limit: 2, unit: 'calls' })
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
