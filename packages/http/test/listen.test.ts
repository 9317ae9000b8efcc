// The adapter on a real port of the loopback: what only sockets can show.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { toReply } from '../src/error-reply.ts'
import { finish } from '../src/finish.ts'
import { type App, type HttpEvent, type Listening, listen, type Reply } from '../src/index.ts'

type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const limitBytes = 100_000
const mib = 1024 * 1024

/** Reads the body and says how long it was; errors as the real app answers them. */
const echo: App = async (ask): Promise<Reply> => {
  try {
    const bytes = await ask.body(limitBytes)
    return text(200, `${bytes.length} ${hash('sha256', bytes, 'hex').slice(0, 8)}`)
  } catch (error) {
    const draft = toReply(error, (bug) => assert.fail(String(bug)))
    return finish(ask, draft)
  }
}

function text(status: number, body: string): Reply {
  const bytes = Buffer.from(body)
  return { status, headers: { 'content-length': String(bytes.length) }, body: bytes }
}

async function withServer(
  app: App,
  work: (server: Listening, events: HttpEvent[]) => Promise<void>,
  maxBufferedBytes?: number,
): Promise<void> {
  const events: HttpEvent[] = []
  const more = maxBufferedBytes === undefined ? {} : { maxBufferedBytes }
  const options = { host: '127.0.0.1', port: 0, report: (e: HttpEvent) => events.push(e), ...more }
  const server = await listen(app, options)
  try {
    await work(server, events)
  } finally {
    await server.stop(0)
  }
}

type Sent = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
  readonly agent?: Agent
}

function send(
  { url }: Listening,
  { method = 'PUT', headers = {}, body, agent }: Sent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, ...(agent === undefined ? {} : { agent }) }
    const sent = request(`${url}/x`, options)
    answerOf(sent).then(resolve, reject)
    sent.end(body)
  })
}

function answerOf(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) })
      })
    })
  })
}

/** Sends bytes as they are, `later` when something came, and gives all that comes until the connection closes. */
function sendRaw({ port }: Listening, raw: string, later?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(raw))
    let found = ''
    if (later !== undefined) socket.once('data', () => socket.write(later))
    socket.on('data', (chunk) => (found += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(found))
  })
}

function codeOf(answer: Answer): unknown {
  return Reflect.get(Object(JSON.parse(answer.body.toString())), 'code')
}

