// The adapter on a real port of the loopback: what only sockets can show.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type EventEmitter } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { type App, listen, type Reply } from '../src/index.ts'
import { echo, send, sendRaw, text, withServer } from './real-server.ts'

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

test('two lengths, or a length and chunks, are refused: no request is smuggled', async () => {
  await withServer(echo, async (server) => {
    const both =
      'PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    const twice = 'PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc'
    for (const raw of [both, twice]) assert.match(await sendRaw(server, raw), /^HTTP\/1\.1 400 /)
  })
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

test('listen() puts the reason of a reply into its status line, and else the usual words', async () => {
  const app: App = async ({ url }) => {
    const reply = text(403, '')
    return url === '/why' ? { ...reply, reason: 'It is blocked' } : reply
  }
  await withServer(app, async (server) => {
    const answerOf = (path: string): Promise<string> =>
      sendRaw(server, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(await answerOf('/why'), /^HTTP\/1\.1 403 It is blocked\r\n/)
    assert.match(await answerOf('/'), /^HTTP\/1\.1 403 Forbidden\r\n/)
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
