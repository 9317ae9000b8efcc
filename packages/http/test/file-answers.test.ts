// Files as answers on a real port: many at once, slow readers, files that change.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type App, listen } from '../src/index.ts'
import { codeOf, mib, send, text, withServer } from './real-server.ts'

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

test('a file that is gone answers 500 in JSON, and the operator is told which one', async () => {
  const body = { file: '/nowhere/at/all', start: 0, end: 5 }
  await withServer(
    async () => ({ status: 200, headers: { 'content-length': '5' }, body }),
    async (server, events) => {
      const answer = await send(server, { method: 'GET' })
      assert.deepEqual([answer.status, codeOf(answer)], [500, 'internal'])
      const [event, ...others] = events
      assert.deepEqual(others, [])
      assert.ok(event?.type === 'bug' && event.stack.includes('/nowhere/at/all'))
      assert.ok(answer.body.includes(event.id))
    },
  )
})

test('large answers that nobody reads take room from large ones alone, which are told to come back', async () => {
  const large = { status: 200, headers: {}, make: () => Buffer.alloc(2 * mib) }
  const app: App = async ({ url }) =>
    url === '/small' ? text(200, 'small') : { ...large, body: large.make() }
  const options = { host: '127.0.0.1', port: 0, report: () => undefined, maxAnswerBytes: 3 * mib }
  const server = await listen(app, options)
  try {
    const { port } = server
    const idle = connect({ port, host: '127.0.0.1' })
    idle.pause()
    idle.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(4)) // More than the system takes for a client.
    await once(idle, 'readable')
    const refused = await fetch(`${server.url}/x`)
    assert.equal(refused.status, 503)
    assert.equal(Object(await refused.json())['code'], 'server_busy')
    assert.equal(await (await fetch(`${server.url}/small`)).text(), 'small')
    idle.destroy()
    await once(idle, 'close')
  } finally {
    await server.stop(0)
  }
})