test('listen() hands bodies over whole, and keeps connections open over 30 s', async () => {
  await withServer(echo, async (server) => {
    const agent = new Agent({ keepAlive: true })
    const bytes = Buffer.alloc(50_000, 'x')
    const wanted = `50000 ${hash('sha256', bytes, 'hex').slice(0, 8)}`
    for (const headers of [{ 'content-length': '50000' }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await send(server, { headers, body: bytes, agent })
      assert.equal(answer.body.toString(), wanted)
      assert.equal(answer.headers['keep-alive'], 'timeout=65')
    }
    agent.destroy()
  })
})

const codings: readonly (readonly [
  claim: string,
  coding: string,
  body: Uint8Array,
  wanted: number | string,
])[] = [
  ['gzip', 'gzip', gzipSync(Buffer.alloc(90_000)), 200],
  ['x-gzip', 'X-Gzip', gzipSync('{}'), 200],
  ['identity', 'identity', Buffer.from('{}'), 200],
  ['a bomb', 'gzip', gzipSync(Buffer.alloc(64 * mib)), 'body_too_large'],
  ['broken gzip', 'gzip', Buffer.from('this is no gzip'), 'request_invalid'],
  [
    'gzip that is cut',
    'gzip',
    gzipSync(Buffer.alloc(50_000, 'abc')).subarray(0, 40),
    'request_invalid',
  ],
  ['another coding', 'br', Buffer.from('x'), 'coding_unsupported'],
  ['two codings', 'gzip, gzip', Buffer.from('x'), 'coding_unsupported'],
]
for (const [claim, coding, body, wanted] of codings) {
  test(`a body with ${claim} answers ${wanted}`, async () => {
    await withServer(echo, async (server) => {
      const answer = await send(server, { headers: { 'content-encoding': coding }, body })
      assert.equal(answer.status === 200 ? 200 : codeOf(answer), wanted)
    })
  })
}

for (const transfer of ['by its length', 'while it arrives'] as const) {
  test(`a body that is too large is refused ${transfer}, in JSON, and the client is not left hanging`, async () => {
    await withServer(echo, async (server) => {
      const body = Buffer.alloc(2 * mib)
      const headers: Record<string, string> =
        transfer === 'by its length'
          ? { 'content-length': String(body.length) }
          : { 'transfer-encoding': 'chunked' }
      const answer = await send(server, { headers, body })
      assert.deepEqual([answer.status, codeOf(answer)], [413, 'body_too_large'])
      assert.equal(answer.headers.connection, 'close')
      assert.equal((await send(server, { body: Buffer.from('x') })).status, 200)
    })
  })
}

test('an answer that needs no body does not wait for one', async () => {
  await withServer(
    async () => text(401, '{}'),
    async (server) => {
      const answer = await send(server, { body: Buffer.alloc(2 * mib) })
      assert.equal(answer.status, 401)
    },
  )
})

test('a client that goes away while it sends leaves nothing behind', async () => {
  const seen = Promise.withResolvers<unknown>()
  const app: App = async (ask) => {
    try {
      return text(200, `${(await ask.body(limitBytes)).length}`)
    } catch (error) {
      seen.resolve(error)
      return text(503, 'x')
    }
  }
  await withServer(
    app,
    async (server) => {
      const sent = request(`${server.url}/x`, {
        method: 'PUT',
        headers: { 'content-length': '90000' },
      })
      sent.on('error', () => undefined)
      sent.write(Buffer.alloc(40_000))
      sent.once('socket', (socket) =>
        socket.once('connect', () => setImmediate(() => sent.destroy())),
      )
      assert.ok(isSteleError(await seen.promise, 'request_cut'))
      // The room that it took is free again: this one needs more than what would be left.
      assert.equal((await send(server, { body: Buffer.alloc(90_000) })).status, 200)
    },
    125_000,
  )
})

test('uploads that together need too much memory are told to come back', async () => {
  await withServer(
    echo,
    async (server) => {
      const answer = await send(server, { body: Buffer.alloc(50_000) })
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'server_busy'])
      assert.equal(answer.headers['retry-after'], '5')
      assert.equal((await send(server, { body: Buffer.alloc(30_000) })).status, 200)
    },
    40_000,
  )
})

test('a body that its route hands to a thread leaves room for the next one once it is answered', async () => {
  const app: App = async (asked) => {
    const { buffer } = await asked.body(limitBytes)
    assert.ok(buffer instanceof ArrayBuffer)
    structuredClone(buffer, { transfer: [buffer] })
    return text(200, 'taken')
  }
  await withServer(
    app,
    async (server) => {
      for (let uploads = 0; uploads < 3; uploads++) {
        assert.equal((await send(server, { body: Buffer.alloc(90_000) })).status, 200)
      }
    },
    125_000,
  )
})

