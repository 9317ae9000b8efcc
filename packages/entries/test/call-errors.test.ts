import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCallError } from '../src/call-errors.ts'

const rows: readonly (readonly [name: string, message: string, said: string | RegExp])[] = [
  ['TypeError', 'no', 'TypeError: no'],
  ['NotAllowedError', '', 'NotAllowedError'],
  [
    'trap',
    'gas',
    /^The call was stopped, and changed nothing: it ran for too long \(limit "gas"\)$/,
  ],
  ['trap', 'writes', /it changed too many files/],
  ['trap', 'x', 'trap: x'],
]
for (const [name, message, said] of rows) {
  test(`describeCallError() gives ${said} when the error is ${name}: ${message}`, () => {
    const found = describeCallError({ name, message })
    if (typeof said === 'string') assert.equal(found, said)
    else assert.match(found, said)
  })
}
