// Calls over a WebSocket, as a client sees them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { CallAnswer, CallRequest } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { createApp, listen } from '@stele/http'
import { rpcFace } from '../src/rpc/index.ts'

type World = {
  readonly url: string
  readonly calls: readonly CallRequest[]
  /** Sends a text, and gives the next message that comes. */
  readonly ask: (socket: WebSocket, text: string) => Promise<unknown>
  readonly connect: (query?: string) => Promise<WebSocket>
}

async function open(t: TestContext, isDebug = true): Promise<World> {
  const calls: CallRequest[] = []
  const submit = async (request: CallRequest): Promise<CallAnswer> => {
    calls.push(request)
    return { index: calls.length, timeMs: 0, outcome: outcomeOf(request) }
  }
  const methods = async (): Promise<string[]> => ['echo', 'fail', 'nothing', 'busy', 'bug']
  const bugs: unknown[] = []
  const face = rpcFace.open({ submit, methods, isDebug, reportBug: (bug) => bugs.push(bug) }, {})
  const app = createApp({
    faces: [face],
    settings: { mountPath: '', trustedProxies: [], listensOnLoopback: true },
    now: () => 0,
    report: () => undefined,
  })
  const { url, stop } = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  t.after(() => stop(0))
  return {
    url,
    calls,
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

function outcomeOf({ method, args }: CallRequest): CallAnswer['outcome'] {
  if (method === 'echo') return { ok: true, result: [...args] }
  if (method === 'nothing') return { ok: true }
  if (method === 'busy') throw new SteleError('log_busy', { queued: 1_000, limit: 1_000 })
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
  test(`a call of "${method}" is answered with ${JSON.stringify(answer)}`, async (t) => {
    const { ask, connect } = await open(t)
    const socket = await connect()
    assert.deepEqual(await ask(socket, request(method, params, 1)), {
      jsonrpc: '2.0',
      ...answer,
      id: 1,
    })
  })
}

test('a call that nobody has room for is answered in the words of NodeVMS, and a bug as unknown', async (t) => {
  const { ask, connect } = await open(t)
  const socket = await connect()
  const messageOf = (answer: unknown): unknown => Object(Object(answer).error).message
  assert.equal(messageOf(await ask(socket, request('busy', [], 1))), 'too many active requests')
  assert.equal(messageOf(await ask(socket, request('bug', [], 2))), 'outcome_unknown')
})

test('the handshake says what there is, and where', async (t) => {
  const { url, ask, connect } = await open(t)
  const answer = await ask(await connect(), request('handshake', [], 1))
  assert.deepEqual(Object(answer).result, {
    methods: ['echo', 'fail', 'nothing', 'busy', 'bug'],
    callLogUrl: `${url}/-/log/`,
    filesArchiveUrl: `${url}/-/files/`,
  })
})

test('everything on a connection is called by whom its address names', async (t) => {
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

test('out of debug mode a name is refused before the connection is open', async (t) => {
  const { url } = await open(t, false)
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

test('a notification is run and not answered, a batch is answered at once', async (t) => {
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

test('many calls at once are answered each by its id', async (t) => {
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
  test(`the connection of whoever sends ${what} is closed with ${code}`, async (t) => {
    const { connect } = await open(t)
    const socket = await connect()
    socket.send(data)
    const [event] = await once(socket, 'close')
    assert.equal(event.code, code)
  })
}
