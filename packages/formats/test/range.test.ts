// Ranges, and which version stands in for one that is not to be had.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { highestUpTo, newestOf, parseRange } from '../src/range.ts'

// range, version, whether it is in it
const ranges: readonly (readonly [string, string, boolean | undefined])[] = [
  ['1.2.3', '1.2.3', true],
  ['1.2.3', '1.2.4', false],
  ['<1.2.3', '1.2.3-beta.1', true],
  ['^1.0.0', '1.9.0', true],
  ['^1.0.0', '2.0.0', false],
  ['>=2 <3', '2.5.0', true],
  ['*', '0.0.1-x', true],
  ['latest', '1.0.0', undefined],
  ['1.2.3.4', '1.2.3', undefined],
  ['1'.repeat(300), '1.0.0', undefined],
]
for (const [range, version, wanted] of ranges) {
  test(`parseRange("${range.slice(0, 20)}") ${wanted === undefined ? 'is no range' : `${wanted ? 'has' : 'has not'} ${version}`}`, () => {
    assert.equal(parseRange(range)?.(version), wanted)
  })
}

const highest: readonly (readonly [readonly string[], string, string | undefined])[] = [
  [['1.0.0', '1.2.0', '2.0.0'], '1.5.0', '1.2.0'],
  [['1.0.0', '1.5.0-rc.1'], '1.5.0', '1.0.0'],
  [['2.0.0', '3.0.0'], '1.0.0', '3.0.0'],
  [['1.0.0-a', '1.0.0-b'], '1.0.0', '1.0.0-b'],
  [['1.0.0', 'odd'], 'odd', '1.0.0'],
  [[], '1.0.0', undefined],
]
for (const [versions, limit, wanted] of highest) {
  test(`highestUpTo() gives ${wanted ?? 'nothing'} of ${versions.join(', ')} up to ${limit}`, () => {
    assert.equal(highestUpTo(versions, limit), wanted)
  })
}

const newest: readonly (readonly [readonly string[], string | undefined])[] = [
  [['1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1'], '1.10.0'],
  [['1.0.0-a', '1.0.0-b'], '1.0.0-b'],
  [['odd'], undefined],
  [[], undefined],
]
for (const [versions, wanted] of newest) {
  test(`newestOf() gives ${wanted ?? 'nothing'} of ${versions.join(', ')}`, () => {
    assert.equal(newestOf(versions), wanted)
  })
}
