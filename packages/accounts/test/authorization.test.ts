import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseAuthorization } from '../src/authorization.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('parseAuthorization() reads Bearer in any case', () => {
  const wanted = { scheme: 'bearer', token: 'abc' }
  for (const header of ['Bearer abc', 'bearer abc', 'BEARER  abc ']) {
    assert.deepEqual(parseAuthorization(header), wanted)
  }
})

test('parseAuthorization() reads Basic; the password may hold colons and any Unicode', () => {
  assert.deepEqual(parseAuthorization(basic('alice:a:b🐎')), {
    scheme: 'basic',
    account: 'alice',
    password: 'a:b🐎',
  })
})

const bad = [
  'abc',
  'Bearer',
  'Bearer a b',
  'Digest abc',
  'Basic !!!',
  basic('alice'),
  basic(':x'),
  ' ',
  `Bearer ${'x'.repeat(3000)}`,
]
for (const header of bad) {
  test(`parseAuthorization() refuses "${header.slice(0, 20)}"`, () => {
    assert.throws(
      () => parseAuthorization(header),
      (error) => isSteleError(error, 'unauthenticated'),
    )
  })
}