test('what is no HTTP, or has too many headers, is answered in JSON', async () => {
  await withServer(echo, async (server, events) => {
    const garbage = await sendRaw(server, 'nonsense\r\n\r\n')
    assert.match(garbage, /^HTTP\/1\.1 400 .*request_invalid/s)
    const large = await sendRaw(server, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    assert.match(large, /^HTTP\/1\.1 431 .*headers are too large/s)
    assert.deepEqual(new Set(events.map((event) => event.type)), new Set(['connection']))
  })
})

for (const [what, status] of [
  ['an answer that has begun', 200],
  ['a request that has no answer yet', undefined],
] as const) {
  test(`what is no HTTP behind ${what} cuts the connection, and nothing is written into it`, async () => {
    const app: App = async () => {
      if (status === undefined) return new Promise<Reply>(() => undefined)
      const body = new PassThrough()
      body.write('begun')
      return { status, headers: {}, body }
    }
    await withServer(app, async (server, events) => {
      const [good, bad] = ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', 'nonsense\r\n\r\n']
      const found = status === undefined ? sendRaw(server, good + bad) : sendRaw(server, good, bad)
      assert.doesNotMatch(await found, /request_invalid/)
      assert.ok(events.some(({ type }) => type === 'connection'))
    })
  })
}

test('a body whose chunks are broken is answered 400', async () => {
  await withServer(echo, async (server) => {
    const head = 'PUT /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
    assert.match(await sendRaw(server, `${head}nonsense\r\n`), /^HTTP\/1\.1 400 .*request_invalid/s)
  })
})

test('a connection that cannot be accepted is reported, and the server goes on', async () => {
  await withServer(echo, async (server, events) => {
    const started = Promise.withResolvers<EventEmitter>()
    const onStart = (message: unknown): void =>
      started.resolve(Reflect.get(Object(message), 'server'))
    subscribe('http.server.request.start', onStart)
    await send(server, { body: Buffer.alloc(1) })
    unsubscribe('http.server.request.start', onStart)
    ;(await started.promise).emit('error', new Error('accept EMFILE'))
    assert.deepEqual(events, [{ type: 'connection', client: '', reason: 'accept EMFILE' }])
    assert.equal((await send(server, { body: Buffer.alloc(1) })).status, 200)
  })
})

/** Without the mend it hangs. */
const hangs = { timeout: 60_000 }

test('a file reaches a client that sends its whole body before it reads', hangs, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-http-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'large')
  writeFileSync(file, Buffer.alloc(12 * mib, 'x'))
  const app: App = async () => ({
    status: 200,
    headers: {},
    body: { file, start: 0, end: 12 * mib },
  })
  await withServer(app, async ({ port }) => {
    const bodyBytes = 7 * mib
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(`PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: ${bodyBytes}\r\n\r\n`)
    socket.write(Buffer.alloc(bodyBytes))
    if (socket.writableLength > 0) await once(socket, 'drain') // The server takes all of it.
    let size = 0
    for await (const part of socket) size += part.length
    assert.ok(size > 12 * mib)
  })
})

test('two lengths, or a length and chunks, are refused: no request is smuggled', async () => {
  await withServer(echo, async (server) => {
    const both =
      'PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    const twice = 'PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc'
    for (const raw of [both, twice]) assert.match(await sendRaw(server, raw), /^HTTP\/1\.1 400 /)
  })
})

