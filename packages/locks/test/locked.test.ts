import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockedOf } from '../src/locked.ts'
import { type MadeRegistry, resolved, wanting } from './made-graph.ts'

const before: MadeRegistry = {
  a: { '1.0.0': { dependencies: { b: '^1.0.0', d: '^1.0.0' } } },
  b: { '1.0.0': { dependencies: { c: '^1.0.0' } } },
  c: { '1.0.0': {} },
  d: { '1.0.0': {} },
}
const after: MadeRegistry = {
  a: { ...before['a'], '1.1.0': {} },
  b: { ...before['b'], '1.1.0': { dependencies: { c: '^1.0.0' } } },
  c: { ...before['c'], '1.1.0': {} },
  d: { ...before['d'], '1.1.0': {} },
}
const wanted = [wanting({ a: '^1.0.0' })]

test('lockedOf() leaves everything as it was, and asks no registry, when all of it fits', async () => {
  const graph = await resolved(before, wanted)
  const asked: string[] = []
  assert.deepEqual(await resolved(after, wanted, { locked: lockedOf(graph), asked }), graph)
  assert.deepEqual(asked, [])
})

test('lockedOf() lets only the forgotten package become another, wherever it is', async () => {
  const graph = await resolved(before, wanted)
  const asked: string[] = []
  const locked = lockedOf(graph, { names: new Set(['c']) })
  const updated = await resolved(after, wanted, { locked, asked })
  assert.deepEqual([...updated.packages.keys()], ['a@1.0.0', 'b@1.0.0', 'c@1.1.0', 'd@1.0.0'])
  assert.deepEqual(asked.toSorted(), ['a', 'b', 'c'], 'what does not lead to it is not asked for')
})

test('lockedOf() lets a direct dependency become another, and keeps what that needs', async () => {
  const graph = await resolved(before, [wanting({ b: '^1.0.0' })])
  const locked = lockedOf(graph, { names: new Set(['b']) })
  const updated = await resolved(after, [wanting({ b: '^1.0.0' })], { locked })
  assert.deepEqual([...updated.packages.keys()], ['b@1.1.0', 'c@1.0.0'])
})

test('lockedOf() keeps a version that fits another range as well', async () => {
  const graph = await resolved(before, wanted)
  const updated = await resolved(after, [wanting({ a: '>=1.0.0' })], { locked: lockedOf(graph) })
  assert.deepEqual(updated.packages, graph.packages)
})

test('lockedOf() asks anew for what lines of a lock lack', async () => {
  const graph = await resolved(before, wanted)
  const packages = new Map([...graph.packages].filter(([id]) => id !== 'c@1.0.0'))
  const instances = new Map([...graph.instances].filter(([key]) => key !== 'c@1.0.0'))
  const locked = lockedOf({ ...graph, packages, instances })
  const mended = await resolved(after, wanted, { locked })
  assert.deepEqual([...mended.packages.keys()], ['a@1.0.0', 'b@1.0.0', 'c@1.1.0', 'd@1.0.0'])
})

test('lockedOf() pins no package by the hash of another one', async () => {
  const graph = await resolved(before, [wanting({ b: '^1.0.0', c: '^1.0.0' })])
  const edge = wanting({ b: '^1.0.0' }).edges[0]
  assert.ok(edge !== undefined)
  assert.equal(lockedOf(graph).pinned?.('.', edge)?.version, '1.0.0')
  const [{ folder, directs }] = graph.importers as [(typeof graph.importers)[0]]
  const swapped = directs.map((direct) => ({ ...direct, instance: 'c@1.0.0' }))
  const locked = lockedOf({ ...graph, importers: [{ folder, directs: swapped }] })
  assert.equal(locked.pinned?.('.', edge), undefined)
})
