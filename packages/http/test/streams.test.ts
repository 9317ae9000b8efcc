// Bodies that stream, on real sockets: the pace is the slower side's, and nothing that broke off looks whole.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { toReply } from '../src/error-reply.ts'
import { finish } from '../src/finish.ts'
import { type App, type ByteStream, type HttpEvent, listen, type Reply } from '../src/index.ts'
import { ask } from './incoming.ts'

const mib = 1024 * 1024
const chunk = Buffer.alloc(64 * 1024, 'x')

async function withServer(
  app: App,
  work: (url: string, events: readonly HttpEvent[]) => Promise<void>,
): Promise<void> {
  const events: HttpEvent[] = []
  const server = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    report: (event) => events.push(event),
  })
  try {
    await work(server.url, events)
  } finally {
    await server.stop(0)
  }
}

/** Opens a request and gives the answer as soon as its status is there. */
async function open(
  url: string,
  sent: { readonly method?: string; readonly body?: Readable; readonly headers?: object } = {},
): Promise<IncomingMessage> {
  const { method = 'GET', body, headers } = sent
  const outgoing = request(url, { method, headers: { ...headers } })
  outgoing.on('error', () => undefined) // What the server refuses is cut while it is still sent.
  if (body === undefined) outgoing.end()
  else body.pipe(outgoing)
  const [answer]: IncomingMessage[] = await once(outgoing, 'response')
  assert.ok(answer)
  return answer
}

async function sizeOf(answer: IncomingMessage): Promise<number> {
  let size = 0
  for await (const part of answer) size += Buffer.byteLength(part)
  return size
}

/** Waits until `read` gives the same for many turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  let [last, turns] = [read(), 0]
  while (turns < 1000) {
    await nextTurn()
    turns = read() === last ? turns + 1 : 0
    last = read()
  }
  return last
}

type Source = { readonly stream: ByteStream; readonly facts: { pulled: number; ended: boolean } }

/** A source of so many bytes, which counts what was taken from it. */
function sourceOf(sizeBytes: number, failsAt = Number.POSITIVE_INFINITY): Source {
  const facts = { pulled: 0, ended: false }
  async function* pull(): ByteStream {
    try {
      while (facts.pulled < sizeBytes) {
        if (facts.pulled >= failsAt) throw new Error('The source broke')
        facts.pulled += chunk.length
        yield chunk
      }
    } finally {
      facts.ended = true
    }
  }
  return { stream: pull(), facts }
}

const replyOf = (body: ByteStream, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers,
  body,
})

test('a reply that streams costs bounded memory when the client reads slowly, and arrives whole', async () => {
  const { stream, facts } = sourceOf(40 * mib)
  await withServer(
    async () => replyOf(stream),
    async (url) => {
      const answer = await open(url)
      // What the system keeps for both sockets, and a chunk or two.
      assert.ok((await settled(() => facts.pulled)) < 24 * mib)
      assert.equal(await sizeOf(answer), 40 * mib)
      assert.equal(facts.ended, true)
    },
  )
})

for (const form of ['async iterable', 'Readable'] as const) {
  test(`a source that fails half-way cuts the connection (${form})`, async () => {
    const { stream } = sourceOf(8 * mib, 4 * mib)
    const body = form === 'Readable' ? Readable.from(stream) : stream
    await withServer(
      async () => replyOf(body),
      async (url, events) => {
        await assert.rejects(sizeOf(await open(url)), { code: 'ECONNRESET' })
        assert.match(JSON.stringify(events), /The source broke/)
      },
    )
  })

  test(`a client that goes away ends the source (${form})`, async () => {
    const { stream, facts } = sourceOf(1024 * mib)
    const body = form === 'Readable' ? Readable.from(stream) : stream
    await withServer(
      async () => replyOf(body),
      async (url) => {
        const answer = await open(url)
        answer.destroy()
        while (!facts.ended) await nextTurn()
        assert.ok(facts.pulled < 64 * mib)
      },
    )
  })
}

for (const [claim, promised] of [
  ['shorter', 5 * mib],
  ['longer', 3 * mib],
] as const) {
  test(`a stream ${claim} than the length that was promised cuts the connection`, async () => {
    const { stream, facts } = sourceOf(4 * mib)
    await withServer(
      async () => replyOf(stream, { 'content-length': String(promised) }),
      async (url) => {
        const answer = await open(url)
        assert.equal(answer.headers['content-length'], String(promised))
        const size = await sizeOf(answer).catch(() => 'cut')
        assert.ok(size === 'cut' || size === promised) // node's client stops at the promised length.
        while (!facts.ended) await nextTurn()
      },
    )
  })
}

