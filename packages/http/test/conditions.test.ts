import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { chooseRange, httpDate, isNotModified } from '../src/conditions.ts'

test('httpDate() rounds up to the next second', () => {
  const rows = [
    ['2026-11-21T10:00:00.000Z', 'Sat, 21 Nov 2026 10:00:00 GMT'],
    ['2026-11-21T10:00:00.001Z', 'Sat, 21 Nov 2026 10:00:01 GMT'],
    ['2026-11-21T23:59:59.999Z', 'Sun, 22 Nov 2026 00:00:00 GMT'],
  ] as const
  for (const [time, text] of rows) assert.equal(httpDate(Date.parse(time)), text)
})

const modifiedMs = Date.parse('2026-11-21T10:00:00.250Z')
const conditions: readonly (readonly [
  claim: string,
  ifNoneMatch: string | undefined,
  ifModifiedSince: string | undefined,
  isKnown: boolean,
])[] = [
  ['nothing is asked', undefined, undefined, false],
  ['the tag is the same', '"a"', undefined, true],
  ['the tag is another', '"b"', undefined, false],
  ['the tag is one of several', '"b", "a"', undefined, true],
  ['the tag is weak', 'W/"a"', undefined, true],
  ['any tag will do', '*', undefined, true],
  ['the tag has no quotes', 'a', undefined, false],
  ['it was fetched after', undefined, 'Sat, 21 Nov 2026 10:00:01 GMT', true],
  ['it was fetched before', undefined, 'Sat, 21 Nov 2026 10:00:00 GMT', false],
  ['the date is nonsense', undefined, 'yesterday', false],
  ['the tag says no and the date yes', '"b"', 'Sat, 21 Nov 2026 10:00:01 GMT', false],
  ['the tag says yes and the date no', '"a"', 'Sat, 21 Nov 2026 09:00:00 GMT', true],
]
for (const [claim, ifNoneMatch, ifModifiedSince, isKnown] of conditions) {
  test(`isNotModified() is ${isKnown} when ${claim}`, () => {
    const found = isNotModified({ ifNoneMatch, ifModifiedSince }, { etag: '"a"', modifiedMs })
    assert.equal(found, isKnown)
  })
}

test('isNotModified() is false for what has no validators', () => {
  assert.equal(isNotModified({ ifNoneMatch: '*', ifModifiedSince: undefined }, {}), false)
})

type Wanted = readonly [start: number, end: number] | 'whole' | 'refused'
const ranges: readonly (readonly [
  range: string | undefined,
  ifRange: string | undefined,
  wanted: Wanted,
])[] = [
  [undefined, undefined, 'whole'],
  ['bytes=0-0', undefined, [0, 1]],
  ['bytes=0-9', undefined, [0, 10]],
  ['bytes=0-999', undefined, [0, 10]],
  ['bytes=9-', undefined, [9, 10]],
  ['bytes=-3', undefined, [7, 10]],
  ['bytes=-999', undefined, [0, 10]],
  ['bytes=-0', undefined, 'refused'],
  ['bytes=10-', undefined, 'refused'],
  ['bytes=10-12', undefined, 'refused'],
  ['bytes=5-4', undefined, 'whole'],
  ['bytes=0-1,3-4', undefined, 'whole'],
  ['bytes=-', undefined, 'whole'],
  ['bytes=a-b', undefined, 'whole'],
  ['items=0-1', undefined, 'whole'],
  ['bytes=0-1', '"a"', [0, 2]],
  ['bytes=0-1', '"b"', 'whole'],
  ['bytes=0-1', 'Sat, 21 Nov 2026 10:00:00 GMT', 'whole'],
  ['bytes=99999999999999999999-', undefined, 'whole'],
]
for (const [range, ifRange, wanted] of ranges) {
  test(`chooseRange() gives ${String(wanted)} of 10 bytes for ${range} if ${ifRange}`, () => {
    const choose = (): unknown => chooseRange({ range, ifRange }, { sizeBytes: 10, etag: '"a"' })
    if (wanted === 'refused') {
      assert.throws(choose, (error) => isSteleError(error, 'range_unsatisfiable'))
    } else {
      const [start, end] = wanted === 'whole' ? [] : wanted
      assert.deepEqual(choose(), start === undefined ? undefined : { start, end })
    }
  })
}
