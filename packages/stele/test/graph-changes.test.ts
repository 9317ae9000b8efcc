import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import {
  changesBetween,
  deprecationsIn,
  formatChanges,
  weakDigestsIn,
} from '../src/client/lock/graph-changes.ts'

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

test('weakDigestsIn() tells of what is new and has a SHA-1 alone, or no digest', () => {
  const shasum = 'a'.repeat(40)
  const dists = [
    ['a', { shasum }],
    ['b', { shasum, integrity: 'sha512-b' }],
    ['c', { integrity: 'sha1-c' }],
    ['d', { integrity: 'sha1-d sha512-d' }],
    ['e', {}],
  ] as const
  const packages = dists.map(([name, dist]) => {
    const release = { name, version: '1.0.0', dist: { tarball: '', ...dist } }
    return [`${name}@1.0.0`, release] as const
  })
  const ofGit = { name: 'g', version: '1.0.0', dist: { tarball: 'git+https://one.example/g' } }
  const after: Graph = {
    importers: [],
    packages: new Map([...packages, ['g@git+https://one.example/g', ofGit]]),
    instances: new Map(),
  }
  assert.deepEqual(weakDigestsIn(after, changesBetween(undefined, after)), [
    'Their registry tells only a SHA-1 of them, which can be forged: a@1.0.0, c@1.0.0',
    'Their registry tells no digest of them; stele.lock keeps the one of what came: e@1.0.0',
  ])
  assert.deepEqual(weakDigestsIn(after, changesBetween(after, after)), [])
})
