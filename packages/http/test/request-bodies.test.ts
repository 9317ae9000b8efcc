// Bodies of requests on a real port: codings, sizes, clients that break off.
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { toReply } from '../src/error-reply.ts'
import { finish } from '../src/finish.ts'
import { type App, listen } from '../src/index.ts'
import { codeOf, echo, limitBytes, mib, send, sendRaw, text, withServer } from './real-server.ts'

test('listen() hands bodies over whole, and keeps connections open over 30 s', async () => {
  await withServer(echo, async (server) => {
    const agent = new Agent({ keepAlive: true })
    const bytes = Buffer.alloc(50_000, 'x')
    const wanted = `50000 ${hash('sha256', bytes, 'hex').slice(0, 8)}`
    for (const headers of [{ 'content-length': '50000' }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await send(server, { headers, body: bytes, agent })
      assert.equal(answer.body.toString(), wanted)
      assert.equal(answer.headers['keep-alive'], 'timeout=65')
    }
    agent.destroy()
  })
})

const codings: readonly (readonly [
  claim: string,
  coding: string,
  body: Uint8Array,
  wanted: number | string,
])[] = [
  ['gzip', 'gzip', gzipSync(Buffer.alloc(90_000)), 200],
  ['x-gzip', 'X-Gzip', gzipSync('{}'), 200],
  ['identity', 'identity', Buffer.from('{}'), 200],
  ['a bomb', 'gzip', gzipSync(Buffer.alloc(64 * mib)), 'body_too_large'],
  ['broken gzip', 'gzip', Buffer.from('this is no gzip'), 'request_invalid'],
  [
    'gzip that is cut',
    'gzip',
    gzipSync(Buffer.alloc(50_000, 'abc')).subarray(0, 40),
    'request_invalid',
  ],
  ['another coding', 'br', Buffer.from('x'), 'coding_unsupported'],
  ['two codings', 'gzip, gzip', Buffer.from('x'), 'coding_unsupported'],
]
for (const [claim, coding, body, wanted] of codings) {
  test(`a body with ${claim} answers ${wanted}`, async () => {
    await withServer(echo, async (server) => {
      const answer = await send(server, { headers: { 'content-encoding': coding }, body })
      assert.equal(answer.status === 200 ? 200 : codeOf(answer), wanted)
    })
  })
}

/** What npm sends to deprecate a package of many versions: the most repetitive body that any client has. */
function manifests(count: number): string {
  const description = 'Pads a text on its left side, until it is as long as it should be. '.repeat(
    30,
  )
  const one = (): object => ({ description, integrity: randomBytes(64).toString('base64') })
  return JSON.stringify(Array.from({ length: count }, one))
}

const inflated: readonly (readonly [
  claim: string,
  body: Uint8Array,
  wanted: number | string,
  zipped: Uint8Array,
])[] = (
  [
    ['1 MiB of zeros', Buffer.alloc(mib), 200],
    ['2 MiB of zeros', Buffer.alloc(2 * mib), 'body_inflated'],
    ['30 MiB of zeros', Buffer.alloc(30 * mib), 'body_inflated'],
    ['8 MiB of hex digits', Buffer.from(randomBytes(4 * mib).toString('hex')), 200],
    ['4,000 manifests that differ in a hash alone', Buffer.from(manifests(4_000)), 200],
  ] as const
).map(([claim, body, wanted]) => [claim, body, wanted, gzipSync(body)])
for (const way of ['body', 'stream'] as const) {
  const app: App = async (asked) => {
    try {
      let sizeBytes = 0
      if (way === 'body') sizeBytes = (await asked.body(32 * mib)).length
      else for await (const piece of asked.stream(32 * mib)) sizeBytes += piece.length
      return text(200, `${sizeBytes}`)
    } catch (error) {
      return finish(
        asked,
        toReply(error, (bug) => assert.fail(String(bug))),
      )
    }
  }
  for (const [claim, body, wanted, zipped] of inflated) {
    test(`${way}() of gzip with ${claim} answers ${wanted}`, async () => {
      await withServer(app, async (server) => {
        const headers = { 'content-encoding': 'gzip' }
        const answer = await send(server, { headers, body: zipped })
        if (wanted === 200) assert.equal(answer.body.toString(), String(body.length))
        else assert.deepEqual([answer.status, codeOf(answer)], [413, wanted])
      })
    })
  }
}

for (const transfer of ['by its length', 'while it arrives'] as const) {
  test(`a body that is too large is refused ${transfer}, in JSON, and the client is not left hanging`, async () => {
    await withServer(echo, async (server) => {
      const body = Buffer.alloc(2 * mib)
      const headers: Record<string, string> =
        transfer === 'by its length'
          ? { 'content-length': String(body.length) }
          : { 'transfer-encoding': 'chunked' }
      const answer = await send(server, { headers, body })
      assert.deepEqual([answer.status, codeOf(answer)], [413, 'body_too_large'])
      assert.equal(answer.headers.connection, 'close')
      assert.equal((await send(server, { body: Buffer.from('x') })).status, 200)
    })
  })
}

test('an answer that needs no body does not wait for one', async () => {
  await withServer(
    async () => text(401, '{}'),
    async (server) => {
      const answer = await send(server, { body: Buffer.alloc(2 * mib) })
      assert.equal(answer.status, 401)
    },
  )
})

test('a client that goes away while it sends leaves nothing behind', async () => {
  const seen = Promise.withResolvers<unknown>()
  const app: App = async (ask) => {
    try {
      return text(200, `${(await ask.body(limitBytes)).length}`)
    } catch (error) {
      seen.resolve(error)
      return text(503, 'x')
    }
  }
  await withServer(
    app,
    async (server) => {
      const sent = request(`${server.url}/x`, {
        method: 'PUT',
        headers: { 'content-length': '90000' },
      })
      sent.on('error', () => undefined)
      sent.write(Buffer.alloc(40_000))
      sent.once('socket', (socket) =>
        socket.once('connect', () => setImmediate(() => sent.destroy())),
      )
      assert.ok(isSteleError(await seen.promise, 'request_cut'))
      // The room that it took is free again: this one needs more than what would be left.
      assert.equal((await send(server, { body: Buffer.alloc(90_000) })).status, 200)
    },
    125_000,
  )
})

test('uploads that together need too much memory are told to come back', async () => {
  await withServer(
    echo,
    async (server) => {
      const answer = await send(server, { body: Buffer.alloc(50_000) })
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'server_busy'])
      assert.equal(answer.headers['retry-after'], '5')
      assert.equal((await send(server, { body: Buffer.alloc(30_000) })).status, 200)
    },
    40_000,
  )
})

