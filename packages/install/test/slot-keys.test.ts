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

const source = (): string => 'https://registry.test/'
const made = { a: { b: 'b', c: 'c' }, b: { c: 'c' }, c: {}, x: { y: 'y' }, y: { x: 'x', c: 'c' } }

test('slotKeys() gives the same keys for the same packages, whatever else the graph holds', () => {
  const all = slotKeys(graphOf(made), source)
  const some = slotKeys(graphOf({ c: {}, b: { c: 'c' }, y: made.y, x: made.x }), source)
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
    const before = slotKeys(graphOf(made), source)
    const after = slotKeys(
      graphOf(made, (id) => (id === changed ? 'other' : id)),
      source,
    )
    const different = [...after].filter(([key, slot]) => before.get(key) !== slot)
    assert.deepEqual(different.map(([key]) => key).toSorted(), others)
  })
}

test('slotKeys() tells apart what only looks the same in a line', () => {
  const keyOf = (integrity: string, needs: Made[string], build?: string): string | undefined => {
    const graph = graphOf({ a: needs, b: {} }, (id) => (id === 'a' ? integrity : id))
    return slotKeys(graph, source, build === undefined ? undefined : new Map([['a', build]])).get(
      'a',
    )
  }
  const b = slotKeys(graphOf({ b: {} }), source).get('b') ?? ''
  const keys = [
    keyOf('i', { b: 'b' }),
    keyOf(`i\nb ${b}`, {}),
    keyOf('i', { b: 'b' }, 'x'),
    keyOf('i', { b: 'b', 'built x': '' }),
    keyOf(`i\nb ${b}\nbuilt x`, {}),
  ]
  assert.equal(new Set(keys).size, keys.length)
})

test('slotKeys() gives what was built other keys, and whatever leads to it', () => {
  const before = slotKeys(graphOf(made), source)
  const after = slotKeys(graphOf(made), source, new Map([['b', 'linux x64 node 137']]))
  const other = slotKeys(graphOf(made), source, new Map([['b', 'linux x64 node 140']]))
  const changed = [...before].filter(([key, slot]) => after.get(key) !== slot)
  assert.deepEqual(changed.map(([key]) => key).toSorted(), ['a', 'b'])
  assert.notEqual(after.get('b'), other.get('b'))
})

for (const dist of [
  { shasum: 'aa' },
  { shasum: 'bb' },
  { tarball: 'https://host.test/c.tgz' },
  {},
]) {
  test(`slotKeys() tells packages of one name apart by what is known of their bytes, as ${JSON.stringify(dist)}`, () => {
    const keyOf = (own: object, registry: string): string | undefined => {
      const { packages, instances } = graphOf({ c: {} })
      const release = { name: 'c', version: '1', dist: { tarball: '', ...own } }
      return slotKeys(
        { packages: new Map([...packages, ['c', release]]), instances },
        () => registry,
      ).get('c')
    }
    const others = [
      { shasum: 'cc' },
      { integrity: 'sha512-c' },
      { tarball: 'https://other.test/c.tgz' },
    ]
    for (const other of others) assert.notEqual(keyOf(dist, 'one'), keyOf(other, 'one'))
    const isKnown = Object.keys(dist).length > 0
    assert.equal(keyOf(dist, 'one') === keyOf(dist, 'two'), isKnown)
  })
}
