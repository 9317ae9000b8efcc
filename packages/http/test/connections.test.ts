// Many connections of one address, on a real port of the loopback.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { parseNetwork } from '@stele/formats/networks'
import {
  type App,
  type HttpEvent,
  type Listening,
  type ListenOptions,
  listen,
} from '../src/index.ts'

const limit = 4
const arrived = new EventEmitter()

/** Answers with the path, but /held when the test says so. */
async function withServer(
  options: Partial<ListenOptions>,
  work: (server: Listening, events: readonly HttpEvent[], release: () => void) => Promise<void>,
): Promise<void> {
  const held = Promise.withResolvers<void>()
  const app: App = async ({ url }) => {
    if (url === '/held') arrived.emit('held')
    if (url === '/held') await held.promise
    const body = Buffer.from(url)
    return { status: 200, headers: { 'content-length': String(body.length) }, body }
  }
  const events: HttpEvent[] = []
  const server = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    report: (event) => events.push(event),
    maxConnectionsPerAddress: limit,
    ...options,
  })
  try {
    await work(server, events, held.resolve)
  } finally {
    held.resolve()
    await server.stop(0)
  }
}

async function ask({ port }: Listening, path: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  return socket
}

/** A connection whose request runs in the app. */
async function hold(server: Listening): Promise<Socket> {
  const running = once(arrived, 'held')
  const socket = await ask(server, '/held')
  await running
  return socket
}

async function answerOf(socket: Socket): Promise<string> {
  const chunk: unknown[] = await Promise.race([
    once(socket, 'data'),
    once(socket, 'close').then(() => ['cut']),
  ])
  return String(chunk[0]).split('\r\n\r\n').at(-1) ?? ''
}

test('listen() cuts the connections of one address that are over its limit, and says so once', async () => {
  await withServer({}, async (server, events, release) => {
    const held: Socket[] = []
    while (held.length < limit) held.push(await hold(server))
    for (let i = 0; i < 3; i++) assert.equal(await answerOf(await ask(server, '/one')), 'cut')
    assert.deepEqual(events, [
      { type: 'connection', client: '127.0.0.1', reason: 'it has 4 connections open' },
    ])
    // Another address is another client.
    assert.equal(await answerOf(await ask(server, '/two', '127.0.0.2')), '/two')
    release()
    assert.deepEqual(await Promise.all(held.map(answerOf)), Array(limit).fill('/held'))
  })
})

test('listen() closes an idle connection of an address to make room for a new one', async () => {
  await withServer({}, async (server, events) => {
    const idle = await ask(server, '/first')
    assert.equal(await answerOf(idle), '/first')
    for (let i = 1; i < limit; i++) await hold(server)
    const closed = once(idle, 'close')
    assert.equal(await answerOf(await ask(server, '/last')), '/last')
    await closed
    assert.deepEqual(events, [])
  })
})

test('listen() sets no limit to the connections of a trusted proxy', async () => {
  const trustedProxies = [parseNetwork('127.0.0.1') ?? assert.fail()]
  await withServer({ trustedProxies }, async (server) => {
    for (let i = 0; i < 2 * limit; i++) await hold(server)
    assert.equal(server.connections(), 2 * limit)
    assert.equal(await answerOf(await ask(server, '/last')), '/last')
  })
})
