// Calls over a WebSocket, as a client sees them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { CallAnswer, CallRequest } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { createApp, listen } from '@stele/http'
import { WebSocket as Client } from 'ws'
import { type AnswerRoom, createAnswerRoom, rpcFace } from '../src/rpc/index.ts'

type World = {
  readonly url: string
  readonly calls: readonly CallRequest[]
  /** Sends a text, and gives the next message that comes. */
  readonly ask: (socket: WebSocket, text: string) => Promise<unknown>
  readonly connect: (query?: string) => Promise<WebSocket>
  readonly stop: (graceMs?: number) => Promise<void>
}

const methods = ['echo', 'fail', 'nothing', 'busy', 'bug', 'huge']

/** The account of a key, as far as the face looks. */
const signer = 'ed25519:mine'

async function open(
  t: TestContext,
  {
    isDebug = true,
    anonymous = false,
    room = createAnswerRoom(),
    runs = async () => undefined,
  }: {
    isDebug?: boolean
    anonymous?: boolean
    room?: AnswerRoom
    /** What each call waits for. */
    runs?: () => Promise<void>
  } = {},
): Promise<World> {
  const calls: CallRequest[] = []
  const submit = async (request: CallRequest): Promise<CallAnswer> => {
    calls.push(request)
    await runs()
    return { index: calls.length, timeMs: 0, outcome: outcomeOf(request) }
  }
  const offers = async () => ({ methods, anonymous })
  const lastSeq = (account: string): number | undefined => (account === signer ? 6 : undefined)
  const bugs: unknown[] = []
  const face = rpcFace.open(
    {
      submit,
      offers,
      origin: 'example.com/log',
      lastSeq,
      nowMs: () => 1234,
      isDebug,
      room,
      reportBug: (bug) => bugs.push(bug),
    },
    {},
  )
  const app = createApp({
    faces: [face],
    settings: { mountPath: '', trustedProxies: [], listensOnLoopback: true },
    now: () => 0,
    report: () => undefined,
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  const { url } = server
  let stopped: Promise<void> | undefined
  const stop: World['stop'] = (graceMs) => (stopped ??= server.stop(graceMs))
  t.after(() => stop(0))
  return {
    url,
    calls,
    stop,
    connect: async (query = '') => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/${query}`)
      await once(socket, 'open')
      return socket
    },
    ask: async (socket, text) => {
      socket.send(text)
      const [{ data }] = await once(socket, 'message')
      return JSON.parse(String(data))
    },
  }
}

const huge = 'x'.repeat(1024 * 1024)

function outcomeOf({ method, args }: CallRequest): CallAnswer['outcome'] {
  if (method === 'echo') return { ok: true, result: [...args] }
  if (method === 'huge') return { ok: true, result: huge }
  if (method === 'nothing') return { ok: true }
  if (method === 'busy')
    throw new SteleError('log_busy', { waiting: 1_000, limit: 1_000, unit: 'calls' })
  if (method === 'bug') throw new TypeError('x is not a function')
  return { ok: false, error: { name: 'TypeError', message: 'no' } }
}

const request = (method: string, params: unknown, id?: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params, ...(id === undefined ? {} : { id }) })

const answers: readonly (readonly [method: string, params: readonly unknown[], answer: object])[] =
  [
    ['echo', [1, 'zwei', null, { drei: [true] }], { result: [1, 'zwei', null, { drei: [true] }] }],
    ['nothing', [], { result: null }],
    ['fail', [], { error: { code: -32_000, message: 'TypeError', data: 'no' } }],
    ['init', [], { error: { code: -32_601, message: 'Method not found', data: 'init' } }],
    ['toString', [], { error: { code: -32_601, message: 'Method not found', data: 'toString' } }],
  ]
for (const [method, params, answer] of answers) {
  test(`serveConnection() answers ${JSON.stringify(answer)} when "${method}" is called`, async (t) => {
    const { ask, connect } = await open(t)
    const socket = await connect()
    assert.deepEqual(await ask(socket, request(method, params, 1)), {
      jsonrpc: '2.0',
      ...answer,
      id: 1,
    })
  })
}

test('serveConnection() answers in the words of NodeVMS when nobody has room for a call, and that the outcome is unknown when a bug was met', async (t) => {
  const { ask, connect } = await open(t)
  const socket = await connect()
  const told = async (method: string): Promise<readonly unknown[]> => {
    const { error } = Object(await ask(socket, request(method, [], 1)))
    return [error.code, error.message, error.data.code]
  }
  assert.deepEqual(await told('busy'), [-32_000, 'too many active requests', 'log_busy'])
  assert.deepEqual(await told('bug'), [-32_002, 'outcome_unknown', 'outcome_unknown'])
})

test('serveConnection() answers a handshake with what there is, and where', async (t) => {
  const { url, ask, connect } = await open(t)
  const answer = await ask(await connect(), request('handshake', [], 1))
  assert.deepEqual(Object(answer).result, {
    methods,
    callLogUrl: `${url}/-/log/`,
    filesArchiveUrl: `${url}/-/files/`,
    origin: 'example.com/log',
  })
})

test('serveConnection() calls as whom the address of the connection names', async (t) => {
  const { calls, ask, connect } = await open(t)
  const [alice, nobody] = [await connect('?user=alice'), await connect()]
  await ask(alice, request('echo', [1], 1))
  await ask(nobody, request('echo', [2], 1))
  assert.deepEqual(
    calls.map(({ account, via, args }) => ({ account, via, args })),
    [
      { account: 'alice', via: 'debug', args: [1] },
      { account: null, via: 'debug', args: [2] },
    ],
  )
})

test('rpcFace refuses a connection when its address names a user out of debug mode', async (t) => {
  const { url } = await open(t, { isDebug: false })
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13',
  }
  const [response]: IncomingMessage[] = await once(
    get(`${url}/?user=alice`, { headers }),
    'response',
  )
  assert.ok(response)
  const body = JSON.parse((await response.toArray()).join(''))
  assert.deepEqual([response.statusCode, body.code], [403, 'debug_only'])
})

test('serveConnection() runs a notification without an answer, and answers a batch at once', async (t) => {
  const { calls, ask, connect } = await open(t)
  const socket = await connect()
  socket.send(request('echo', ['told']))
  const batch = `[${request('echo', ['a'], 1)},${request('echo', ['b'])},${request('echo', ['c'], 2)}]`
  const answer = await ask(socket, batch)
  assert.deepEqual(answer, [
    { jsonrpc: '2.0', result: ['a'], id: 1 },
    { jsonrpc: '2.0', result: ['c'], id: 2 },
  ])
  assert.deepEqual(
    calls.map(({ args }) => args[0]),
    ['told', 'a', 'b', 'c'],
  )
})

test('serveConnection() answers each call by its id when many come at once', async (t) => {
  const { connect } = await open(t)
  const socket = await connect()
  const count = 2_000
  const seen = new Map<number, unknown>()
  const all = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data))
    seen.set(id, result[0])
    if (seen.size === count) all.resolve()
  })
  for (let id = 0; id < count; id++) socket.send(request('echo', [id], id))
  await all.promise
  assert.ok(seen.entries().every(([id, result]) => id === result))
})

const closings: readonly (readonly [
  what: string,
  data: string | Uint8Array<ArrayBuffer>,
  code: number,
])[] = [
  ['bytes', new Uint8Array(3), 1003],
  ['a message over 2 MiB', 'x'.repeat(2 * 1024 * 1024 + 1), 1009],
]
for (const [what, data, code] of closings) {
  test(`serveConnection() closes the connection with ${code} when a client sends ${what}`, async (t) => {
    const { connect } = await open(t)
    const socket = await connect()
    socket.send(data)
    const [event] = await once(socket, 'close')
    assert.equal(event.code, code)
  })
}

const signed = {
  account: signer,
  origin: 'example.com/log',
  seq: 7,
  notAfter: 99,
  key: '0'.repeat(64),
  signature: 'A'.repeat(86) + '==',
}
const signedRequest = (stele: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'echo', params: [1], id: 1, stele })

for (const isDebug of [true, false]) {
  test(`serveConnection() submits a signed call as its key's ${isDebug ? 'in' : 'out of'} debug mode`, async (t) => {
    const { calls, ask, connect } = await open(t, { isDebug })
    const socket = await connect()
    assert.deepEqual(Object(await ask(socket, signedRequest(signed))).result, [1])
    const { account, origin: _origin, ...by } = signed
    assert.deepEqual(calls, [{ account, via: 'key', signed: by, method: 'echo', args: [1] }])
  })
}

test('serveConnection() refuses unsigned calls out of debug mode, unless the script welcomes anonymous callers', async (t) => {
  const closed = await open(t, { isDebug: false })
  const { error } = Object(await closed.ask(await closed.connect(), request('echo', [1], 1)))
  assert.deepEqual([error.code, error.message], [-32_001, 'call_unsigned'])
  assert.match(error.data.message, /takes signed calls only/)
  assert.match(error.data.fix, /--identity/)
  assert.deepEqual(closed.calls, [])
  const welcoming = await open(t, { isDebug: false, anonymous: true })
  await welcoming.ask(await welcoming.connect(), request('echo', [1], 1))
  assert.deepEqual(welcoming.calls, [{ account: null, via: 'token', method: 'echo', args: [1] }])
})

test('serveConnection() refuses a call in words when it was signed for another service', async (t) => {
  const { calls, ask, connect } = await open(t)
  const answer = await ask(await connect(), signedRequest({ ...signed, origin: 'elsewhere' }))
  const { error } = Object(answer)
  assert.deepEqual([error.code, error.message], [-32_002, 'call_unauthorized'])
  assert.match(error.data.message, /signed for "elsewhere", this service is "example\.com\/log"/)
  assert.deepEqual(calls, [])
})

const malformed: readonly (readonly [stele: unknown, reason: RegExp])[] = [
  [null, /is not an object/],
  ['signed', /is not an object/],
  [{ ...signed, more: 1 }, /has a member "more"/],
  [{ ...signed, account: undefined }, /has no account/],
  [{ ...signed, account: 'x'.repeat(201) }, /has no account/],
  [{ ...signed, origin: 7 }, /has no origin/],
  [{ ...signed, key: 'F'.repeat(64) }, /has no key/],
  [{ ...signed, signature: 'A'.repeat(89) }, /has no signature/],
  [{ ...signed, seq: 0 }, /has no seq/],
  [{ ...signed, seq: 1.5 }, /has no seq/],
  [{ ...signed, seq: 2 ** 53 }, /has no seq/],
  [{ ...signed, notAfter: -1 }, /has no notAfter/],
]
for (const [stele, reason] of malformed) {
  test(`serveConnection() refuses a request when its member "stele" ${reason.source}: ${JSON.stringify(stele).slice(0, 30)}`, async (t) => {
    const { calls, ask, connect } = await open(t)
    const { error } = Object(await ask(await connect(), signedRequest(stele)))
    assert.equal(error.code, -32_600)
    assert.match(error.data, reason)
    assert.deepEqual(calls, [])
  })
}

test("serveConnection() answers stele.seq with a key's last number and the time, and refuses what is no key", async (t) => {
  const { ask, connect } = await open(t, { isDebug: false })
  const socket = await connect()
  const known = await ask(socket, request('stele.seq', [signer], 1))
  assert.deepEqual(Object(known).result, { seq: 6, timeMs: 1234 })
  for (const params of [['alice'], [], [7], ['x'.repeat(300)]]) {
    assert.equal(Object(await ask(socket, request('stele.seq', params, 1))).error.code, -32_602)
  }
})

test('serveConnection() says of later calls of a batch that they are done when the answers are too long together', async (t) => {
  const { calls, ask, connect } = await open(t)
  const batch = Array.from({ length: 32 }, (_, id) => request('huge', [], id))
  const answers = await ask(await connect(), `[${batch.join(',')}]`)
  assert.ok(Array.isArray(answers))
  assert.deepEqual([answers.length, calls.length], [32, 32])
  assert.equal(answers.filter(({ result }) => result === huge).length, 7)
  assert.ok(answers.slice(7).every(({ error }) => error.message === 'answer_too_large'))
})

test('serveConnection() refuses a batch whole when it has more requests than may wait', async (t) => {
  const { calls, ask, connect } = await open(t)
  const batch = Array.from({ length: 257 }, (_, id) => request('echo', [], id))
  const answer = Object(await ask(await connect(), `[${batch.join(',')}]`))
  assert.deepEqual([answer.error.code, answer.id, calls.length], [-32_600, null, 0])
})

test('serveConnection() refuses a request when its id is neither text nor a number, and takes it for no notification', async (t) => {
  const { calls, ask, connect } = await open(t)
  const socket = await connect()
  for (const id of [{}, [], true]) {
    const { error } = Object(await ask(socket, request('echo', [], id)))
    assert.match(error.data, /"id"/)
  }
  assert.equal(calls.length, 0)
})

test('serveConnection() ends a connection whose client reads no answers when others need the room, and answers them', async (t) => {
  const limitBytes = 3 * 1024 * 1024
  const room = createAnswerRoom(limitBytes)
  const { url, ask, connect } = await open(t, { room })
  const deaf = new Client(`${url.replace('http', 'ws')}/`)
  await once(deaf, 'open')
  deaf.pause()
  const cut = once(deaf, 'close')
  const reader = await connect()
  for (let id = 0; id < 24; id++) {
    deaf.send(request('huge', [], id))
    assert.equal(Object(await ask(reader, request('huge', [], id))).result, huge)
    assert.ok(room.heldBytes() <= limitBytes)
  }
  deaf.resume()
  await cut
})

test('serveConnection() stops reading when a client sends much more than may wait, and reads nothing', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { calls, url } = await open(t, { runs: () => gate.promise })
  const client = new Client(`${url.replace('http', 'ws')}/`)
  await once(client, 'open')
  const batch = `[${Array.from({ length: 200 }, (_, id) => request('echo', ['x'.repeat(200)], id)).join(',')}]`
  for (let count = 0; count < 100; count++) client.send(batch)
  while (calls.length < 400) await new Promise(setImmediate)
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate)
  assert.ok(calls.length < 2_000, `${calls.length}`)
  gate.resolve()
  client.terminate()
})

test('stop() lets calls that run be answered, takes no others, and closes the connection with 1001', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { calls, connect, stop } = await open(t, { runs: () => gate.promise })
  const [socket, idle] = [await connect(), await connect()]
  const closed = Promise.all([once(socket, 'close'), once(idle, 'close')])
  const answered = once(socket, 'message')
  socket.send(request('echo', ['last'], 1))
  while (calls.length === 0) await new Promise(setImmediate)
  const stopped = stop(3_600_000)
  socket.send(request('echo', ['too late'], 2))
  gate.resolve()
  const [{ data }] = await answered
  assert.deepEqual(JSON.parse(String(data)).result, ['last'])
  for (const [{ code }] of await closed) assert.equal(code, 1001)
  await stopped
  assert.equal(calls.length, 1)
})
