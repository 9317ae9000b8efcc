import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRanges, seedRanges } from '../src/ranges.ts'

/** What the first npm meant, beside what node-semver means: `undefined` is a text that is no range. */
type Row = readonly [
  range: string,
  version: string,
  seed: boolean | undefined,
  node: boolean | undefined,
]
const rows: readonly Row[] = [
  ['1.2.3', '1.2.3', true, true],
  ['=1.2.3', '1.2.3', true, true],
  ['>1.2.3', '1.2.4', true, true],
  ['>1.2.3', '1.2.3', false, false],
  ['>=1.2.3', '1.2.3', true, true],
  ['<1.2.3', '1.2.2', true, true],
  ['<=1.2.3', '1.2.3', true, true],
  ['1.0.0 - 2.0.0', '1.0.0', true, true],
  ['1.0.0 - 2.0.0', '2.0.0', true, true],
  ['1.0.0 - 2.0.0', '2.0.1', false, false],
  ['>=1.0.0 <2.0.0', '1.5.0', true, true],
  ['>=1.0.0 <2.0.0', '2.0.0', false, false],
  ['*', '1.2.3-foo', true, false],
  ['', '1.2.3-foo', true, false],
  ['>=1.0.0', '1.2.3-foo', true, false],
  ['<2.0.0', '2.0.0-a', true, false],
  ['1.2.3beta', '1.2.3beta', true, true],
  ['<*', '1.2.3', true, false],
  ['>*', '1.2.3', true, false],
  ['>=*', '1.2.3', true, true],
  ['1.2', '1.2.0', undefined, true],
  ['1.x', '1.2.0', undefined, true],
  ['~1.2', '1.2.0', undefined, true],
  ['^1', '1.2.0', undefined, true],
  ['1.2.3 || 2.0.0', '2.0.0', undefined, true],
  ['>1.2.3', '1.2.3-4', true, false],
  ['<1.2.3', '1.2.3-foo', true, false],
  ['> 1.0.0', '1.0.1', true, true],
  ['v1.2.3', '1.2.3', true, true],
  ['1.2.3', 'v1.2.3', true, true],
  ['1.2.3+x', '1.2.3', undefined, true],
  ['>1.0.0', '0.9.9', false, false],
]
for (const [range, version, seed, node] of rows) {
  test(`seedRanges.test() says ${seed} of "${version}" within "${range}"`, () => {
    assert.equal(seedRanges.test(range)?.(version), seed)
  })
  test(`nodeRanges.test() says ${node} of "${version}" within "${range}"`, () => {
    assert.equal(nodeRanges.test(range)?.(version), node)
  })
}

const inOrder = [
  '0.9.9',
  '1.0.0',
  '1.2.3beta',
  '1.2.3-foo',
  '1.2.3',
  '1.2.3-4',
  '1.10.0',
  '2.0.0-a',
  '2.0.0',
]
test('seedRanges.compare() puts tags before and builds behind the version itself', () => {
  assert.deepEqual(inOrder.toReversed().toSorted(seedRanges.compare), inOrder)
})

test('seedRanges.version() reads a leading v and refuses what is no version', () => {
  assert.equal(seedRanges.version(' v1.2.3'), '1.2.3')
  for (const text of ['1.2', 'latest', '1.2.3+x', ''])
    assert.equal(seedRanges.version(text), undefined)
})
