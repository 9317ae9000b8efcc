import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFaults, readEdges, readLayers } from '../layers.ts'
import { root } from '../run.ts'

const layers = {
  '0': ['low', 'high'],
  '1': ['engine', 'other'],
  '3': ['http', 'faces'],
  test: ['kit'],
}
const edges: readonly (readonly [string, string, string, RegExp | undefined])[] = [
  ['an engine imports layer 0', 'engine', 'high', undefined],
  ['an edge imports an engine', 'faces', 'engine', undefined],
  ['layer 0 imports what stands before it', 'high', 'low', undefined],
  ['test code imports anything', 'kit', 'faces', undefined],
  ['a face imports http', 'faces', 'http', undefined],
  ['http imports a face', 'http', 'faces', /own layer/],
  ['layer 0 imports what stands after it', 'low', 'high', /stands after it/],
  ['an engine imports an engine', 'engine', 'other', /own layer/],
  ['layer 0 imports an engine', 'low', 'engine', /layer above/],
  ['anything ships test code', 'faces', 'kit', /tests only/],
  ['a package stands in no layer', 'stranger', 'low', /no layer/],
]
for (const [what, from, to, wanted] of edges) {
  test(`findFaults() ${wanted === undefined ? 'is content' : 'complains'} when ${what}`, () => {
    const faults = findFaults(layers, new Map([[from, [to]]]))
    if (wanted === undefined) assert.deepEqual(faults, [])
    else assert.match(faults.join(), wanted)
  })
}

test('the packages of this repository import only downwards', () => {
  assert.deepEqual(findFaults(readLayers(), readEdges()), [])
})

/** The packages that each override of the linter is for, where it is for whole packages. */
function lintedLayers(): readonly (readonly string[])[] {
  const { overrides } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'))
  return overrides.flatMap(({ files }: { files: readonly string[] }) =>
    files.flatMap((glob) => {
      const [, names] = /^packages\/\{?([\w,-]+)\}?\/src\/\*\*$/.exec(glob) ?? []
      return names === undefined ? [] : [names.split(',')]
    }),
  )
}

for (const layer of ['0', '1', '2']) {
  test(`the linter knows the packages of layer ${layer}`, () => {
    const wanted = readLayers()[layer]?.toSorted()
    const found = lintedLayers().map((names) => names.toSorted())
    assert.ok(
      found.some((names) => names.join() === wanted?.join()),
      `no override of .oxlintrc.json is for ${wanted?.join(', ')} and no other package`,
    )
  })
}
