import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { slotsOfPlan } from '../src/kept-plan.ts'
import { awaitStaged, createStageCounts, type StageJob, stageShared } from '../src/stage-units.ts'
import { graphOf, makeProject } from './made-project.ts'

const graph = graphOf(
  {
    '.': ['app@1.0.0', '@s/one@1.0.0', 'old@1.0.0', 'link:packages/w'],
    'packages/w': ['old@2.0.0'],
  },
  {
    'app@1.0.0': { needs: ['dep@1.0.0', 'old@1.0.0'], release: { bin: 'bin/run.js' } },
    'dep@1.0.0': { needs: ['old@2.0.0'], release: { directories: { bin: 'bin' } } },
    'old@1.0.0': {},
    'old@2.0.0': {},
    '@s/one@1.0.0': { needs: ['dep@1.0.0', 'link:packages/w'] },
  },
  { 'packages/w': 'w' },
)

suite('linkKept()', () => {
  const shared = makeProject()
  after(() => shared[Symbol.dispose]())
  for (const layout of ['auto', 'global', 'project', 'hoisted'] as const) {
    test(`makes what linkProject() makes in the layout ${layout}, and both take the other's for whole`, () => {
      using planned = makeProject(shared.store)
      using kept = makeProject(shared.store)
      for (const { root } of [planned, kept])
        mkdirSync(join(root, 'packages/w'), { recursive: true })
      const { added } = planned.link(graph, layout)
      const plan = planned.keep(graph, layout)
      assert.deepEqual(kept.linkKept(plan)?.added, added)
      assert.deepEqual(kept.seen(), planned.seen())
      assert.equal(kept.link(graph, layout).isChanged, false)
      assert.equal(kept.linkKept(plan), undefined, 'something is installed')
      for (const slot of slotsOfPlan(plan)) assert.ok(existsSync(shared.store.slotFolder(slot)))
    })
  }
})

suite('stageShared()', () => {
  const folders = (root: string, count: number): readonly StageJob[] => {
    mkdirSync(join(root, 'from'))
    const job = { from: join(root, 'from'), inside: 'in', isCopy: false, links: [] }
    return Array.from({ length: count }, (_, index) => ({ ...job, to: join(root, `to${index}`) }))
  }
  test('makes each package once, whoever takes it', () => {
    using project = makeProject()
    const jobs = folders(project.root, 5)
    const counts = createStageCounts()
    const others = jobs.slice(0, 2)
    stageShared(others, counts) // It ends after two, as a thread that has heard of no more.
    Atomics.sub(counts, 0, 1)
    stageShared(jobs, counts)
    assert.equal(awaitStaged(jobs, counts, 1000), false)
    for (const { to } of jobs) assert.ok(existsSync(join(to, 'in')))
  })
  test('awaitStaged() throws what failed', () => {
    using project = makeProject()
    const jobs = folders(project.root, 3)
    rmSync(join(project.root, 'from'), { recursive: true })
    const counts = createStageCounts()
    stageShared(jobs, counts)
    assert.throws(() => awaitStaged(jobs, counts, 1000), { code: 'ENOENT' })
  })
  test('awaitStaged() throws when a thread has stopped', () => {
    using project = makeProject()
    const counts = createStageCounts()
    assert.throws(() => awaitStaged(folders(project.root, 1), counts, 10), /has stopped/)
  })
})
