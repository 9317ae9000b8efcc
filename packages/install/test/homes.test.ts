import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planHomes } from '../src/homes.ts'
import { graphOf } from './made-project.ts'

const graph = graphOf(
  { '.': ['top@1', 'other@1', 'built@1'] },
  {
    'top@1': { needs: ['middle@1'] },
    'middle@1': { needs: ['link:w', 'leaf@1'] },
    'leaf@1': {},
    'other@1': { needs: ['leaf@1', 'below@1'] },
    'built@1': { needs: ['below@1'] },
    'below@1': {},
  },
)
const selected = new Set(graph.instances.keys())

test('planHomes() keeps in the project what is linked to the workspace, and whoever is linked to that', () => {
  const homes = planHomes({ graph, selected, layout: 'auto' })
  const found = [...homes].map(([key, { kind }]) => [key, kind])
  assert.deepEqual(Object.fromEntries(found), { 'middle@1': 'workspace', 'top@1': 'links' })
})

test('planHomes() keeps everything in the project in the layout project', () => {
  const homes = planHomes({ graph, selected, layout: 'project' })
  assert.deepEqual([...homes.keys()], [...selected])
})
