import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { maxRateKeys } from '../src/limits.ts'
import { createRateLimiter } from '../src/rate-limit.ts'

function limiterAt(clock: { nowMs: number }): ReturnType<typeof createRateLimiter> {
  return createRateLimiter('tries', { limit: 2, windowMs: 10_000 }, () => clock.nowMs)
}

function retryAfterOf(work: () => void): number | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (isSteleError(error, 'rate_limited')) return error.details.retryAfterS
    throw error
  }
}

test('take() refuses beyond the limit, with the seconds until the window ends', () => {
  const clock = { nowMs: 0 }
  const limiter = limiterAt(clock)
  limiter.take('a')
  clock.nowMs = 4_001
  limiter.take('a')
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    6,
  )
  clock.nowMs = 9_999
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    1,
  )
  assert.equal(
    retryAfterOf(() => limiter.take('b')),
    undefined,
  )
})

test('take() counts anew when the window has ended', () => {
  const clock = { nowMs: 0 }
  const limiter = limiterAt(clock)
  limiter.take('a')
  limiter.take('a')
  clock.nowMs = 10_000
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    undefined,
  )
})

test('take() does not keep a key out for ever when the clock jumps back', () => {
  const clock = { nowMs: 1_000_000 }
  const limiter = limiterAt(clock)
  limiter.take('a')
  limiter.take('a')
  clock.nowMs = 0
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    undefined,
  )
})

test('giveBack() makes room again, and never more than was taken', () => {
  const limiter = limiterAt({ nowMs: 0 })
  limiter.giveBack('a')
  limiter.take('a')
  limiter.take('a')
  limiter.giveBack('a')
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    undefined,
  )
  assert.equal(
    retryAfterOf(() => limiter.take('a')),
    10,
  )
})

test('take() remembers a bounded number of keys, forgetting the oldest', () => {
  const limiter = limiterAt({ nowMs: 0 })
  limiter.take('first')
  limiter.take('first')
  for (let i = 0; i < maxRateKeys; i++) limiter.take(`key ${i}`)
  assert.equal(
    retryAfterOf(() => limiter.take('first')),
    undefined,
  )
})
