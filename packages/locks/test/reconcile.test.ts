import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WantedImporter } from '@stele/resolve'
import { formatDrift, reconcile } from '../src/reconcile.ts'
import { resolved, wanting } from './made-graph.ts'

const made = { a: { '1.0.0': {}, '1.2.0': {} }, b: { '1.0.0': {} } }
const main = wanting({ a: '^1.0.0', b: '*' })
const other = wanting({ b: '^1.0.0' }, { folder: 'packages/x' })
const locked = [main, other]

const rows: readonly (readonly [
  what: string,
  wanted: readonly WantedImporter[],
  drift: readonly string[],
])[] = [
  ['nothing changed', locked, []],
  ['another range fits the locked version', [wanting({ a: '~1.2.0', b: '1.x' }), other], []],
  [
    'a dependency moved to devDependencies',
    [wanting({ a: '^1.0.0', b: '*' }, { kind: 'devDependencies' }), other],
    [],
  ],
  ['the checkout is a part of the workspace', [main], []],
  [
    'a range does not fit the locked version',
    [wanting({ a: '^2.0.0', b: '*' })],
    [
      'package.json',
      '  - "a": "^1.0.0" (dependencies), locked as 1.2.0',
      '  + "a": "^2.0.0" (dependencies)',
    ],
  ],
  [
    'a tag is wanted, which can mean anything by now',
    [wanting({ a: 'next', b: '*' })],
    [
      'package.json',
      '  - "a": "^1.0.0" (dependencies), locked as 1.2.0',
      '  + "a": "next" (dependencies)',
    ],
  ],
  [
    'the name means another package',
    [wanting({ a: 'npm:b@1', b: '*' })],
    [
      'package.json',
      '  - "a": "^1.0.0" (dependencies), locked as 1.2.0',
      '  + "a": "npm:b@1" (dependencies)',
    ],
  ],
  [
    'a dependency is new, and one is gone',
    [main, wanting({ c: '1' }, { folder: 'packages/x' })],
    [
      'packages/x/package.json',
      '  + "c": "1" (dependencies)',
      '  - "b": "^1.0.0" (dependencies), locked as 1.0.0',
    ],
  ],
  [
    'a package.json is new',
    [...locked, wanting({ a: '1' }, { folder: 'packages/y' })],
    ['packages/y/package.json', '  + "a": "1" (dependencies)'],
  ],
]
for (const [what, wanted, drift] of rows) {
  test(`reconcile() finds ${drift.length === 0 ? 'no drift' : 'drift'} when ${what}`, async () => {
    const graph = await resolved(made, locked)
    assert.deepEqual(formatDrift(reconcile(graph, wanted).drift), drift)
  })
}

test('reconcile() gives the dependencies in the words of package.json, and these package.jsons alone', async () => {
  const graph = await resolved(made, locked)
  const wanted = [wanting({ a: '1.2.0', b: '*' }, { kind: 'devDependencies' })]
  const { graph: found, hasOthers } = reconcile(graph, wanted)
  assert.deepEqual(found.importers, [
    {
      folder: '.',
      directs: [
        { name: 'a', specifier: '1.2.0', kind: 'devDependencies', instance: 'a@1.2.0' },
        { name: 'b', specifier: '*', kind: 'devDependencies', instance: 'b@1.0.0' },
      ],
    },
  ])
  assert.equal(hasOthers, true)
})
