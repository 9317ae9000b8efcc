import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQueries } from '../src/index.ts'

test('parseQueries() gives the queries when they are well-formed', () => {
  const queries = [
    { object: '/a', field: 'b' },
    { object: '/a', prefix: '' },
  ]
  assert.deepEqual(parseQueries({ queries }), queries)
  assert.deepEqual(parseQueries({ queries: [] }), [])
})

const one = { object: 'o', field: 'f' }
const refused = [
  [null, 'the request', 'it is not a JSON object'],
  [[one], 'the request', 'it is not a JSON object'],
  [{}, '"queries"', 'it is not a list'],
  [{ queries: one }, '"queries"', 'it is not a list'],
  [{ queries: [], more: 1 }, 'the request', 'it has an unknown member "more"'],
  [{ queries: Array(5_001).fill(one) }, '"queries"', 'there are 5001, the limit is 5000'],
  [{ queries: [one, 'o'] }, '"queries[1]"', 'it is not a JSON object'],
  [{ queries: [{ field: 'f' }] }, '"queries[0]"', '"object" is not a string'],
  [{ queries: [{ object: 'o' }] }, '"queries[0]"', 'it has not one of "field" and "prefix"'],
  [{ queries: [{ ...one, prefix: '' }] }, '"queries[0]"', 'it has not one of "field" and "prefix"'],
  [{ queries: [{ object: 'o', field: null }] }, '"queries[0]"', '"field" is not a string'],
  [{ queries: [{ object: 'o', prefix: 1 }] }, '"queries[0]"', '"prefix" is not a string'],
  [{ queries: [{ ...one, value: 1 }] }, '"queries[0]"', 'it has an unknown member "value"'],
  [{ queries: [{ object: '', field: '' }] }, '"queries[0]"', 'the object is empty'],
  [
    { queries: [{ object: 'o', prefix: 'é'.repeat(513) }] },
    '"queries[0]"',
    'the field is over 1024 bytes',
  ],
] as const
for (const [request, what, reason] of refused) {
  test(`parseQueries() throws request_invalid when of ${what} ${reason}`, () => {
    assert.throws(() => parseQueries(request), {
      code: 'request_invalid',
      details: { what, reason },
    })
  })
}
