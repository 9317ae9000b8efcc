// When an upstream is left alone, and for how long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { createAsking } from '../src/asking.ts'
import { createBreaker, type Passed } from '../src/breaker.ts'
import { breakerFailures, breakerRestMs, maxBreakerRestMs } from '../src/limits.ts'

function openWorld() {
  let nowMs = 1000
  const breaker = createBreaker(() => nowMs)
  const pass = (): Passed => {
    const passed = breaker.pass()
    assert.ok(passed !== undefined, 'It is left alone')
    return passed
  }
  return {
    breaker,
    pass,
    wait: (timeMs: number) => {
      nowMs += timeMs
    },
    /** So many requests fail, each for something else, one after the other. */
    fail: (count: number) => {
      for (let nth = 0; nth < count; nth++) pass().failed(`thing ${nth}`)
    },
  }
}

test('pass() lets everything pass while less than five different things failed', () => {
  const { fail, breaker } = openWorld()
  fail(breakerFailures - 1)
  assert.equal(breaker.restMs(), 0)
  assert.ok(breaker.pass() !== undefined)
})

test('pass() leaves an upstream alone when five different things failed in a row', () => {
  const { fail, breaker, wait } = openWorld()
  fail(breakerFailures)
  assert.equal(breaker.pass(), undefined)
  assert.equal(breaker.restMs(), breakerRestMs)
  wait(breakerRestMs)
  assert.equal(breaker.restMs(), 0)
})

test('pass() lets everything pass when one thing alone fails, however often', () => {
  const { pass, breaker } = openWorld()
  for (let nth = 0; nth < 100; nth++) pass().failed('one broken package')
  assert.equal(breaker.restMs(), 0)
})

test('pass() begins to count anew when something succeeds', () => {
  const { fail, pass, breaker } = openWorld()
  fail(breakerFailures - 1)
  pass().succeeded()
  fail(breakerFailures - 1)
  assert.equal(breaker.restMs(), 0)
})

test('pass() takes many that were on their way, and failed together, for one failure', () => {
  const { pass, breaker, wait } = openWorld()
  const all = Array.from({ length: 32 }, pass)
  for (const [at, one] of all.entries()) one.failed(`thing ${at}`)
  assert.equal(breaker.restMs(), breakerRestMs)
  wait(breakerRestMs)
  pass().failed('the try')
  assert.equal(breaker.restMs(), 2 * breakerRestMs)
})

test('pass() lets one pass after the rest, and the others when that succeeds', () => {
  const { fail, pass, breaker, wait } = openWorld()
  fail(breakerFailures)
  wait(breakerRestMs)
  const tried = pass()
  assert.equal(breaker.pass(), undefined)
  tried.succeeded()
  assert.ok(breaker.pass() !== undefined)
})

test('pass() lets another one try when the first one never tells how it went', () => {
  const { fail, pass, wait } = openWorld()
  fail(breakerFailures)
  wait(breakerRestMs)
  pass()
  wait(breakerRestMs)
  pass()
})

test('restMs() doubles with each try that fails, up to a minute', () => {
  const { fail, pass, breaker, wait } = openWorld()
  fail(breakerFailures)
  const rests: number[] = []
  for (let nth = 0; nth < 8; nth++) {
    rests.push(breaker.restMs())
    wait(breaker.restMs())
    pass().failed('the try')
  }
  const doubled = rests.map((_, nth) => Math.min(breakerRestMs * 2 ** nth, maxBreakerRestMs))
  assert.deepEqual(rests, doubled)
})

const upstream = {
  id: 'up',
  url: 'https://up.example',
  scopes: [],
  tarballHosts: [],
  authorization: '',
}

/** Asks ten times for the same, which fails so; gives how often the upstream was really asked. */
async function askTen(counted: 'different' | 'each', error: () => Error): Promise<number> {
  let asked = 0
  const ask = createAsking({ now: () => 0, report: () => undefined }, counted)
  for (let nth = 0; nth < 10; nth++) {
    const work = async (): Promise<never> => {
      asked += 1
      throw error()
    }
    await ask(upstream, 'advisories', work).catch((thrown: unknown) =>
      assert.ok(isSteleError(thrown)),
    )
  }
  return asked
}

for (const [what, counted, error, asked] of [
  ['goes on when one thing alone fails', 'different', () => new Error('reset'), 10],
  ['leaves alone who fails with each question', 'each', () => new Error('reset'), breakerFailures],
  ['goes on when it is the network here that is busy', 'each', busy, 10],
  ['goes on when there is an answer that nobody can use', 'each', odd, 10],
] as const) {
  test(`createAsking() ${what}`, async () => {
    assert.equal(await askTen(counted, error), asked)
  })
}

function busy(): SteleError {
  return new SteleError('server_busy', { reason: 'x', retryAfterS: 1 })
}

function odd(): SteleError {
  return new SteleError('upstream_answer_odd', { name: 'a', reason: 'x' })
}