test('a file is sent as it lies, to many at once, and one that breaks off hurts nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-http-'))
  try {
    const file = join(folder, 'blob')
    const bytes = Buffer.alloc(3 * mib, 'some content ')
    writeFileSync(file, bytes)
    const app: App = async () => ({
      status: 200,
      headers: { 'content-length': String(bytes.length - 5) },
      body: { file, start: 5, end: bytes.length },
    })
    await withServer(app, async (server) => {
      const broken = request(`${server.url}/x`, (response) =>
        response.once('data', () => broken.destroy()),
      )
      broken.on('error', () => undefined)
      broken.end()
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => send(server, { method: 'GET' })),
      )
      for (const { body } of answers) assert.ok(body.equals(bytes.subarray(5)))
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('small files to clients that do not read are never mixed up, though their buffers are used again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-http-'))
  try {
    const contents = Array.from({ length: 60 }, (_, at) => Buffer.alloc(200 * 1024, `file ${at} `))
    for (const [at, content] of contents.entries()) writeFileSync(join(folder, `${at}`), content)
    const app: App = async ({ url }) => ({
      status: 200,
      headers: { 'content-length': '204795', connection: 'close' },
      body: { file: join(folder, url.slice(1)), start: 5, end: 204_800 },
    })
    await withServer(app, async ({ port }) => {
      const sockets = contents.map((_, at) => {
        const socket = connect(port, '127.0.0.1').pause()
        socket.write(`GET /${at % 30} HTTP/1.1\r\nhost: x\r\n\r\n`)
        return socket
      })
      // The second half answers from buffers that the first half gave back.
      for (const half of [sockets.slice(0, 30), sockets.slice(30)]) {
        const found = await Promise.all(half.map((socket) => socket.toArray()))
        for (const [at, chunks] of found.entries()) {
          const answer = Buffer.concat(chunks)
          const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
          assert.ok(contents[at]?.subarray(5).equals(body), `the answer ${at}`)
        }
      }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file that is shorter than it was answers 500 in JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-http-'))
  try {
    const file = join(folder, 'blob')
    writeFileSync(file, 'short')
    const body = { file, start: 0, end: 6 }
    await withServer(
      async () => ({ status: 200, headers: { 'content-length': '6' }, body }),
      async (server, events) => {
        const answer = await send(server, { method: 'GET' })
        assert.deepEqual([answer.status, codeOf(answer)], [500, 'internal'])
        assert.match(JSON.stringify(events), /ends after 5 bytes/)
      },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file that is gone answers 500 in JSON', async () => {
  const body = { file: '/nowhere/at/all', start: 0, end: 5 }
  await withServer(
    async () => ({ status: 200, headers: { 'content-length': '5' }, body }),
    async (server, events) => {
      const answer = await send(server, { method: 'GET' })
      assert.deepEqual([answer.status, codeOf(answer)], [500, 'internal'])
      assert.equal(events.length, 1)
    },
  )
})

test('stop() lets running requests finish, and takes no new ones', async () => {
  const started = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<void>()
  const app: App = async () => {
    started.resolve()
    await finished.promise
    return text(200, 'done')
  }
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  const idle = connect(server.port, '127.0.0.1')
  idle.on('error', () => undefined)
  const running = send(server, { method: 'GET', agent: new Agent({ keepAlive: true }) })
  await started.promise
  const stopped = server.stop(5_000)
  await assert.rejects(send(server, { method: 'GET' }), /ECONNREFUSED/)
  finished.resolve()
  assert.equal((await running).body.toString(), 'done')
  await stopped
})

test('stop() cuts what still runs after the grace', async () => {
  const started = Promise.withResolvers<void>()
  const app: App = async () => {
    started.resolve()
    return new Promise<Reply>(() => undefined)
  }
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  const running = send(server, { method: 'GET' })
  await started.promise
  const rejected = assert.rejects(running)
  await server.stop(1)
  await rejected
})

test('listen() makes no host of two Host headers', async () => {
  const app: App = async ({ headers }) => text(200, headers['host'] ?? 'none')
  await withServer(app, async (server) => {
    const sent = (hosts: string): Promise<string> =>
      sendRaw(server, `GET /x HTTP/1.1\r\n${hosts}connection: close\r\n\r\n`)
    assert.match(
      await sent('host: localhost\r\nHost: evil.example\r\n'),
      /localhost, evil\.example$/,
    )
    assert.match(await sent('host: localhost\r\n'), /\r\n\r\nlocalhost$/)
    assert.match(await sent(''), /none$/)
  })
})

test('listen() says which HTTP a request came in', async () => {
  await withServer(
    async ({ httpVersion }) => text(200, httpVersion),
    async (server) => {
      for (const version of ['1.0', '1.1']) {
        const sent = `GET /x HTTP/${version}\r\nhost: x\r\nconnection: close\r\n\r\n`
        assert.match(await sendRaw(server, sent), new RegExp(`\\r\\n\\r\\n${version}$`))
      }
    },
  )
})

test('listen() says so when the port is taken', async () => {
  await withServer(echo, async ({ port }) => {
    await assert.rejects(
      listen(echo, { host: '127.0.0.1', port, report: () => undefined }),
      (error) => isSteleError(error, 'address_taken') && error.details.port === port,
    )
  })
})
