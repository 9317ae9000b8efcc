import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locked } from '../src/crawl.ts'
import type { Graph } from '../src/graph.ts'
import { loosened } from '../src/loosened.ts'
import { resolve } from '../src/resolve.ts'
import { linesOf } from './lines-of.ts'
import { type MadeRegistry, portsOf, wanting } from './made-registry.ts'

const older: MadeRegistry = {
  a: { '1.0.0': { dependencies: { b: '^1.0.0', c: '^1.0.0' } } },
  b: { '1.0.0': { dependencies: { c: '^1.0.0' } } },
  c: { '1.0.0': {} },
  d: { '1.0.0': {} },
}
const newer: MadeRegistry = {
  a: { ...older['a'], '1.1.0': {} },
  b: { ...older['b'], '1.1.0': {} },
  c: { '1.0.0': {}, '1.1.0': {} },
  d: { '1.0.0': {}, '1.1.0': {} },
}
const wanted = [wanting({ a: '^1.0.0', d: '^1.0.0' })]

/** A lock as graphs without peers give it. */
function lockOf({ importers, instances, packages }: Graph): Locked {
  return {
    direct: (_, { name }) => importers[0]?.directs.find((each) => each.name === name)?.instance,
    node: (id) => {
      const [release, instance] = [packages.get(id), instances.get(id)]
      if (release === undefined || instance === undefined) return undefined
      return { release, edges: instance.dependencies, optional: instance.optional }
    },
    versions: (name) =>
      [...packages.values()].filter((each) => each.name === name).map(({ version }) => version),
  }
}

const cases: readonly (readonly [
  what: string,
  names: readonly string[] | undefined,
  lines: readonly string[],
])[] = [
  [
    'nothing where the names are not there',
    ['e'],
    ['.: a@1.0.0 d@1.0.0', 'a@1.0.0: b@1.0.0 c@1.0.0', 'b@1.0.0: c@1.0.0', 'c@1.0.0:', 'd@1.0.0:'],
  ],
  [
    'one that others depend on, and nothing else',
    ['c'],
    ['.: a@1.0.0 d@1.0.0', 'a@1.0.0: b@1.0.0 c@1.1.0', 'b@1.0.0: c@1.1.0', 'c@1.1.0:', 'd@1.0.0:'],
  ],
  [
    'one of the project',
    ['d'],
    ['.: a@1.0.0 d@1.1.0', 'a@1.0.0: b@1.0.0 c@1.0.0', 'b@1.0.0: c@1.0.0', 'c@1.0.0:', 'd@1.1.0:'],
  ],
  ['everything', undefined, ['.: a@1.1.0 d@1.1.0', 'a@1.1.0:', 'd@1.1.0:']],
]
for (const [what, names, lines] of cases) {
  test(`loosened() lets resolve() choose ${what} anew`, async () => {
    const { graph } = await resolve(wanted, portsOf(older))
    const locked = loosened(lockOf(graph), names && new Set(names))
    const again = await resolve(wanted, portsOf(newer), { locked })
    assert.deepEqual(linesOf(again.graph), lines)
  })
}