test('a body that its route hands to a thread leaves room for the next one once it is answered', async () => {
  const app: App = async (asked) => {
    const { buffer } = await asked.body(limitBytes)
    assert.ok(buffer instanceof ArrayBuffer)
    structuredClone(buffer, { transfer: [buffer] })
    return text(200, 'taken')
  }
  await withServer(
    app,
    async (server) => {
      for (let uploads = 0; uploads < 3; uploads++) {
        assert.equal((await send(server, { body: Buffer.alloc(90_000) })).status, 200)
      }
    },
    125_000,
  )
})

test('a body whose chunks are broken is answered 400', async () => {
  await withServer(echo, async (server) => {
    const head = 'PUT /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
    assert.match(await sendRaw(server, `${head}nonsense\r\n`), /^HTTP\/1\.1 400 .*request_invalid/s)
  })
})

const chunkedHead = (more = ''): string =>
  `PUT /x HTTP/1.1\r\nhost: x\r\n${more}transfer-encoding: chunked\r\n\r\n`
const chunked = (body: Uint8Array): string =>
  Array.from(body, (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('')

test('a body in some hundred tiny chunks is read as any other', async () => {
  await withServer(echo, async (server) => {
    const body = Buffer.alloc(900, 'x')
    const answer = await sendRaw(
      server,
      `${chunkedHead('connection: close\r\n')}${chunked(body)}0\r\n\r\n`,
    )
    assert.ok(answer.endsWith(`\r\n900 ${hash('sha256', body, 'hex').slice(0, 8)}`), answer)
  })
})

for (const [claim, more, body] of [
  ['plain', '', Buffer.alloc(3_000, 'x')],
  ['gzip', 'content-encoding: gzip\r\n', gzipSync(randomBytes(3_000))],
] as const) {
  test(`a ${claim} body in thousands of tiny chunks is ended, and others are answered meanwhile`, async () => {
    await withServer(echo, async (server) => {
      const sent = Array.from({ length: 8 }, () => {
        // It never says that its body is over.
        const raw = Buffer.from(`${chunkedHead(more)}${chunked(body)}`, 'latin1')
        return sendRaw(server, raw)
      })
      assert.equal((await send(server, { body: Buffer.from('x') })).status, 200)
      for (const answer of await Promise.all(sent))
        assert.match(answer, /^HTTP\/1\.1 400 .*"code": "chunks_too_small"/s)
      assert.equal((await send(server, { body: Buffer.alloc(90_000) })).status, 200)
    })
  })
}

const asking: readonly (readonly [
  claim: string,
  expect: string,
  length: number,
  wanted: RegExp,
])[] = [
  ['is told to send it', '100-continue', 2, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /],
  [
    'is refused before it sends what is too large',
    '100-Continue',
    limitBytes + 1,
    /^HTTP\/1\.1 413 /,
  ],
  [
    'is refused when it expects more than that',
    'a-miracle',
    2,
    /^HTTP\/1\.1 400 .*request_invalid/s,
  ],
]
for (const [claim, expect, length, wanted] of asking) {
  test(`a client that asks before it sends a body ${claim}`, async () => {
    await withServer(echo, async (server) => {
      const head = `PUT /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: ${expect}\r\ncontent-length: ${length}\r\n\r\n`
      assert.match(await sendRaw(server, head, '[]'), wanted)
    })
  })
}

test('large bodies wait their turn, and all arrive whole', async () => {
  const bodies = Array.from({ length: 6 }, (_, at) => Buffer.alloc(3 * mib, `${at}`))
  let [running, most] = [0, 0]
  const app: App = async (asked) => {
    const bytes = await asked.body(4 * mib)
    most = Math.max(most, ++running)
    const reply = text(200, hash('sha256', bytes, 'hex'))
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return reply
  }
  const options = { host: '127.0.0.1', port: 0, report: () => undefined, maxLargeBytes: 4 * mib }
  const server = await listen(app, options)
  try {
    const chunked = { 'transfer-encoding': 'chunked' }
    const sent = bodies.map((body, at) =>
      send(server, { body, headers: at % 2 === 0 ? {} : chunked }),
    )
    const answers = await Promise.all(sent)
    assert.deepEqual(
      answers.map(({ body }) => body.toString()),
      bodies.map((body) => hash('sha256', body, 'hex')),
    )
    assert.equal(most, 1)
  } finally {
    await server.stop(0)
  }
})

test('a client that goes away gives up its turn when its route is done, not before', async () => {
  const [seen, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isFirst = true
  const app: App = async (asked) => {
    const bytes = await asked.body(4 * mib)
    if (isFirst) {
      isFirst = false
      seen.resolve()
      await done.promise
    }
    return text(200, String(bytes.length))
  }
  const options = { host: '127.0.0.1', port: 0, report: () => undefined, maxLargeBytes: 4 * mib }
  const server = await listen(app, options)
  try {
    const gone = request(`${server.url}/x`, { method: 'PUT' })
    gone.on('error', () => undefined)
    gone.end(Buffer.alloc(3 * mib))
    await seen.promise
    gone.destroy()
    let isAnswered = false
    const second = send(server, { body: Buffer.alloc(3 * mib) }).then((answer) => {
      isAnswered = true
      return answer
    })
    assert.equal((await send(server, { body: Buffer.from('small') })).status, 200)
    assert.equal(isAnswered, false)
    done.resolve()
    assert.equal((await second).body.toString(), String(3 * mib))
  } finally {
    await server.stop(0)
  }
})
