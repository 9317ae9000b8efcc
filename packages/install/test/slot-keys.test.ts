import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { slotKeys } from '../src/slot-keys.ts'

type Made = { readonly [key: string]: { readonly [name: string]: string } }

function graphOf(
  made: Made,
  integrityOf = (id: string): string => id,
): Pick<Graph, 'packages' | 'instances'> {
  const ids = Object.keys(made)
  return {
    packages: new Map(
      ids.map((id) => [
        id,
        { name: id, version: '1', dist: { tarball: '', integrity: integrityOf(id) } },
      ]),
    ),
    instances: new Map(
      ids.map((id) => [
        id,
        { id, dependencies: new Map(Object.entries(made[id] ?? {})), optional: new Set() },
      ]),
    ),
  }
}

const made = { a: { b: 'b', c: 'c' }, b: { c: 'c' }, c: {}, x: { y: 'y' }, y: { x: 'x', c: 'c' } }

test('slotKeys() gives the same keys for the same packages, whatever else the graph holds', () => {
  const all = slotKeys(graphOf(made))
  const some = slotKeys(graphOf({ c: {}, b: { c: 'c' }, y: made.y, x: made.x }))
  for (const [key, slot] of some) assert.equal(slot, all.get(key))
  assert.equal(new Set(all.values()).size, 5)
})

for (const [changed, others] of [
  ['a', ['a']],
  ['b', ['a', 'b']],
  ['c', ['a', 'b', 'c', 'x', 'y']],
  ['x', ['x', 'y']],
] as const) {
  test(`slotKeys() changes the keys of ${others.join()} alone when the contents of ${changed} change`, () => {
    const before = slotKeys(graphOf(made))
    const after = slotKeys(graphOf(made, (id) => (id === changed ? 'other' : id)))
    const different = [...after].filter(([key, slot]) => before.get(key) !== slot)
    assert.deepEqual(different.map(([key]) => key).toSorted(), others)
  })
}
