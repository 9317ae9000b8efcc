import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Overrides } from '../src/overrides.ts'
import { parseOverrides, parseResolutions } from '../src/parse-overrides.ts'
import { resolve } from '../src/resolve.ts'
import { linesOf } from './lines-of.ts'
import { type MadeRegistry, portsOf, wanting } from './made-registry.ts'

const all = { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} }
const needs = (dependencies: { readonly [name: string]: string }): MadeRegistry[string] => ({
  '1.0.0': { dependencies },
})
/** Two that want c, one of them through the other as well. */
const made: MadeRegistry = {
  a: needs({ b: '*', c: '^1.0.0' }),
  b: needs({ c: '^1.0.0' }),
  c: all,
  d: all,
}
const plain = (_: string, value: string): string => (value === '$d' ? '2.0.0' : value)

type Row = {
  readonly what: string
  readonly overrides?: object
  readonly resolutions?: object
  readonly wanted?: { readonly [name: string]: string }
  readonly lines: readonly string[]
  readonly unused?: readonly string[]
}
const rows: readonly Row[] = [
  {
    what: 'changes what all packages want',
    overrides: { c: '2.0.0' },
    lines: ['.: a@1.0.0 b@1.0.0', 'a@1.0.0: b@1.0.0 c@2.0.0', 'b@1.0.0: c@2.0.0', 'c@2.0.0:'],
  },
  {
    what: 'changes what the project itself wants',
    overrides: { c: '1.0.0' },
    wanted: { c: '^2.0.0' },
    lines: ['.: c@1.0.0', 'c@1.0.0:'],
  },
  {
    what: 'reads $name as what the project wants by it',
    overrides: { c: '$d' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c@2.0.0', 'c@2.0.0:'],
  },
  {
    what: 'leaves ranges alone that the key does not meet, and says so',
    overrides: { 'c@^2': '1.0.0' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c@1.1.0', 'c@1.1.0:'],
    unused: ['c@^2'],
  },
  {
    what: 'meets ranges that the key meets',
    overrides: { 'c@1': '2.0.0' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c@2.0.0', 'c@2.0.0:'],
  },
  {
    what: 'meets only what one package depends on, as pnpm writes it',
    overrides: { 'b@1>c': '2.0.0' },
    lines: [
      '.: a@1.0.0 b@1.0.0',
      'a@1.0.0: b@1.0.0 c@1.1.0',
      'b@1.0.0: c@2.0.0',
      'c@1.1.0:',
      'c@2.0.0:',
    ],
  },
  {
    what: 'leaves a parent of another version alone',
    overrides: { 'b@>=2>c': '2.0.0' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c@1.1.0', 'c@1.1.0:'],
    unused: ['b@>=2>c'],
  },
  {
    what: 'removes a dependency',
    overrides: { 'b>c': '-' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0:'],
  },
  {
    what: 'meets all below a package, as npm nests it, and makes two of what is also elsewhere',
    overrides: { a: { c: '2.0.0' } },
    lines: [
      '.: a@1.0.0 b@1.0.0',
      'a@1.0.0: b@1.0.0(in a) c@2.0.0',
      'b@1.0.0: c@1.1.0',
      'b@1.0.0(in a): c@2.0.0',
      'c@1.1.0:',
      'c@2.0.0:',
    ],
  },
  {
    what: 'makes one of what comes out the same below a package as elsewhere',
    overrides: { a: { d: '2.0.0' } },
    lines: ['.: a@1.0.0 b@1.0.0', 'a@1.0.0: b@1.0.0 c@1.1.0', 'b@1.0.0: c@1.1.0', 'c@1.1.0:'],
    unused: ['a > d'],
  },
  {
    what: 'gives a package with rules of its own a version too, by "."',
    overrides: { c: { '.': '1.0.0', d: '1.0.0' } },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c@1.0.0', 'c@1.0.0:'],
    unused: ['c > d'],
  },
  {
    what: 'takes another package by its alias',
    overrides: { c: 'npm:d@1.0.0' },
    wanted: { b: '*' },
    lines: ['.: b@1.0.0', 'b@1.0.0: c=d@1.0.0', 'd@1.0.0:'],
  },
  {
    what: "reads yarn's paths",
    resolutions: { 'b/c': '2.0.0', '**/d': '1.0.0' },
    wanted: { b: '*', d: '*' },
    lines: ['.: b@1.0.0 d@1.0.0', 'b@1.0.0: c@2.0.0', 'c@2.0.0:', 'd@1.0.0:'],
  },
  {
    what: "reads yarn's paths to all below a package",
    resolutions: { 'a/**/c': '2.0.0' },
    wanted: { a: '*' },
    lines: ['.: a@1.0.0', 'a@1.0.0: b@1.0.0 c@2.0.0', 'b@1.0.0: c@2.0.0', 'c@2.0.0:'],
  },
]
suite('Overrides', () => {
  for (const { what, overrides = {}, resolutions = {}, wanted, lines, unused } of rows) {
    test(`resolve() with overrides ${what}`, async () => {
      const rules = [...parseOverrides(overrides, plain), ...parseResolutions(resolutions, plain)]
      const { graph, unusedOverrides } = await resolve(
        [wanting(wanted ?? { a: '*', b: '*' })],
        portsOf(made),
        { overrides: new Overrides(rules) },
      )
      assert.deepEqual(linesOf(graph), lines)
      assert.deepEqual(unusedOverrides, unused ?? [])
    })
  }

  test('resolve() with overrides changes what a peer may be', async () => {
    const peers: MadeRegistry = {
      dom: { '1.0.0': { peerDependencies: { react: '^18.0.0' } } },
      react: { '18.0.0': {}, '19.0.0': {} },
    }
    const overrides = new Overrides(parseOverrides({ react: '^19.0.0' }, plain))
    const { graph, mismatches } = await resolve([wanting({ dom: '*' })], portsOf(peers), {
      overrides,
    })
    assert.ok(graph.packages.has('react@19.0.0'))
    assert.deepEqual(mismatches, [])
  })
})
