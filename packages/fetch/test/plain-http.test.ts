import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { openPlainHttp } from '../src/plain-http.ts'
import { directTransport } from '../src/transport.ts'

const head = (length: number, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${length}\r\n\r\n`

suite('openPlainHttp()', () => {
  let url = ''
  let asked: string[] = []
  let answer: (socket: Socket, path: string) => void = () => {}
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.setEncoding('latin1').on('error', () => {})
    socket.on('data', (text: string) => {
      for (const request of text.split('\r\n\r\n').filter((each) => each !== '')) {
        asked.push(request)
        answer(socket, request.split(' ')[1] ?? '')
      }
    })
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const found = server.address()
    url = typeof found === 'object' && found !== null ? `http://127.0.0.1:${found.port}` : ''
  })
  after(() => server.close())

  /** The bodies of these paths, undefined for what was no plain answer. */
  async function get(
    paths: readonly string[],
    { lines = 2, authorization = '' } = {},
  ): Promise<readonly (string | undefined)[]> {
    asked = []
    connections = 0
    const http = openPlainHttp(lines, directTransport)
    const bodies = paths.map(
      (path) =>
        new Promise<string | undefined>((resolve) => {
          const ask = { url: `${url}${path}`, ...(authorization === '' ? {} : { authorization }) }
          http.get(ask, (body) => resolve(body?.toString()))
        }),
    )
    const found = await Promise.all(bodies)
    http.close()
    return found
  }

  test('gives the bodies of many answers over few sockets, each to who asked', async () => {
    answer = (socket, path) => socket.write(`${head(path.length)}${path}`)
    const paths = Array.from({ length: 50 }, (_, index) => `/${index}?q=${'x'.repeat(index)}`)
    assert.deepEqual(await get(paths, { lines: 3 }), paths)
    assert.equal(connections, 3)
  })

  test('puts a body together that comes in pieces', async () => {
    const body = 'abc'.repeat(50_000)
    answer = (socket) => {
      const text = `${head(body.length)}${body}`
      for (let at = 0; at < text.length; at += 777) socket.write(text.slice(at, at + 777))
    }
    assert.deepEqual(await get(['/a', '/b', '/c'], { lines: 1 }), [body, body, body])
  })

  test('sends credentials where it has them, and asks for just the path', async () => {
    answer = (socket) => socket.write(`${head(1)}x`)
    await get(['/@s/p/-/p-1.0.0.tgz'], { authorization: 'Bearer secret' })
    assert.match(
      asked[0] ?? '',
      /^GET \/@s\/p\/-\/p-1\.0\.0\.tgz HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nauthorization: Bearer secret$/,
    )
  })

  const odd: readonly (readonly [what: string, answer: string | undefined])[] = [
    ['another status', 'HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\nx'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
    ['a coding', head(1, 'Content-Encoding: gzip\r\n')],
    ['more than it said', `${head(1)}xy`],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx'],
    ['a length beyond all bounds', head(2 ** 40)],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['something else', 'SSH-2.0-x\r\n\r\n'],
    ['a closed door', undefined],
  ]
  for (const [what, text] of odd) {
    test(`leaves it to others when the answer is ${what}, and gives the rest`, async () => {
      answer = (socket, path) => {
        if (path !== '/odd') socket.write(`${head(1)}x`)
        else if (text === undefined) socket.destroy()
        else socket.write(text)
      }
      assert.deepEqual(await get(['/a', '/odd', '/b'], { lines: 1 }), ['x', undefined, 'x'])
    })
  }

  test('leaves it to others when nobody listens', async () => {
    const http = openPlainHttp(1, directTransport)
    const body = await new Promise((resolve) => http.get({ url: 'http://127.0.0.1:1/' }, resolve))
    assert.equal(body, undefined)
    http.close()
  })
})
