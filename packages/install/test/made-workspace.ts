// A workspace in two states of its dependencies, linked from one to the other, in every layout.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Graph } from '@stele/resolve/graph'
import type { Layout } from '../src/layout.ts'
import type { Store } from '../src/store.ts'
import { graphOf, interrupted, type MadeProject, makeProject } from './made-project.ts'

export const layouts: readonly Layout[] = ['auto', 'global', 'project', 'hoisted']
const bin = { bin: 'bin/run.js' }
/** A workspace with two versions of a package, scopes, peers, programs, and a circle. */
export const before: Graph = graphOf(
  {
    '.': ['app@1.0.0', '@s/one@1.0.0', 'old@1.0.0', 'link:packages/w'],
    'packages/w': ['old@2.0.0'],
  },
  {
    'app@1.0.0': { needs: ['dep@1.0.0', 'old@1.0.0'], release: bin },
    'dep@1.0.0': { needs: ['old@2.0.0', 'circle@1.0.0'], release: bin },
    'circle@1.0.0': { needs: ['dep@1.0.0'] },
    'old@1.0.0': {},
    'old@2.0.0': { needs: ['deep@2.0.0'] },
    'deep@2.0.0': {},
    '@s/one@1.0.0': { needs: ['@s/two@1.0.0', 'link:packages/w'] },
    '@s/two@1.0.0': {},
  },
  { 'packages/w': 'w' },
)
/** The same project after a change of its dependencies. */
const after: Graph = graphOf(
  { '.': ['app@1.1.0', 'old@2.0.0', 'link:packages/w'], 'packages/w': ['@s/two@2.0.0'] },
  {
    'app@1.1.0': { needs: ['dep@1.0.0', '@s/two@1.0.0'], release: bin },
    'dep@1.0.0': { needs: ['old@2.0.0', 'circle@1.0.0'] },
    'circle@1.0.0': { needs: ['dep@1.0.0'] },
    'old@2.0.0': { needs: ['deep@2.0.0'] },
    'deep@2.0.0': {},
    '@s/two@1.0.0': {},
    '@s/two@2.0.0': {},
  },
  { 'packages/w': 'w' },
)

function makeWorkspace(store: Store): MadeProject {
  const project = makeProject(store)
  mkdirSync(join(project.root, 'packages/w'), { recursive: true })
  return project
}

/** What is seen of a project that this graph is linked into at once. */
export function freshly(
  store: Store,
  graph: Graph,
  layout: Layout,
): ReturnType<MadeProject['seen']> {
  using project = makeWorkspace(store)
  project.link(graph, layout)
  return project.seen()
}

/** From one layout to another, or to other dependencies in the same one; interrupted at a moment, and then done. */
export type Change = { readonly from: Layout; readonly to: Layout; readonly moment: number }

/** What is there afterwards is what a fresh project has. Says whether it was interrupted. */
export function assertLeavesNothing(store: Store, { from, to, moment }: Change): boolean {
  const graph = from === to ? after : before
  using project = makeWorkspace(store)
  project.link(before, from)
  let isInterrupted = false
  try {
    project.link(graph, to, { interrupt: moment })
  } catch (error) {
    if (error !== interrupted) throw error
    isInterrupted = true
    project.link(graph, to)
  }
  assert.deepEqual(project.seen(), freshly(store, graph, to), `interrupted at moment ${moment}`)
  return isInterrupted
}
