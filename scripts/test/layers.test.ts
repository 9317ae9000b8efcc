import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFaults, readEdges, readLayers } from '../layers.ts'

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
