import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { formatEngines, unmetEngines } from '../src/client/resolving/unmet.ts'

// what a package says of Node, this one's version, and whether it is told
const rows: readonly (readonly [string | undefined, string, boolean])[] = [
  [undefined, '20.1.0', false],
  ['>=18', '20.1.0', false],
  ['>=22', '20.1.0', true],
  ['^18 || ^20', '20.1.0', false],
  ['<20', '20.1.0', true],
  ['no range', '20.1.0', false],
]
for (const [wanted, version, isTold] of rows) {
  test(`unmetEngines() ${isTold ? 'tells of' : 'passes'} ${wanted ?? 'nothing'} on Node ${version}`, () => {
    const engines = wanted === undefined ? {} : { engines: { node: wanted } }
    const own = { name: 'a', version: '1.0.0', dist: { tarball: '' }, ...engines }
    const graph: Graph = {
      importers: [],
      packages: new Map([['a@1.0.0', own]]),
      instances: new Map([
        ['a@1.0.0', { id: 'a@1.0.0', dependencies: new Map(), optional: new Set() }],
      ]),
    }
    const selected = new Set(['a@1.0.0'])
    const manifests = [{ folder: '.', manifest: engines }]
    const by = unmetEngines({ graph, selected, manifests }, version).map((each) => each.by)
    assert.deepEqual(by, isTold ? ['package.json', 'a@1.0.0'] : [])
  })
}

test('formatEngines() tells of ten, and counts the rest', () => {
  const unmet = Array.from({ length: 12 }, (_, at) => ({ by: `p${at}@1.0.0`, wanted: '>=99' }))
  const lines = formatEngines(unmet, '24.0.0')
  assert.equal(lines.length, 11)
  assert.equal(lines[0], 'p0@1.0.0 wants Node >=99, and the one of the PATH is 24.0.0')
  assert.equal(lines.at(-1), '  and 2 more')
})
