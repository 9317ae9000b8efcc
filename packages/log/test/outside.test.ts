// Oracles that ask the world outside: calls that wait for it, beside calls that do not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CallAnswer,
  CallWaits,
  type Executor,
  noScript,
  type OracleAnswer,
} from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import {
  maxOutsideCallCharacters,
  maxOutsideCalls,
  maxOutsideCharacters,
  maxOutsideMs,
  maxOutsideRequests,
  maxRequestCharacters,
} from '../src/limits.ts'
import { Sequencer } from '../src/sequencer.ts'
import { auditStore } from './audit.ts'
import { createWorld, genesis, origin, verifiers, type World } from './world.ts'

type Asked = { readonly request: JsonValue; readonly answer: (answer: OracleAnswer) => void }

/**
 * A script. ask(...names) asks outside for each name and gives the answers; changing() asks for what is
 * different in each run; long(length) asks for much; ping() asks nothing. Its `runs` are noted.
 */
async function open(): Promise<{
  readonly world: World
  readonly log: Sequencer
  readonly asked: Asked[]
  readonly seeds: string[]
  readonly next: () => Promise<Asked>
}> {
  const [asked, seeds]: [Asked[], string[]] = [[], []]
  let run = 0
  const namesOf: { readonly [method: string]: (args: JsonValue[]) => JsonValue[] } = {
    changing: () => [`run ${++run}`],
    long: ([length]) => ['x'.repeat(Number(length))],
  }
  const executor: Executor = {
    ...noScript,
    init: () => ({ ok: true, changes: 0, writes: [] }),
    call: ({ method, args, outside, seed }) => {
      seeds.push(Buffer.from(seed).toString('hex'))
      const given: JsonValue[] = JSON.parse(args)
      const names = namesOf[method]?.(given) ?? given
      if (method === 'ping') return { ok: true, changes: 0, writes: [] }
      const answers = names.map((request) => {
        const answer = outside?.(request)
        if (answer === undefined) throw new CallWaits(request)
        return answer
      })
      const result = answers.map((one) => ('error' in one ? one.error.name : cut(one.value)))
      return { ok: true, result, changes: 0, writes: [], oracles: result.map(valueOf) }
    },
  }
  const world = createWorld(undefined, () => executor)
  let heard = (): void => undefined
  const outside = (request: JsonValue): Promise<OracleAnswer> =>
    new Promise((answer) => {
      asked.push({ request, answer })
      heard()
    })
  const log = await Sequencer.create({ ...world.ports, store: world.store, outside }, genesis, {})
  const next = async (): Promise<Asked> => {
    while (asked.length === 0) await new Promise<void>((resolve) => (heard = resolve))
    return asked.shift() ?? assert.fail()
  }
  return { world, log, asked, seeds, next }
}

/** An oracle's function makes little of much. */
const cut = (value: JsonValue): JsonValue =>
  typeof value === 'string' ? value.slice(0, 10) : value
const valueOf = (value: JsonValue): OracleAnswer => ({ value })

const call = (log: Sequencer, method: string, ...args: JsonValue[]): Promise<CallAnswer> =>
  log.submit({ account: 'alice', via: 'token', method, args })
const resultOf = ({ outcome }: CallAnswer): unknown => (outcome.ok ? outcome.result : outcome)

test('submit() runs a call again with each answer when it asks outside, and logs it once', async () => {
  const { world, log, next, seeds } = await open()
  const called = call(log, 'ask', 'a', 'b')
  const first = await next()
  assert.equal(log.head.size, 1)
  first.answer({ value: 'A' })
  const second = await next()
  assert.deepEqual([first.request, second.request], ['a', 'b'])
  second.answer({ error: { name: 'NotAllowedError', message: 'no' } })
  assert.deepEqual(resultOf(await called), ['A', 'NotAllowedError'])
  assert.equal(new Set(seeds).size, 1, 'chance is the same in each run')
  assert.equal(auditStore(world.store, origin, verifiers), 2)
})

test('submit() answers other calls while one waits for an answer from outside', async () => {
  const { log, next } = await open()
  const waiting = call(log, 'ask', 'a')
  const { answer } = await next()
  assert.equal((await call(log, 'ping')).index, 1)
  assert.equal((await call(log, 'ping')).index, 2)
  answer({ value: 1 })
  assert.equal((await waiting).index, 3)
})

test('submit() logs a call that has waited at the time of its first run, unless the log is later by then', async () => {
  const { world, log, next } = await open()
  const startMs = world.nowMs
  const alone = call(log, 'ask', 'a')
  const first = await next()
  world.nowMs += 500
  first.answer({ value: 1 })
  assert.equal((await alone).timeMs, startMs)
  const beside = call(log, 'ask', 'a')
  const second = await next()
  world.nowMs += 500
  await call(log, 'ping')
  second.answer({ value: 1 })
  assert.equal((await beside).timeMs, startMs + 1000)
})

