// When an upstream is left alone, and for how long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { createAsking } from '../src/asking.ts'
import { createBreaker, createBreakers, type Passed } from '../src/breaker.ts'
import { breakerFailures, breakerLate, breakerRestMs, maxBreakerRestMs } from '../src/limits.ts'

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
      for (let nth = 0; nth < count; nth++) pass().failed(failure(`thing ${nth}`))
    },
    /** The same, but that no answer comes in time. */
    hang: (count: number) => {
      for (let nth = 0; nth < count; nth++)
        pass().failed({ ...failure(`thing ${nth}`), isLate: true })
    },
  }
}

function failure(what: string): Parameters<Passed['failed']>[0] {
  return { what, reason: 'reset', isLate: false }
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
  for (let nth = 0; nth < 100; nth++) pass().failed(failure('one broken package'))
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
  for (const [at, one] of all.entries()) one.failed(failure(`thing ${at}`))
  assert.equal(breaker.restMs(), breakerRestMs)
  wait(breakerRestMs)
  pass().failed(failure('the try'))
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
  wait(maxBreakerRestMs)
  pass()
})

test('pass() lets the next one try at once when the first one says nothing of the upstream', () => {
  const { fail, pass, wait } = openWorld()
  fail(breakerFailures)
  wait(breakerRestMs)
  pass().untold()
  pass()
})

test('pass() lets nobody else try while one is tried, however long that takes, and rests longer when it fails', () => {
  const { fail, pass, breaker, wait } = openWorld()
  fail(breakerFailures)
  wait(breakerRestMs)
  const tried = pass()
  wait(15_000)
  assert.equal(breaker.pass(), undefined)
  tried.failed(failure('the try'))
  assert.equal(breaker.restMs(), 2 * breakerRestMs)
})

test('pass() leaves an upstream alone when two different things were not answered in time', () => {
  const { hang, breaker } = openWorld()
  hang(breakerLate - 1)
  assert.equal(breaker.restMs(), 0)
  hang(breakerLate)
  assert.equal(breaker.restMs(), breakerRestMs)
})

test('isFailing() is true from the first answer that is late, or when five things failed, until something succeeds', () => {
  const { hang, fail, pass, breaker } = openWorld()
  fail(breakerFailures - 1)
  assert.equal(breaker.isFailing(), false)
  hang(1)
  assert.equal(breaker.isFailing(), true)
  pass().succeeded()
  assert.equal(breaker.isFailing(), false)
})

for (const [what, end, gives] of [
  ['what the work gives', 'work', 'work'],
  ['something else as soon as an answer is late', 'late', 'instead'],
  ['what the work gives when something else fails at once', 'failed', 'work'],
] as const) {
  test(`unlessFailing() gives ${what}`, async () => {
    const { hang, fail, breaker } = openWorld()
    const work = Promise.withResolvers<string>()
    const given = breaker.unlessFailing(work.promise, () => 'instead')
    if (end === 'late') hang(1)
    if (end === 'failed') fail(1)
    await Promise.resolve()
    work.resolve('work')
    assert.equal(await given, gives)
  })
}

test('unlessFailing() rejects as the work does', async () => {
  const { breaker } = openWorld()
  const work = Promise.reject(new Error('broken'))
  await assert.rejects(
    breaker.unlessFailing(work, () => undefined),
    /broken/,
  )
})

test('state() tells what is wrong with an answer that is of no use', () => {
  const { pass, breaker } = openWorld()
  pass().succeeded('it answers 403')
  const lastError = { reason: 'it answers 403', atMs: 1000 }
  assert.deepEqual(breaker.state(), { isAnswering: true, restMs: 0, lastError })
})

test('state() tells whether the last answer was one, and what went wrong last', () => {
  const { fail, breaker } = openWorld()
  const lastError = { reason: 'reset', atMs: 1000 }
  assert.deepEqual(breaker.state(), { isAnswering: undefined, restMs: 0, lastError: undefined })
  fail(breakerFailures)
  assert.deepEqual(breaker.state(), { isAnswering: false, restMs: breakerRestMs, lastError })
  const { breaker: other, ...world } = openWorld()
  world.fail(1)
  world.pass().succeeded()
  assert.deepEqual(other.state(), { isAnswering: true, restMs: 0, lastError })
})

test('restMs() doubles with each try that fails, up to a minute', () => {
  const { fail, pass, breaker, wait } = openWorld()
  fail(breakerFailures)
  const rests: number[] = []
  for (let nth = 0; nth < 8; nth++) {
    rests.push(breaker.restMs())
    wait(breaker.restMs())
    pass().failed(failure('the try'))
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
  const ask = createAsking({ report: () => undefined, breakers: createBreakers(() => 0) }, counted)
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
