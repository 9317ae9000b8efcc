import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWaits, type OracleAnswer, type ScriptCall } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { callOf, hostOf, memoryState } from './memory-state.ts'

const script = `let asked = 0
  exports.ask = () => System.oracle(() => ++asked)
  exports.twice = () => [System.oracle(() => 1), System.oracle(() => 2)]
  exports.asked = () => asked
  exports.fetch = (...names) => names.map((name) => System.oracle(() => System.outside({ name }).text))
  exports.swallow = (name) => System.oracle(() => { try { return System.outside({ name }) } catch { return 'caught' } })`
const empty = memoryState()

test('call() asks an oracle once, on a copy of the memory, and a replay takes its answer from the record', () => {
  const [made, replayed] = [hostOf(script), hostOf(script)]
  const outcome = made.call(callOf('ask'), empty)
  assert.deepEqual(outcome.oracles, [{ value: 1 }])
  const recorded = { ...callOf('ask'), oracles: outcome.oracles ?? [] }
  assert.deepEqual(replayed.call(recorded, empty), outcome)
  assert.equal(replayed.memoryDigest(), made.memoryDigest())
  const count = made.call(callOf('asked'), empty)
  assert.equal(count.ok && count.result, 0)
})

const misfits: readonly [method: string, oracles: readonly OracleAnswer[], reason: RegExp][] = [
  ['twice', [], /asks more oracles than the 0 that it records/],
  ['twice', [{ value: 1 }], /asks more oracles than the 1/],
  ['asked', [{ value: 1 }], /leaves 1 of its oracles' answers unused/],
  ['none', [{ value: 1 }], /leaves 1/],
]
for (const [method, oracles, reason] of misfits) {
  test(`call() throws entry_invalid when ${method}() is replayed with ${oracles.length} answers`, () => {
    const host = hostOf(script)
    const digest = host.memoryDigest()
    assert.throws(
      () => host.call({ ...callOf(method), oracles }, empty),
      (error) => isSteleError(error, 'entry_invalid') && reason.test(error.message),
    )
    assert.equal(host.memoryDigest(), digest)
    assert.equal(host.call(callOf('ask'), empty).ok, true)
  })
}

/** Runs the call, as often as it waits, with the answers that `answer` gives in the meantime. */
async function callWaiting(
  host: ReturnType<typeof hostOf>,
  call: ScriptCall,
  answer: (request: JsonValue) => Promise<OracleAnswer>,
): Promise<ReturnType<typeof host.call>> {
  const known = new Map<string, OracleAnswer>()
  const outside = (request: JsonValue): OracleAnswer | undefined =>
    known.get(JSON.stringify(request))
  for (;;) {
    try {
      return host.call({ ...call, outside }, empty)
    } catch (error) {
      if (!(error instanceof CallWaits)) throw error
      known.set(JSON.stringify(error.request), await answer(error.request))
    }
  }
}

test('call() waits outside of the VM for what an oracle asks the world, and leaves no trace until it has it', async () => {
  const host = hostOf(script)
  const digest = host.memoryDigest()
  const digests: string[] = []
  const outcome = await callWaiting(host, callOf('fetch', 'a', 'b'), async (request) => {
    digests.push(host.memoryDigest())
    return { value: { text: `answer to ${JSON.stringify(request)}` } }
  })
  assert.deepEqual(digests, [digest, digest])
  assert.deepEqual(outcome.ok && outcome.result, [
    'answer to {"name":"a"}',
    'answer to {"name":"b"}',
  ])
  const replayed = hostOf(script)
  const record = { ...callOf('fetch', 'a', 'b'), oracles: outcome.oracles ?? [] }
  assert.deepEqual(replayed.call(record, empty), outcome)
  assert.equal(replayed.memoryDigest(), host.memoryDigest())
})

test('call() waits also when the script catches what it can', () => {
  const call = { ...callOf('swallow', 'a'), outside: () => undefined }
  assert.throws(() => hostOf(script).call(call, empty), CallWaits)
})

test('call() gives an oracle the error that came from outside', async () => {
  const refused = { error: { name: 'HostNotAllowed', message: 'ask the operator' } }
  const outcome = await callWaiting(hostOf(script), callOf('fetch', 'a'), async () => refused)
  assert.deepEqual(outcome, { ok: false, error: refused.error, oracles: [refused] })
})

const flood = `
  exports.flood = (size, count) => {
    let kept = 0
    for (let at = 0; at < count; at++) {
      try { kept += System.oracle(() => 'x'.repeat(size)).length } catch (error) { return [at, kept, error.name] }
    }
    return [count, kept]
  }
  exports.insist = (size, count) => {
    for (let at = 0; at < count; at++) try { System.oracle(() => 'x'.repeat(at === 0 ? size : 40_000)) } catch {}
  }`

test('call() answers an oracle with OracleLimitError when the body of the call has no room for its answer, and the replay does too', () => {
  const outcome = hostOf(flood).call(callOf('flood', 400_000, 5), empty)
  assert.deepEqual(outcome.ok && outcome.result, [2, 800_000, 'OracleLimitError'])
  const recorded = { ...callOf('flood', 400_000, 5), oracles: outcome.oracles ?? [] }
  assert.deepEqual(hostOf(flood).call(recorded, empty), outcome)
  assert.ok(Buffer.byteLength(JSON.stringify(outcome.oracles)) < 1024 * 1024)
})

test('call() throws call_aborted when oracles go on that nobody can record, and leaves no trace', () => {
  const host = hostOf(flood)
  const digest = host.memoryDigest()
  assert.throws(() => host.call(callOf('insist', 980_000, 1_000), empty), {
    code: 'call_aborted',
  })
  assert.equal(host.memoryDigest(), digest)
  assert.equal(host.call(callOf('flood', 1, 1), empty).ok, true)
})
