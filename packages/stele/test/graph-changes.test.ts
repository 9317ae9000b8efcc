import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { changesBetween, formatChanges } from '../src/client/graph-changes.ts'

function graphOf(...ids: readonly string[]): Graph {
  const packages = ids.map((id) => {
    const [name = '', version = ''] = id.split('@')
    return [id, { name, version, dist: { tarball: '' } }] as const
  })
  return { importers: [], packages: new Map(packages), instances: new Map() }
}

test('formatChanges() has a line for each package that differs', () => {
  const before = graphOf('a@1.0.0', 'b@1.0.0', 'b@2.0.0', 'c@1.0.0', 'd@1.0.0')
  const after = graphOf('a@1.0.0', 'b@2.0.0', 'b@10.0.0', 'b@9.0.0', 'd@1.0.0', 'e@1.0.0')
  assert.deepEqual(formatChanges(changesBetween(before, after)), [
    '  b 1.0.0 → 9.0.0, 10.0.0',
    '- c 1.0.0',
    '+ e 1.0.0',
  ])
})
