import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OracleAnswer } from '@stele/entries/calls'
import { askInTime } from '../src/ask-in-time.ts'
import { maxOutsideAnswerMs } from '../src/limits.ts'

const never = (): Promise<OracleAnswer> => new Promise(() => undefined)

test('askInTime() gives TimeoutError when nobody answers, and cancels its timer when somebody does', async () => {
  const timers: { readonly delayMs: number; readonly work: () => void }[] = []
  let cancelled = 0
  const after = (delayMs: number, work: () => void): (() => void) => {
    timers.push({ delayMs, work })
    return () => void cancelled++
  }
  const ports = { after, every: () => assert.fail() }
  const late = askInTime(never, ports)('a')
  assert.equal(timers[0]?.delayMs, maxOutsideAnswerMs)
  timers[0]?.work()
  const error = { name: 'TimeoutError', message: 'Nobody answered within 12 s' }
  assert.deepEqual(await late, { error })
  assert.deepEqual(await askInTime(async () => ({ value: 1 }), ports)('a'), { value: 1 })
  await assert.rejects(askInTime(async () => Promise.reject(new Error('gone')), ports)('a'), /gone/)
  assert.equal(cancelled, 3)
})
