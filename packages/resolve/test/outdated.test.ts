import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOutdated } from '../src/outdated.ts'
import { resolve } from '../src/resolve.ts'
import { packumentOf, portsOf, wanting } from './made-registry.ts'

test('findOutdated() tells what fits better and what is latest, of dependencies that are behind', async () => {
  const before = { a: { '1.0.0': {} }, b: { '1.0.0': {} }, c: { '1.0.0': {} } }
  const after = {
    a: { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} },
    b: { '1.0.0': {} },
    c: { '1.0.0': {}, '2.0.0': {} },
  }
  const wanted = [wanting({ a: '^1.0.0', b: '*', same: 'npm:c@^1.0.0', far: 'npm:b@1.0.0' })]
  const { graph } = await resolve(wanted, portsOf(before))
  const found = findOutdated(graph, (name) =>
    packumentOf(name, Object.entries(after).find(([each]) => each === name)?.[1] ?? {}),
  )
  assert.deepEqual(
    found.map(({ name, current, wanted: best, latest }) => [name, current, best, latest]),
    [
      ['a', '1.0.0', '1.1.0', '2.0.0'],
      ['same', '1.0.0', '1.0.0', '2.0.0'],
    ],
  )
})

test('findOutdated() has nothing to say of what comes from no registry, or of unknown packages', async () => {
  const { graph } = await resolve([wanting({ a: '*' })], portsOf({ a: { '1.0.0': {} } }))
  assert.deepEqual(
    findOutdated(graph, () => undefined),
    [],
  )
})
