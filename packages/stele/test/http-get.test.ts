// Questions to upstreams over real connections: none is lost, and none keeps its connection from the others.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { isSteleError } from '@stele/errors'
import type { Answer, Get } from '@stele/upstream'
import { createGet } from '../src/upstream/http-get.ts'
import { maxUpstreamSockets } from '../src/upstream/limits.ts'

const timeoutMs = 250

/** What a server sends for one path; what is not told ends with the connection. */
type Said = { readonly text: string; readonly end?: 'reset' | 'end' }

/** A server that speaks in raw bytes, and the network that asks it. */
async function openWorld(
  t: TestContext,
  answer: (path: string, nth: number) => Said,
): Promise<{
  readonly ask: (path: string) => Promise<Answer>
  readonly asked: string[]
  readonly close: () => void
  /** Resolves when the server has no connection left. Gives how many there were. */
  readonly ended: () => Promise<number>
}> {
  const asked: string[] = []
  let connections = 0
  const server: Server = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      const path = / (\/[^ ]*) /.exec(bytes.toString())?.[1] ?? ''
      asked.push(path)
      const { text, end } = answer(path, asked.length)
      socket.write(text, () => {
        if (end === 'reset') socket.resetAndDestroy()
        if (end === 'end') socket.end()
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { get, close } = createGet({ timeoutMs })
  const ended = async (): Promise<number> => {
    if (server.listening) await once(server.close(), 'close')
    return connections
  }
  t.after(async () => {
    close()
    await ended()
  })
  const ask: (path: string) => ReturnType<Get> = (path) =>
    get({ url: `http://127.0.0.1:${address.port}${path}`, headers: {} })
  return { ask, asked, close, ended }
}

async function textOf({ body }: Answer): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const whole = { text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' }
const half = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf'

test('get() asks again when a connection that waited for its next use is closed just then', async (t) => {
  const { ask, asked } = await openWorld(t, (_path, nth) =>
    nth === 2 ? { text: '', end: 'reset' } : whole,
  )
  assert.equal(await textOf(await ask('/a')), 'ok')
  assert.equal(await textOf(await ask('/b')), 'ok')
  assert.deepEqual(asked, ['/a', '/b', '/b'])
})

test('get() does not ask again when the connection breaks after the answer began', async (t) => {
  const { ask, asked } = await openWorld(t, (path) =>
    path === '/b' ? { text: half, end: 'reset' } : whole,
  )
  assert.equal(await textOf(await ask('/a')), 'ok')
  await assert.rejects(textOf(await ask('/b')))
  assert.equal(await textOf(await ask('/c')), 'ok')
  assert.deepEqual(asked, ['/a', '/b', '/c'])
})

test('get() fails when the connection is closed before any answer, on a new connection', async (t) => {
  const { ask, asked } = await openWorld(t, () => ({ text: '', end: 'end' }))
  await assert.rejects(ask('/a'))
  assert.deepEqual(asked, ['/a'])
})

test('get() gives the connections of answers that nobody reads to those that wait', async (t) => {
  const { ask } = await openWorld(t, () => ({ text: half }))
  const paths = Array.from({ length: maxUpstreamSockets }, (_, at) => `/${at}`)
  const unread = await Promise.all(paths.map(ask))
  assert.equal((await ask('/one-more')).status, 200)
  await assert.rejects(Promise.all(unread.map(textOf)), /not read in time/)
})

test('get() refuses every question when it is closed', async (t) => {
  const { get, close } = createGet({ timeoutMs })
  t.after(close)
  close()
  await assert.rejects(get({ url: 'http://127.0.0.1:1/', headers: {} }), { code: 'server_busy' })
})

test('close() ends questions that wait for an answer or for their turn, and sends none of them', async (t) => {
  const { ask, asked, close, ended } = await openWorld(t, () => ({ text: '' }))
  const paths = Array.from({ length: maxUpstreamSockets + 8 }, (_, at) => `/${at}`)
  const answers = paths.map(ask)
  const ends = Promise.allSettled(answers)
  while (asked.length < maxUpstreamSockets) await setImmediate()
  close()
  for (const end of await ends) {
    assert.ok(end.status === 'rejected')
    assert.ok(isSteleError(end.reason, 'server_busy'), String(end.reason))
  }
  assert.equal(await ended(), maxUpstreamSockets)
  assert.equal(asked.length, maxUpstreamSockets)
})

test('close() ends a question on a connection that was used before without asking again', async (t) => {
  const { ask, asked, close } = await openWorld(t, (path) => (path === '/a' ? whole : { text: '' }))
  assert.equal(await textOf(await ask('/a')), 'ok')
  const refused = assert.rejects(ask('/b'), { code: 'server_busy' })
  while (asked.length < 2) await setImmediate()
  close()
  await refused
  assert.deepEqual(asked, ['/a', '/b'])
})

test('endWithin() ends an answer that goes on coming, whoever reads it hears why, and the next one is answered', async (t) => {
  const { ask } = await openWorld(t, (path) => (path === '/a' ? { text: half } : whole))
  const answer = await ask('/a')
  const error = new Error('it takes too long')
  answer.endWithin(20, error)
  await assert.rejects(textOf(answer), error)
  const next = await ask('/b')
  next.endWithin(20, error)
  assert.equal(await textOf(next), 'ok')
})
