import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGate } from '../src/gate.ts'

function blockable(): { readonly work: () => Promise<string>; readonly finish: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { work: () => promise, finish: () => resolve('done') }
}

test('createGate() runs at most `running` works, queues `waiting`, and refuses the rest', async () => {
  const gate = createGate({ running: 1, waiting: 1, refuse: () => new Error('full') })
  const first = blockable()
  const started: string[] = []
  const one = gate(first.work)
  const two = gate(async () => started.push('two'))
  await assert.rejects(
    gate(async () => 'three'),
    /full/,
  )
  assert.deepEqual(started, [])
  first.finish()
  assert.equal(await one, 'done')
  await two
  assert.deepEqual(started, ['two'])
  assert.equal(await gate(async () => 'four'), 'four')
})

test('createGate() passes the place on when a work fails', async () => {
  const gate = createGate({ running: 1, waiting: 1, refuse: () => new Error('full') })
  await assert.rejects(
    gate(async () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  assert.equal(await gate(async () => 'next'), 'next')
})
