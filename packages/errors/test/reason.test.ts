import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonOf, SteleError } from '../src/index.ts'

const cases: readonly (readonly [string, unknown, string])[] = [
  ['the message', new TypeError('x is not a function'), 'x is not a function'],
  [
    'the message',
    new SteleError('log_closed', { origin: 'o' }),
    'Cannot write: the log "o" is closing',
  ],
  ['the text', 'no luck', 'no luck'],
  ['its name', undefined, 'undefined'],
]
for (const [what, thrown, reason] of cases) {
  test(`reasonOf() gives ${what} when ${Object(thrown).constructor.name} was thrown`, () => {
    assert.equal(reasonOf(thrown), reason)
  })
}
