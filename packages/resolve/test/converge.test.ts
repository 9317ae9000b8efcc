import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { fewest } from '../src/converge.ts'
import { nodeRanges } from '../src/ranges.ts'
import { resolve } from '../src/resolve.ts'
import { linesOf } from './lines-of.ts'
import { portsOf, wanting } from './made-registry.ts'

type Row = readonly [
  wanted: readonly string[],
  versions: readonly string[],
  kept: readonly string[],
]
const rows: readonly Row[] = [
  [['^1.0.0', '^1.1.0'], ['1.0.0', '1.1.0'], ['1.1.0']],
  [
    ['^1.0.0', '^2.0.0'],
    ['1.0.0', '2.0.0'],
    ['2.0.0', '1.0.0'],
  ],
  [
    ['*', '^2.0.0', '^1.0.0'],
    ['1.0.0', '2.0.0', '3.0.0'],
    ['2.0.0', '1.0.0'],
  ],
  [['>=1', '1.0.0'], ['1.0.0', '2.0.0'], ['1.0.0']],
  [
    ['1 || 2', '2 || 3', '1 || 3'],
    ['1.0.0', '2.0.0', '3.0.0'],
    ['3.0.0', '2.0.0'],
  ],
  [
    ['latest', '*'],
    ['1.0.0', '2.0.0'],
    ['2.0.0', '1.0.0'],
  ],
]
suite('fewest()', () => {
  for (const [wanted, versions, kept] of rows) {
    test(`keeps ${kept.join(' and ')} of ${versions.join(', ')} for ${wanted.join(', ')}`, () => {
      assert.deepEqual(fewest(wanted, versions), kept)
    })
  }

  test('keeps what every range needs, and nothing that can go', () => {
    const version = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 3 }))
    const text = version.map(([major, minor]) => `${major}.${minor}.0`)
    const versions = fc.uniqueArray(text, { minLength: 1, maxLength: 16 })
    fc.assert(
      fc.property(versions, fc.array(text, { maxLength: 8 }), (all, starts) => {
        const wanted = starts.map((start) => `^${start}`)
        const isEnough = (some: readonly string[]): boolean =>
          wanted.every((range) => some.some((each) => nodeRanges.test(range)?.(each)))
        const kept = fewest(wanted, all)
        if (!isEnough(all)) return assert.equal(kept.length, all.length)
        assert.ok(isEnough(kept))
        for (const each of kept) {
          if (kept.length > 1) assert.ok(!isEnough(kept.filter((other) => other !== each)))
        }
      }),
    )
  })
})

test('resolve() takes the fewest versions when it dedupes, and drops what only the others needed', async () => {
  const made = {
    a: { '1.0.0': { dependencies: { c: '>=1' } } },
    b: { '1.0.0': { dependencies: { c: '^1.0.0' } } },
    c: { '1.0.0': {}, '2.0.0': { dependencies: { d: '*' } } },
    d: { '1.0.0': {} },
  }
  const wanted = [wanting({ a: '*', b: '*' })]
  const plain = await resolve(wanted, portsOf(made))
  assert.deepEqual(
    [...plain.graph.packages.keys()],
    ['a@1.0.0', 'b@1.0.0', 'c@1.0.0', 'c@2.0.0', 'd@1.0.0'],
  )
  const { graph } = await resolve(wanted, portsOf(made), { dedupes: true })
  assert.deepEqual(linesOf(graph), [
    '.: a@1.0.0 b@1.0.0',
    'a@1.0.0: c@1.0.0',
    'b@1.0.0: c@1.0.0',
    'c@1.0.0:',
  ])
})
