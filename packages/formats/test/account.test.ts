// Account names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseAccountName } from '../src/public/names.ts'

for (const name of ['a', '0', 'alice', 'a.b-c_d', 'x'.repeat(64)]) {
  test(`parseAccountName() takes ${name}`, () => assert.equal(parseAccountName(name), name))
}
for (const name of [
  '',
  '.a',
  '-a',
  '_a',
  'Alice',
  'a b',
  'a\n',
  'ä',
  'a/b',
  'x'.repeat(65),
  '~a',
  'a@b',
]) {
  test(`parseAccountName() refuses ${JSON.stringify(name)}`, () => {
    assert.throws(
      () => parseAccountName(name),
      (error) => isSteleError(error, 'account_invalid'),
    )
  })
}
