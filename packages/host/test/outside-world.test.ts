// What a script finds within an oracle besides, and what a factory says of the services beside it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWaits, type OracleAnswer, type Outcome } from '@stele/entries/calls'
import type { JsonValue } from '@stele/formats/json'
import { callOf, hostOf, memoryState } from './memory-state.ts'

const script = `
  exports.get = (url, init) => System.oracle(async () => {
    const answer = await fetch(url, init)
    return [answer.ok, answer.status, answer.headers.get('Content-Type'), answer.headers.get('none'), await answer.text()]
  })
  exports.json = (url) => System.oracle(async () => (await (await fetch(url)).json()).deep)
  exports.bytes = (url) => System.oracle(async () => [...await (await fetch(url)).bytes()])
  exports.put = (url) => System.oracle(async () => (await fetch(url, { method: 'PUT', headers: new Map([['A', 'b']]), body: Buffer.from('ff00', 'hex') })).status)
  exports.clock = () => System.oracle(() => [Date.now(), new Date().getTime(), new Date(5).getTime(), new Date() instanceof Date, typeof Date()])
  exports.afterwards = () => { System.oracle(() => Date.now()); return [Date.now(), new Date().getTime(), typeof fetch] }
  exports.provision = (options) => System.vms.provisionVM(options)
  exports.shutdown = (id) => System.vms.shutdownVM(id)`

/** Runs the call with these answers; the requests are noted. */
function ask(
  method: string,
  args: readonly JsonValue[],
  answer: OracleAnswer,
  state = memoryState(),
): { readonly outcome: Outcome; readonly requests: readonly JsonValue[] } {
  const requests: JsonValue[] = []
  const outside = (request: JsonValue): OracleAnswer => {
    requests.push(request)
    return answer
  }
  const call = { ...callOf(method, ...args), outside }
  const outcome = hostOf(script).call(call, state)
  const replayed = hostOf(script).call(
    { ...callOf(method, ...args), oracles: outcome.oracles ?? [] },
    state,
  )
  assert.deepEqual(replayed, outcome, 'a replay gives the same')
  return { outcome, requests }
}

const page = { status: 200, url: 'https://a.example/', headers: { 'content-type': 'text/plain' } }
const fetches: readonly (readonly [
  method: string,
  args: readonly JsonValue[],
  body: JsonValue,
  request: JsonValue,
  result: JsonValue,
])[] = [
  [
    'get',
    ['https://a.example/'],
    'zwölf',
    { url: 'https://a.example/' },
    [true, 200, 'text/plain', null, 'zwölf'],
  ],
  [
    'get',
    ['https://a.example/', { method: 'POST', headers: { accept: '*/*' }, body: 'b' }],
    '',
    { url: 'https://a.example/', method: 'POST', headers: { accept: '*/*' }, body: 'b' },
    [true, 200, 'text/plain', null, ''],
  ],
  ['json', ['u'], '{"deep":[1]}', { url: 'u' }, [1]],
  ['bytes', ['u'], { $base64: '/wA=' }, { url: 'u' }, [255, 0]],
  [
    'put',
    ['u'],
    '',
    { url: 'u', method: 'PUT', headers: { A: 'b' }, body: { $base64: '/wA=' } },
    200,
  ],
]
for (const [method, args, body, request, result] of fetches) {
  test(`fetch() within an oracle asks ${JSON.stringify(request)}, and gives ${JSON.stringify(result)}`, () => {
    const { outcome, requests } = ask(method, args, { value: { ...page, body } })
    assert.deepEqual(requests, [{ fetch: request }])
    assert.deepEqual(outcome.ok && outcome.result, result)
  })
}

test('call() has a clock that goes within an oracle, and stands still after it', () => {
  const { outcome, requests } = ask('clock', [], { value: 77 })
  assert.deepEqual(requests, Array(4).fill({ time: true }))
  assert.deepEqual(outcome.ok && outcome.result, [77, 77, 5, true, 'string'])
  const { timeMs } = callOf('afterwards')
  const after = ask('afterwards', [], { value: 77 }).outcome
  assert.deepEqual(after.ok && after.result, [timeMs, timeMs, 'undefined'])
})

const made = { id: 'list-1', callLogUrl: 'http://h/list-1/-/log/', filesArchiveUrl: 'http://h/f' }

test('provisionVM() asks for a service and notes it in a file, shutdownVM() takes the file away', () => {
  const state = memoryState()
  const first = ask('provision', [{ title: 'List', code: 'exports.a = 1' }], { value: made }, state)
  assert.deepEqual(first.requests, [
    { vms: { provision: { title: 'List', code: 'exports.a = 1' } } },
  ])
  assert.deepEqual(first.outcome.ok && first.outcome.result, made)
  assert.ok(first.outcome.ok)
  state.apply(first.outcome.writes)
  const note = Buffer.from(state.get('/.vms', 'list-1') ?? []).toString()
  assert.deepEqual(JSON.parse(note), { title: 'List', code: 'exports.a = 1' })
  const again = ask('provision', [{ code: 'x' }], { value: made }, state).outcome
  assert.equal(!again.ok && again.error.name, 'EntryAlreadyExistsError')
  const gone = hostOf(script).call(callOf('shutdown', 'list-1'), state)
  assert.ok(gone.ok)
  assert.deepEqual(gone.writes, [{ object: '/.vms', field: 'list-1', value: null }])
})

const misuses: readonly (readonly [method: string, args: readonly JsonValue[], name: string])[] = [
  ['provision', [], 'TypeError'],
  ['provision', [{ title: 'no code' }], 'TypeError'],
  ['provision', [{ title: 5, code: 'x' }], 'TypeError'],
  ['provision', [{ title: 'x'.repeat(201), code: 'x' }], 'TypeError'],
  ['provision', [{ code: '' }], 'TypeError'],
  ['shutdown', ['none'], 'NotFoundError'],
  ['shutdown', ['../etc'], 'NotFoundError'],
  ['shutdown', [null], 'NotFoundError'],
]
for (const [method, args, name] of misuses) {
  test(`${method}VM() throws ${name} for ${JSON.stringify(args).slice(0, 40)}, and asks nobody`, () => {
    const { outcome, requests } = ask(method, args, { value: made })
    assert.equal(!outcome.ok && outcome.error.name, name)
    assert.deepEqual(requests, [])
  })
}

test('provisionVM() takes no name that is none', () => {
  for (const id of ['a/b', '', '..', 7, 'x'.repeat(65)]) {
    const { outcome } = ask('provision', [{ code: 'x' }], { value: { ...made, id } })
    assert.equal(outcome.ok, false, JSON.stringify(id))
  }
})

test('fetch() waits outside of the VM', () => {
  const call = { ...callOf('get', 'u'), outside: () => undefined }
  assert.throws(() => hostOf(script).call(call, memoryState()), CallWaits)
})

const welcomes: readonly (readonly [script: string, anonymous: boolean])[] = [
  ['exports.anonymous = true', true],
  ['exports.anonymous = 1', false],
  ['exports.anonymous = () => true', false],
  ['module.exports = { anonymous: true, a() {} }', true],
  ['module.exports = Object.create({ anonymous: true })', false],
  ['Object.prototype.anonymous = true', false],
  ['module.exports = null', false],
  ['', false],
]
for (const [text, anonymous] of welcomes) {
  test(`anonymous() gives ${anonymous} when the script is ${text}`, () => {
    assert.equal(hostOf(text).anonymous(), anonymous)
  })
}
