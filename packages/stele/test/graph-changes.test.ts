import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { changesBetween, deprecationsIn, formatChanges } from '../src/client/lock/graph-changes.ts'

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

test('deprecationsIn() tells of what is new and deprecated, by name where a package.json has it', () => {
  const release = (name: string, deprecated?: string) =>
    [
      `${name}@1.0.0`,
      {
        name,
        version: '1.0.0',
        dist: { tarball: '' },
        ...(deprecated === undefined ? {} : { deprecated }),
      },
    ] as const
  const packages = new Map([
    release('a', 'use b\nnow'),
    release('b'),
    release('c', 'old'),
    release('d', 'old'),
  ])
  const directs = [
    { name: 'a', specifier: '*', kind: 'dependencies' as const, instance: 'a@1.0.0' },
  ]
  const after: Graph = { importers: [{ folder: '.', directs }], packages, instances: new Map() }
  assert.deepEqual(deprecationsIn(after, changesBetween(undefined, after)), [
    'a@1.0.0 is deprecated: use b now',
    'Deprecated, and there for other packages: c@1.0.0, d@1.0.0',
  ])
  assert.deepEqual(deprecationsIn(after, changesBetween(after, after)), [])
})
