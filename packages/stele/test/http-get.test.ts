// Questions to upstreams over real connections: none is lost, and none keeps its connection from the others.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Answer, Get } from '@stele/upstream'
import { createGet } from '../src/upstream/http-get.ts'
import { maxUpstreamSockets } from '../src/upstream/limits.ts'

const timeoutMs = 500

/** What a server sends for one path; what is not told ends with the connection. */
type Said = { readonly text: string; readonly end?: 'reset' | 'end' }

/** A server that speaks in raw bytes, and the network that asks it. */
async function openWorld(
  t: TestContext,
  answer: (path: string, nth: number) => Said,
): Promise<{
  readonly ask: (path: string) => Promise<Answer>
  readonly asked: string[]
}> {
  const asked: string[] = []
  const server: Server = createServer((socket) => {
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
  t.after(async () => {
    close()
    server.close()
    await once(server, 'close')
  })
  const ask: (path: string) => ReturnType<Get> = (path) =>
    get({ url: `http://127.0.0.1:${address.port}${path}`, headers: {} })
  return { ask, asked }
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
