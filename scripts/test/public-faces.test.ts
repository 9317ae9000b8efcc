import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFaults, readEntryPoints } from '../public-faces.ts'

const twenty = Array.from({ length: 20 }, (_, i) => `name${i}`)
const cases: readonly (readonly [string, string, RegExp | undefined])[] = [
  ['it re-exports twenty names', `export { ${twenty.join(', ')} } from './a.ts'\n`, undefined],
  ['it is a module of its own', `export type A = 1\nexport function b() {}\n`, undefined],
  [
    'it re-exports twenty-one',
    `export { ${twenty.join(', ')} } from './a.ts'\nexport type { More } from './b.ts'`,
    /21 names/,
  ],
  [
    'it has twenty-one of its own',
    [...twenty, 'more'].map((name) => `export const ${name} = 1`).join('\n'),
    /21 names/,
  ],
  ['it exports all of a module', `export * from './a.ts'`, /name what it exports/],
]
for (const [what, text, wanted] of cases) {
  test(`findFaults() ${wanted === undefined ? 'is content' : 'complains'} when ${what}`, () => {
    const faults = findFaults({ name: '@stele/x', text })
    if (wanted === undefined) assert.deepEqual(faults, [])
    else assert.match(faults.join(), wanted)
  })
}

test('the packages of this repository show at most twenty names an entry point', () => {
  assert.deepEqual(readEntryPoints().flatMap(findFaults), [])
})
