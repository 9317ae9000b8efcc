// The turns of large packuments.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGate, createTurn } from '../src/turn.ts'

test('createTurn() has its turn when those before it have ended theirs, once, and not before', async () => {
  const gate = createGate()
  const [first, second, unused] = [createTurn(gate), createTurn(gate), createTurn(gate)]
  const said: string[] = []
  await first.take()
  await first.take() // It has it already.
  const waiting = second.take().then(() => said.push('second'))
  unused.release()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(said, [])
  first.release()
  first.release()
  await waiting
  second.release()
  await createTurn(gate).take()
  assert.deepEqual(said, ['second'])
})

test('tryTake() takes the turn when nobody has it or waits for it, and gives what is taken', async () => {
  const gate = createGate()
  const [first, second, third] = [createTurn(gate), createTurn(gate), createTurn(gate)]
  assert.ok(first.tryTake() && first.tryTake())
  const waiting = second.take()
  assert.ok(!third.tryTake())
  first.release()
  assert.ok(!third.tryTake()) // It is the turn of who waited.
  await waiting
  second.release()
  assert.ok(third.tryTake() && third.isTaken())
})

test('release() of a turn that is waited for gives it on when it comes', async () => {
  const gate = createGate()
  const [first, second, third] = [createTurn(gate), createTurn(gate), createTurn(gate)]
  await first.take()
  void second.take()
  const last = third.take()
  second.release()
  first.release()
  await last
})
