import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../src/engine.ts'
import { createExecutor } from '../src/executor.ts'
import { memoryState } from './memory-state.ts'

const script = 'let count = 0\nexports.next = () => (count += 1)'
const ports = { print: () => undefined, blobs: () => undefined }
const call = { method: 'next', args: '[]', account: null, timeMs: 0, seed: new Uint8Array(32) }

for (const [memory, second] of [
  ['fresh', 1],
  ['kept', 2],
] as const) {
  test(`createExecutor() gives a closure's second call ${second} when the engine's memory is ${memory}`, () => {
    const executor = createExecutor({ engine: engines[memory].name, script, limits: {} }, ports)
    const state = memoryState()
    executor.call(call, state)
    const outcome = executor.call(call, state)
    assert.equal(outcome.ok && outcome.result, second)
    assert.equal(executor.memory !== undefined, memory === 'kept')
  })
}

test('createExecutor() throws engine_unknown when the log names another engine', () => {
  const settings = { engine: '0'.repeat(128), script, limits: {} }
  assert.throws(() => createExecutor(settings, ports), { code: 'engine_unknown' })
})
