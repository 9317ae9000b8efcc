// Whoever asks over HTTP and is answered with a switch to another protocol is told, and does not wait for ever.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createFetching } from '../src/oracles/fetching.ts'
import { maxFetches } from '../src/oracles/limits.ts'
import { requestHttp } from '../src/sources/http-request.ts'
import { createGet } from '../src/upstream/http-get.ts'

/** The port of a server that switches to another protocol, whatever it is asked. */
async function open(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

const timeout = 5_000
const told = /another protocol than HTTP/
const never = new AbortController().signal

test('requestHttp() rejects when the answer is another protocol', { timeout }, async (t) => {
  const url = new URL(`http://127.0.0.1:${await open(t)}/`)
  await assert.rejects(requestHttp(url, { accept: '*/*' }, never), told)
})

test('get() rejects when the answer is another protocol', { timeout }, async (t) => {
  const { get, close } = createGet({ timeoutMs: timeout })
  t.after(close)
  await assert.rejects(get({ url: `http://127.0.0.1:${await open(t)}/`, headers: {} }), told)
})

test('createOutside() answers FetchError when the answer is another protocol, and later fetches have their turn', {
  timeout,
}, async (t) => {
  const port = await open(t)
  const fetching = createFetching([{ name: '127.0.0.1', port }])
  for (let count = 0; count <= maxFetches; count++) {
    await assert.rejects(fetching({ url: `http://127.0.0.1:${port}/` }, never), told)
  }
})