for (const [method, headers] of [
  ['HEAD', {}],
  ['GET', { 'if-none-match': '"x"' }],
] as const) {
  test(`finish() ends a stream that ${method} ${JSON.stringify(headers)} does not send`, async () => {
    const body = new Readable({ read: () => undefined })
    const draft = { status: 200, headers: { 'content-type': 'text/plain' }, etag: '"x"', body }
    const reply = await finish(ask(method, '/', { headers }), draft)
    assert.equal(reply.body, undefined)
    assert.equal(body.destroyed, true)
  })
}

/** Counts the body as it streams; errors as the app answers them. */
const count =
  (limitBytes: number): App =>
  async (asked) => {
    try {
      let size = 0
      for await (const part of asked.stream(limitBytes)) size += part.length
      const body = Buffer.from(String(size))
      return { status: 200, headers: { 'content-length': String(body.length) }, body }
    } catch (error) {
      return finish(
        asked,
        toReply(error, (bug) => assert.fail(String(bug))),
      )
    }
  }

const zipped = gzipSync(Buffer.alloc(32 * mib))
const uploads: readonly (readonly [
  claim: string,
  body: () => Readable,
  headers: Record<string, string>,
  status: number,
  text: RegExp,
])[] = [
  ['plain', () => Readable.from(sourceOf(4 * mib).stream), {}, 200, /^4194304$/],
  ['none', () => Readable.from([]), {}, 200, /^0$/],
  [
    'with gzip, within the limit once decoded',
    () => Readable.from([gzipSync(Buffer.alloc(mib))]),
    { 'content-encoding': 'gzip' },
    200,
    /^1048576$/,
  ],
  ['over the limit', () => Readable.from(sourceOf(12 * mib).stream), {}, 413, /body_too_large/],
  [
    'over the limit once decoded',
    () => Readable.from([gzipSync(randomBytes(5 * mib).toString('hex'), { level: 1 })]),
    { 'content-encoding': 'gzip' },
    413,
    /body_too_large/,
  ],
  [
    'that gzip makes a thousand times larger',
    () => Readable.from([zipped]),
    { 'content-encoding': 'gzip' },
    413,
    /body_inflated/,
  ],
  [
    'whose gzip is broken',
    () => Readable.from([Buffer.from('no gzip at all')]),
    { 'content-encoding': 'gzip' },
    400,
    /request_invalid/,
  ],
  [
    'of another coding',
    () => Readable.from([Buffer.from('x')]),
    { 'content-encoding': 'br' },
    415,
    /coding_unsupported/,
  ],
]
for (const [claim, body, headers, status, text] of uploads) {
  test(`stream() answers ${status} to a body ${claim}`, async () => {
    await withServer(count(8 * mib), async (url) => {
      const answer = await open(url, { method: 'PUT', body: body(), headers })
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(Buffer.from(part))
      assert.equal(answer.statusCode, status)
      assert.match(Buffer.concat(parts).toString(), text)
    })
  })
}

test('stream() throws request_cut when the client goes away, with or without gzip', async () => {
  for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
    const errors: unknown[] = []
    const app: App = async (asked) => {
      try {
        for await (const _part of asked.stream(mib)) errors.push('a chunk')
      } catch (error) {
        errors.push(error)
      }
      return { status: 200, headers: {} }
    }
    await withServer(app, async (url) => {
      const outgoing = request(url, { method: 'PUT', headers: { ...headers } })
      outgoing.on('error', () => undefined)
      outgoing.write(gzipSync('a').subarray(0, 15))
      await once(outgoing, 'socket')
      outgoing.flushHeaders()
      await once(outgoing.socket ?? assert.fail(), 'connect')
      outgoing.write('x', () => outgoing.destroy())
      while (!errors.some((error) => isSteleError(error))) await nextTurn()
      assert.ok(errors.some((error) => isSteleError(error, 'request_cut')))
    })
  }
})

test('an upload is read at the pace of the route: a client that sends fast waits', async () => {
  const { stream, facts } = sourceOf(40 * mib)
  const gate = Promise.withResolvers<void>()
  const app: App = async (asked) => {
    let size = 0
    for await (const part of asked.stream(64 * mib)) {
      size += part.length
      await gate.promise
    }
    return { status: 200, headers: { 'x-size': String(size) } }
  }
  await withServer(app, async (url) => {
    const answered = open(url, { method: 'PUT', body: Readable.from(stream) })
    assert.ok((await settled(() => facts.pulled)) < 24 * mib)
    gate.resolve()
    assert.equal((await answered).headers['x-size'], String(40 * mib))
  })
})

test('what a route reads it can send on at once: both bodies stream together', async () => {
  const { stream } = sourceOf(16 * mib)
  const app: App = async (asked) => replyOf(asked.stream(16 * mib))
  await withServer(app, async (url) => {
    const answer = await open(url, { method: 'PUT', body: Readable.from(stream) })
    assert.equal(await sizeOf(answer), 16 * mib)
  })
})
