// Host version 1 is what spec/host-v1.json recorded of it: every entry, made and replayed, has the very effects.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseBody } from '@stele/entries/bodies'
import { catalogue, type Entry } from '@stele/errors'
import { engineBlobs, engines, type LoadedEngine, loadEngine } from '../src/index.ts'
import { groups } from '../vectors/cases.ts'
import {
  executorOf,
  type Recorded,
  runEntry,
  stateOf,
  unanswered,
  type VectorGroup,
} from '../vectors/run.ts'

type RecordedGroup = Omit<VectorGroup, 'steps'> & { readonly steps: readonly Recorded[] }
type Vectors = {
  readonly engines: { readonly fresh: string; readonly kept: string }
  readonly groups: readonly RecordedGroup[]
}
const url = new URL('../../../spec/host-v1.json', import.meta.url)
const vectors: Vectors = JSON.parse(readFileSync(url, 'utf8'))
const parts = new Map(
  engineBlobs(engines.fresh).map((bytes) => [hash('sha512', bytes), bytes] as const),
)

/** The recorded engine: its parts are this release's while it is this release's. */
function load(memory: 'fresh' | 'kept'): LoadedEngine {
  return loadEngine(Buffer.from(vectors.engines[memory]), (name) => parts.get(name))
}
const loaded = { fresh: load('fresh'), kept: load('kept') }

/** Runs the group again; `isReplay` takes the answers of oracles from the record. */
function runAgain(group: RecordedGroup, isReplay: boolean): readonly Recorded[] {
  const asked = { ...group, steps: [] }
  const executor = executorOf(asked, loaded[group.memory])
  const state = stateOf(asked)
  return group.steps.map((step) => {
    const body = parseBody(step.kind as 0 | 1, step.body)
    const isGiven = isReplay || step.refused === 'entry_invalid'
    const at = {
      executor,
      state: group.fixed === true ? stateOf(asked) : state,
      isReplay: isGiven,
    }
    const { recorded, writes } = runEntry({ ...step, body: isGiven ? body : unanswered(body) }, at)
    state.apply(writes)
    return recorded
  })
}

for (const group of vectors.groups) {
  // An answer that was given with the question has no function that gives it again.
  const isGiven = groups.find(({ name }) => name === group.name)?.steps.some((ask) => ask.oracles)
  const ways = isGiven ? [true] : [true, false]
  for (const isReplay of ways) {
    const how = isReplay ? 'replayed' : 'made anew'
    test(`createExecutor() gives the recorded effects of "${group.name}" when it is ${how}`, () => {
      const found = runAgain(group, isReplay)
      group.steps.forEach((step, index) => assert.deepEqual(found[index], step, `step ${index}`))
    })
  }
}

test('spec/host-v1.json holds an answer to every question', () => {
  const asked = groups.map(({ name, steps, genesis }) => [name, steps.length + (genesis ? 1 : 0)])
  const answered = vectors.groups.map(({ name, steps }) => [name, steps.length])
  const message = 'Run: node packages/host/scripts/record-vectors.ts'
  assert.deepEqual(answered, asked, message)
})

test('call() gives the same results when every error of the catalogue is reworded', () => {
  const entries: Record<string, Entry<never>> = { ...catalogue }
  const writable = catalogue as unknown as Record<string, Entry<never>>
  try {
    for (const [code, entry] of Object.entries(entries)) {
      writable[code] = { ...entry, message: () => 'reworded', fix: () => 'reworded' }
    }
    for (const group of vectors.groups) {
      if (!/results|files, changed|oracles/.test(group.name)) continue
      assert.deepEqual(runAgain(group, true), group.steps)
    }
  } finally {
    Object.assign(writable, entries)
  }
})
