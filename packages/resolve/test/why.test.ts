import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolve } from '../src/resolve.ts'
import { waysTo } from '../src/why.ts'
import { portsOf, wanting } from './made-registry.ts'

const made = {
  a: { '1.0.0': { dependencies: { b: '*' } } },
  b: { '1.0.0': { dependencies: { c: '^1.0.0', a: '*' } } },
  c: { '1.0.0': {}, '2.0.0': {} },
}

test('waysTo() tells the shortest ways to each version, one for each dependent', async () => {
  const app = wanting({ a: '*', b: '*', c: '2.0.0' }, { folder: 'app' })
  const { graph } = await resolve([wanting({ b: '*' }), app], portsOf(made))
  const ways = [...waysTo(graph, 'c')].map(([id, found]) => [
    id,
    ...found.map(({ folder, keys }) => [folder, ...keys].join(' > ')),
  ])
  assert.deepEqual(ways, [
    ['c@1.0.0', '. > b@1.0.0 > c@1.0.0'],
    ['c@2.0.0', 'app > c@2.0.0'],
  ])
  const toB = waysTo(graph, 'b').get('b@1.0.0') ?? []
  assert.deepEqual(
    toB.map(({ folder, keys }) => [folder, ...keys].join(' > ')),
    ['. > b@1.0.0', 'app > b@1.0.0', 'app > a@1.0.0 > b@1.0.0'],
  )
})

test('waysTo() finds nothing where the package is not there', async () => {
  const { graph } = await resolve([wanting({ c: '*' })], portsOf(made))
  assert.equal(waysTo(graph, 'nothing').size, 0)
})
