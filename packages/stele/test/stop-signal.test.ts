import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { stopSignal } from '../src/stop-signal.ts'

/** A process that hears signals at times of the test's choosing. */
function fakeProcess() {
  const emitter = new EventEmitter()
  const exits: number[] = []
  let nowMs = 0
  const ports = {
    on: (signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void) =>
      emitter.on(signal, heard),
    exit: (status: number) => exits.push(status),
  }
  const stop = stopSignal(ports, () => nowMs)
  const send = (signal: NodeJS.Signals, atMs: number): void => {
    nowMs = atMs
    emitter.emit(signal)
  }
  return { stop, send, exits }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`stopSignal() aborts, and does not exit, when ${signal} comes`, () => {
    const { stop, send, exits } = fakeProcess()
    assert.equal(stop.aborted, false)
    send(signal, 0)
    assert.equal(stop.reason, signal)
    assert.deepEqual(exits, [])
  })
}

test('stopSignal() takes signals within a second of the first as the same request', () => {
  const { stop, send, exits } = fakeProcess()
  send('SIGINT', 5_000)
  send('SIGINT', 5_001)
  send('SIGTERM', 6_000)
  assert.equal(stop.reason, 'SIGINT')
  assert.deepEqual(exits, [])
})

test('stopSignal() exits at once when somebody asks again after a second', () => {
  const { send, exits } = fakeProcess()
  send('SIGINT', 0)
  send('SIGINT', 1_001)
  assert.deepEqual(exits, [130])
})
