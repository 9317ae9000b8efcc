// Other protocols on the same port, by a face that echoes what it gets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import {
  createApp,
  type Face,
  type HttpEvent,
  type Listening,
  type ListenOptions,
  listen,
} from '../src/index.ts'
import { plainSettings } from './incoming.ts'

const echo: Face = {
  routes: [
    { method: 'GET', path: '/x', answer: () => ({ status: 200, headers: { 'x-plain': 'yes' } }) },
  ],
  upgrades: [
    {
      protocol: 'echo',
      path: '/-/echo/:name',
      open: (_asked, params) => {
        const name = params('name')
        if (name === 'nobody') throw new SteleError('unauthenticated', { reason: 'a test' })
        if (name === 'broken') throw new TypeError('broken')
        const run = (socket: NodeJS.ReadWriteStream, head: Uint8Array): undefined => {
          socket.write(head)
          socket.pipe(socket)
        }
        return { headers: { 'x-name': name }, run }
      },
    },
  ],
}

async function withServer(
  options: Partial<ListenOptions>,
  work: (server: Listening, events: readonly HttpEvent[]) => Promise<void>,
): Promise<void> {
  const events: HttpEvent[] = []
  const report = (event: HttpEvent): unknown => events.push(event)
  const app = createApp({ faces: [echo], settings: plainSettings, now: Date.now, report })
  const server = await listen(app, { host: '127.0.0.1', port: 0, report, ...options })
  try {
    await work(server, events)
  } finally {
    await server.stop(0)
  }
}

type Line = {
  readonly socket: Socket
  readonly read: () => string
  readonly closed: Promise<unknown>
}

function open({ port }: Listening, path: string, headers: Record<string, string> = {}): Line {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  const all = { host: `127.0.0.1:${port}`, connection: 'Upgrade', upgrade: 'echo', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  return { socket, read: () => text, closed: once(socket, 'close') }
}

async function until({ socket, read }: Line, form: RegExp): Promise<string> {
  while (!form.test(read())) {
    if (socket.closed) assert.fail(`closed after ${JSON.stringify(read())}`)
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
  }
  return read()
}

test('an upgrade has the connection after 101, with what was sent already', async () => {
  await withServer({}, async (server, events) => {
    const line = open(server, '/-/echo/alice')
    line.socket.write('early,')
    assert.match(
      await until(line, /early,/),
      /^HTTP\/1.1 101 .*\r\nupgrade: echo\r\nx-name: alice\r\n/s,
    )
    line.socket.write('late')
    await until(line, /late$/)
    line.socket.end()
    await line.closed
    const access = events.find((event) => event.type === 'access')
    assert.deepEqual([access?.status, access?.path], [101, '/-/echo/alice'])
  })
})

// What is no upgrade here is a plain request, as HTTP says: curl --http2 asks for h2c each time.
const plain: readonly (readonly [claim: string, path: string, upgrade: string, status: number])[] =
  [
    ['a path without upgrades', '/x', 'echo', 200],
    ['another protocol', '/x', 'h2c', 200],
    ['another protocol at the path of an upgrade', '/-/echo/alice', 'h2c', 404],
    ['several protocols, none of them known', '/x', 'h2c, websocket', 200],
  ]
for (const [claim, path, upgrade, status] of plain) {
  test(`a request to upgrade is answered as any other: ${claim}`, async () => {
    await withServer({}, async (server) => {
      const line = open(server, path, { upgrade, connection: 'Upgrade, close' })
      await line.closed
      assert.match(line.read(), new RegExp(`^HTTP/1.1 ${status} `))
    })
  })
}

test('an upgrade is chosen among several protocols', async () => {
  await withServer({}, async (server) => {
    await until(open(server, '/-/echo/alice', { upgrade: 'h2c, Echo' }), /101/)
  })
})

const refused: readonly (readonly [
  claim: string,
  path: string,
  headers: Record<string, string>,
  form: RegExp,
])[] = [
  ['what open throws', '/-/echo/nobody', {}, /^HTTP\/1.1 401 .*"code": "unauthenticated"/s],
  ['a bug of the face', '/-/echo/broken', {}, /^HTTP\/1.1 500 .*"code":"internal"/s],
  [
    'a page of another origin',
    '/-/echo/alice',
    { origin: 'https://evil.example' },
    /^HTTP\/1.1 403 .*"code": "origin_refused"/s,
  ],
  ['a broken Host', '/-/echo/alice', { host: 'a b', origin: 'http://a' }, /^HTTP\/1.1 400 /],
]
for (const [claim, path, headers, form] of refused) {
  test(`an upgrade is refused in JSON, and the connection closed: ${claim}`, async () => {
    await withServer({}, async (server) => {
      const line = open(server, path, headers)
      await line.closed
      assert.match(line.read(), form)
    })
  })
}

test('an upgrade from the registry’s own pages is taken', async () => {
  await withServer({}, async (server) => {
    await until(open(server, '/-/echo/alice', { origin: server.url }), /101/)
  })
})

const limits = { count: 10, idleMs: 60_000, totalMs: 60_000 }

test('one more upgrade than there may be is told to come back', async () => {
  await withServer({ switchLimits: { ...limits, count: 1 } }, async (server) => {
    const first = open(server, '/-/echo/alice')
    await until(first, /101/)
    const second = open(server, '/-/echo/alice')
    await second.closed
    assert.match(second.read(), /^HTTP\/1.1 503 .*\r\nretry-after: \d+\r\n.*server_busy/is)
    first.socket.destroy()
    await first.closed
  })
})

for (const [claim, more] of [
  ['nothing is said for long', { idleMs: 30 }],
  ['its time is over', { totalMs: 30 }],
] as const) {
  test(`an upgraded connection ends when ${claim}`, async () => {
    await withServer({ switchLimits: { ...limits, ...more } }, async (server) => {
      const line = open(server, '/-/echo/alice')
      await until(line, /101/)
      await line.closed
    })
  })
}

test('an upgraded connection counts as one of its address, and never makes room as idle', async () => {
  await withServer({ maxConnectionsPerAddress: 1 }, async (server) => {
    const first = open(server, '/-/echo/alice')
    await until(first, /101/)
    const second = open(server, '/x')
    await second.closed
    assert.equal(second.read(), '')
    first.socket.write('still here')
    await until(first, /still here/)
    first.socket.destroy()
  })
})

test('stop() ends upgraded connections, without waiting for the grace', async () => {
  const report = (): undefined => undefined
  const app = createApp({ faces: [echo], settings: plainSettings, now: Date.now, report })
  const server = await listen(app, { host: '127.0.0.1', port: 0, report })
  const line = open(server, '/-/echo/alice')
  await until(line, /101/)
  await Promise.all([server.stop(3_600_000), line.closed])
})

test('an upgrade that is pipelined behind a running request is cut', async () => {
  const app = createApp({
    faces: [
      {
        routes: [{ method: 'GET', path: '/x', answer: () => new Promise(() => undefined) }],
        upgrades: echo.upgrades ?? [],
      },
    ],
    settings: plainSettings,
    now: Date.now,
    report: () => undefined,
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  const more = 'host: x\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n'
  socket.write(`GET /x HTTP/1.1\r\nhost: x\r\n\r\nGET /-/echo/alice HTTP/1.1\r\n${more}`)
  await once(socket, 'close')
  await server.stop(0)
})