test('submit() asks anew when a run asks otherwise than the one before, as often as a call may ask', async () => {
  const { log, next } = await open()
  const called = call(log, 'changing')
  for (let count = 1; count <= maxOutsideRequests; count++) {
    const { request, answer } = await next()
    assert.equal(request, `run ${count}`)
    answer({ value: 'too late' })
  }
  assert.deepEqual(resultOf(await called), ['OutsideLimitError'])
})

test('submit() answers an oracle with OutsideLimitError when its call asks for too long, or for too much', async () => {
  const { world, log, next } = await open()
  const slow = call(log, 'ask', 'a', 'b')
  const first = await next()
  world.nowMs += maxOutsideMs + 1
  first.answer({ value: 'A' })
  assert.deepEqual(resultOf(await slow), ['A', 'OutsideLimitError'])
  const large = call(log, 'ask', 'a', 'b')
  const whole = await next()
  whole.answer({ value: 'x'.repeat(maxOutsideCallCharacters) })
  const rest = await next()
  rest.answer({ value: 'B' })
  assert.deepEqual(resultOf(await large), ['OutsideLimitError', 'B'])
  const long = await call(log, 'long', maxRequestCharacters)
  assert.deepEqual(resultOf(long), ['OutsideLimitError'])
})

test('submit() answers an oracle with OutsideError when nobody gives an answer', async () => {
  const { world } = await open()
  const executor: Executor = {
    init: () => ({ ok: true, changes: 0, writes: [] }),
    call: ({ outside }) => {
      const answer = outside?.('a')
      if (answer === undefined) throw new CallWaits('a')
      return { ok: true, result: answer, changes: 0, writes: [] }
    },
  }
  const fresh = createWorld(undefined, () => executor)
  const outside = async (): Promise<OracleAnswer> => {
    throw new Error('nobody is there')
  }
  const log = await Sequencer.create({ ...fresh.ports, store: fresh.store, outside }, genesis, {})
  const error = { name: 'OutsideError', message: 'nobody is there' }
  assert.deepEqual(resultOf(await call(log, 'ask')), { error })
  assert.equal(world.store.head()?.size, 1)
})

test('submit() throws log_busy when too many calls wait for answers from outside, and the others go on', async () => {
  const { log, asked, next } = await open()
  const waiting = Array.from({ length: maxOutsideCalls }, () => call(log, 'ask', 'a'))
  while (asked.length < maxOutsideCalls) await new Promise(setImmediate)
  await assert.rejects(call(log, 'ask', 'a'), {
    code: 'log_busy',
    details: { waiting: maxOutsideCalls, limit: maxOutsideCalls, unit: 'calls' },
    message: `Cannot queue the call: ${maxOutsideCalls} calls wait already, the limit is ${maxOutsideCalls}`,
  })
  const { answer } = await next()
  answer({ value: 1 })
  assert.deepEqual(resultOf(await Promise.race(waiting)), [1])
  const another = call(log, 'ask', 'a')
  while (asked.length < maxOutsideCalls) await new Promise(setImmediate)
  for (const one of asked) one.answer({ value: 2 })
  await Promise.all([...waiting, another])
})

test('submit() throws log_busy when the answers that waiting calls hold are too long together', async () => {
  const { log, asked, next } = await open()
  const each = Math.floor(maxOutsideCallCharacters * 0.9)
  const count = Math.ceil(maxOutsideCharacters / each)
  const waiting = Array.from({ length: count }, () => call(log, 'ask', 'a', 'b'))
  for (let at = 0; at < count; at++) (await next()).answer({ value: 'x'.repeat(each) })
  while (asked.length < count) await new Promise(setImmediate)
  await assert.rejects(call(log, 'ask', 'a'), (error) => {
    assert.ok(isSteleError(error, 'log_busy'))
    assert.ok(error.details.waiting >= maxOutsideCharacters)
    assert.partialDeepStrictEqual(error.details, {
      limit: maxOutsideCharacters,
      unit: 'characters',
    })
    return true
  })
  for (const one of asked) one.answer({ value: 2 })
  assert.equal((await Promise.all(waiting)).length, count)
})

test('close() refuses what waits for an answer, and what comes later is dropped', async () => {
  const { world, log, next } = await open()
  const waiting = call(log, 'ask', 'a')
  const { answer } = await next()
  const refused = assert.rejects(waiting, { code: 'log_closed' })
  await log.close()
  await refused
  answer({ value: 1 })
  assert.equal(auditStore(world.store, origin, verifiers), 1)
})

test('close() refuses a call that was answered, and asks once more', async () => {
  const { log, next } = await open()
  const waiting = call(log, 'ask', 'a', 'b')
  const { answer } = await next()
  answer({ value: 1 })
  const refused = assert.rejects(waiting, { code: 'log_closed' })
  await Promise.resolve()
  await log.close()
  await refused
})
