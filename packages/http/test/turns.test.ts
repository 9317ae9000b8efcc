// Pipelined requests over raw sockets: what a client makes the server hold, in answers and bytes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type App, type HttpEvent, type Listening, listen } from '../src/index.ts'
import { maxPipelined } from '../src/limits.ts'

const mib = 1024 * 1024
/** More than the buffers of the system take for a client that does not read. */
const answerBytes = 24 * mib

type Counted = {
  readonly server: Listening
  readonly app: App
  readonly events: HttpEvent[]
  /** Paths of the requests that the app was asked, in order. */
  readonly asked: string[]
  handedBytes: number
}

/** A server whose answer to /large is larger than what the system buffers; any other answer is its own path. */
async function withCounted(work: (counted: Counted) => Promise<void>): Promise<void> {
  const [events, asked]: [HttpEvent[], string[]] = [[], []]
  const app: App = async ({ url }) => {
    asked.push(url)
    const body = url === '/large' ? Buffer.alloc(answerBytes, 'x') : Buffer.from(url)
    counted.handedBytes += body.length
    return { status: 200, headers: { 'content-length': String(body.length) }, body }
  }
  const server = await listen((ask) => app(ask), {
    host: '127.0.0.1',
    port: 0,
    report: (event) => events.push(event),
  })
  const counted: Counted = { server, app, events, asked, handedBytes: 0 }
  try {
    await work(counted)
  } finally {
    await server.stop(0)
  }
}

async function open({ port }: Listening): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function requests(paths: readonly string[]): string {
  return paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join('')
}

/** Resolves when the server has seen everything that was sent before: this answer went through the same loop. */
async function roundTrip({ server }: Counted): Promise<void> {
  for (let i = 0; i < 3; i++) await (await fetch(`${server.url}/other`)).text()
}

test('listen() makes one answer at a time for a client that pipelines and does not read', async () => {
  await withCounted(async (counted) => {
    const socket = await open(counted.server)
    socket.pause()
    socket.write(requests(Array<string>(20).fill('/large')))
    await roundTrip(counted)
    assert.equal(counted.asked.filter((path) => path === '/large').length, 1)
    assert.ok(counted.handedBytes < 2 * answerBytes, `${counted.handedBytes} bytes`)
    socket.destroy()
  })
})

test('listen() answers pipelined requests in order, all of them', async () => {
  await withCounted(async ({ server, asked }) => {
    const socket = await open(server)
    const paths = Array.from({ length: maxPipelined }, (_, index) => `/${index}`)
    socket.write(requests(['/large', ...paths.slice(1)]))
    socket.write('GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let tail = ''
    let sizeBytes = 0
    socket.on('data', (chunk) => {
      sizeBytes += chunk.length
      tail = (tail + chunk.toString('latin1')).slice(-200 * paths.length)
    })
    await once(socket, 'close')
    assert.deepEqual(asked, ['/large', ...paths.slice(1), '/last'])
    assert.ok(sizeBytes > answerBytes)
    assert.match(tail, /\/last$/)
  })
})

test('listen() cuts a connection that has more requests waiting than the limit', async () => {
  await withCounted(async (counted) => {
    const socket = await open(counted.server)
    socket.pause()
    socket.write(requests(['/large', ...Array<string>(1_300).fill('/more')]))
    socket.resume()
    await once(socket, 'close')
    assert.deepEqual(counted.asked, ['/large'])
    const [event] = counted.events
    assert.ok(event?.type === 'connection')
    assert.match(event.reason, /more than 32 requests/)
  })
})

test('listen() cuts a connection when the bodies of its waiting requests are large together', async () => {
  const release = Promise.withResolvers<void>()
  const asked: string[] = []
  const app: App = async ({ url }) => {
    asked.push(url)
    await release.promise
    return { status: 200, headers: { 'content-length': '0' }, body: new Uint8Array() }
  }
  const cut = Promise.withResolvers<HttpEvent>()
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: cut.resolve })
  try {
    const socket = await open(server)
    const body = 'x'.repeat(4_000) // Small enough that no pause comes between.
    const put = `PUT /more HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    socket.write(requests(['/first']) + put.repeat(20))
    const event = await cut.promise
    assert.deepEqual(asked, ['/first'])
    assert.ok(event.type === 'connection')
    assert.match(event.reason, /bodies of the requests that wait/)
    socket.destroy()
  } finally {
    release.resolve()
    await server.stop(0)
  }
})

test('listen() hands over the body of a request that waited as one piece, however tiny its chunks were', async () => {
  const release = Promise.withResolvers<void>()
  const waits = Promise.withResolvers<void>()
  const found = Promise.withResolvers<string>()
  const app: App = async ({ url, body }) => {
    if (url === '/first') {
      waits.resolve()
      await release.promise
    } else if (url === '/body') {
      body(mib).then((bytes) => found.resolve(Buffer.from(bytes).toString()), found.reject)
      await found.promise
    }
    return { status: 200, headers: { 'content-length': '0' }, body: new Uint8Array() }
  }
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  try {
    const socket = await open(server)
    socket.resume()
    const head =
      'PUT /body HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n'
    const chunks = Array.from({ length: 3_000 }, (_, index) => `1\r\n${index % 10}\r\n`).join('')
    socket.write(`${requests(['/first'])}${head}${chunks}0\r\n\r\n`)
    await waits.promise
    for (let i = 0; i < 3; i++) await (await fetch(`${server.url}/other`)).text()
    release.resolve()
    // Chunk by chunk it would be refused: chunks_too_small.
    assert.equal(await found.promise, '0123456789'.repeat(300))
    socket.destroy()
  } finally {
    await server.stop(0)
  }
})

test('listen() forgets what waits when the client goes away', async () => {
  await withCounted(async (counted) => {
    const socket = await open(counted.server)
    socket.pause()
    socket.write(requests(['/large', '/a', '/b']))
    await roundTrip(counted)
    socket.destroy()
    await roundTrip(counted)
    assert.deepEqual(new Set(counted.asked), new Set(['/large', '/other']))
  })
})
