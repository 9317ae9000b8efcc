import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { allowedMs } from '../src/pace.ts'
import { openPlainHttp } from '../src/plain-http.ts'
import { get, openConnections } from '../src/request.ts'
import { directTransport } from '../src/transport.ts'

test('allowedMs() gives time to begin, and more for what has come', () => {
  assert.equal(allowedMs(0, 30_000), 60_000)
  assert.equal(allowedMs(1024 * 100, 30_000), 160_000)
})

suite('an answer that brings a byte now and then', () => {
  const transport = { ...directTransport, idleTimeoutMs: 30, maxTries: 1 }
  const isHeld = { head: false }
  // It is never idle for long: with each of its bytes another wait begins.
  const server = createServer((request, response) => {
    const { socket } = request
    const timer = setInterval(() => {
      if (isHeld.head) socket.write('x')
      else response.write('x')
    }, 10)
    if (isHeld.head) socket.write('HTTP/1.1 200 OK\r\nx: ')
    else response.writeHead(200, { 'content-length': 1000 })
    socket.on('close', () => clearInterval(timer))
  })
  let url = ''
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const found = server.address()
    url = typeof found === 'object' && found !== null ? `http://127.0.0.1:${found.port}/` : ''
  })
  after(() => server.close())

  for (const head of [true, false]) {
    const part = head ? 'headers' : 'body'
    test(`get() ends it in its ${part}`, async () => {
      isHeld.head = head
      const connections = openConnections(transport)
      const ask = { url, authorizationFor: () => undefined, maxBytes: 1000 }
      await assert.rejects(get(connections, ask), (error) => {
        assert.ok(isSteleError(error, 'registry_unreachable'))
        assert.match(error.details.reason, /^only \d+ bytes came in 0 s$/)
        return true
      })
    })

    test(`openPlainHttp() leaves it in its ${part} to others`, async () => {
      isHeld.head = head
      const http = openPlainHttp(1, transport)
      const body = await new Promise((resolve) => http.get({ url }, resolve))
      assert.equal(body, undefined)
      http.close()
    })
  }
})
