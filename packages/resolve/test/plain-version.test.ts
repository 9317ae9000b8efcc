import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import semver from 'semver'
import { plainOf, spanOf } from '../src/plain-version.ts'
import { nodeRanges, testPresent } from '../src/ranges.ts'

suite('plain versions', () => {
  for (const [text, numbers] of [
    ['1.2.3', [1, 2, 3]],
    ['0.0.0', [0, 0, 0]],
    ['10.20.300', [10, 20, 300]],
    ['1.2', undefined],
    ['1.2.3.4', undefined],
    ['1.2.3-a', undefined],
    ['1.2.3+a', undefined],
    ['v1.2.3', undefined],
    ['01.2.3', undefined],
    ['1..3', undefined],
    ['1.2.', undefined],
    ['.1.2', undefined],
    ['', undefined],
    ['1.2.1234567890123456', undefined],
  ] as const) {
    test(`plainOf() reads "${text}" as ${String(numbers)}`, () => {
      assert.deepEqual(plainOf(text), numbers)
    })
  }

  for (const [text, span] of [
    ['^1.2.3', [1, 2, 3, 2, 0, 0]],
    ['~1.2', [1, 2, 0, 1, 3, 0]],
    ['1.x', [1, 0, 0, 2, 0, 0]],
    ['>=18', [18, 0, 0, Number.POSITIVE_INFINITY, 0, 0]],
    ['*', [0, 0, 0, Number.POSITIVE_INFINITY, 0, 0]],
    ['>=1.0.0 <1.5.0', [1, 0, 0, 1, 5, 0]],
    ['>1.0.0', undefined],
    ['<=1.0.0', undefined],
    ['1.0.0', undefined],
    ['^1.0.0-a', undefined],
    ['^1.0.0 || ^2.0.0', undefined],
    ['>=1.0.0 <3.0.0 >=2.0.0', undefined],
  ] as const) {
    test(`spanOf() reads "${text}" as ${String(span)}`, () => {
      const found = spanOf(new semver.Range(text))
      assert.deepEqual(found && [...found.from, ...found.to], span)
    })
  }

  const number = fc.integer({ min: 0, max: 3 })
  const tag = fc.constantFrom('', '', '', '-0', '-1', '-a', '-a.1', '+b')
  const version = fc
    .tuple(number, number, number, tag)
    .map(([a, b, c, end]) => `${a}.${b}.${c}${end}`)
  const partial = fc
    .tuple(number, number)
    .chain(([a, b]) => fc.constantFrom('*', `${a}`, `${a}.x`, `${a}.${b}`))
  const comparator = fc
    .tuple(fc.constantFrom('', '^', '~', '>=', '<', '<=', '>', '='), fc.oneof(version, partial))
    .map((parts) => parts.join(''))
  const range = fc
    .array(fc.array(comparator, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
    .map((all) => all.map((each) => each.join(' ')).join(' || '))

  test('nodeRanges and testPresent() say what node-semver says', () => {
    fc.assert(
      fc.property(range, version, (text, each) => {
        const loose = { loose: true }
        const isRange = semver.validRange(text, loose) !== null
        const [asked, present] = [nodeRanges.test(text), testPresent(text)]
        assert.equal(asked !== undefined, isRange)
        assert.equal(asked?.(each), isRange ? semver.satisfies(each, text, loose) : undefined)
        const options = { ...loose, includePrerelease: true }
        assert.equal(present?.(each), isRange ? semver.satisfies(each, text, options) : undefined)
      }),
      { numRuns: 3000 },
    )
  })

  test('nodeRanges.compare() and .version() say what node-semver says', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const sign = Math.sign(nodeRanges.compare(one, other))
        assert.equal(sign, semver.compare(one, other, { loose: true }))
        assert.equal(nodeRanges.version(one), semver.valid(one, { loose: true }))
      }),
    )
  })
})
