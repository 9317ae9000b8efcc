// Names at a registry that has an upstream: odd ones never change what that is asked, and storms of missing ones cost it little.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { Agent, createServer, type Server as HttpServer, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ask, codeOf, get } from './bad-input/row.ts'
import { sendRaw } from './raw-client.ts'
import { makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { roundsOf } from './rounds.ts'
import { assertNoTrouble, type Server, startServer } from './server.ts'

/** An upstream that has nothing, or answers anything with one document, and writes down what it was asked. */
async function startRecorder(
  answer?: string,
): Promise<AsyncDisposable & { readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server: HttpServer = createServer((incoming, response) => {
    asked.push(incoming.url ?? '')
    incoming.resume()
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(answer ?? '{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere')
  return {
    url: `http://127.0.0.1:${address.port}/base`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function startProxy(url: string, flags: readonly string[] = []): Promise<Server> {
  return startServer({ flags: ['--upstreams', JSON.stringify([{ id: 'up', url }]), ...flags] })
}

/** Each path, and what the upstream may be asked for it: nothing, or one segment below its address. */
const paths: readonly (readonly [path: string, asked?: string])[] = [
  ['/plain', '/base/plain'],
  ['/@scope%2fname', '/base/@scope%2Fname'],
  ['/@scope/name', '/base/@scope%2Fname'],
  ['/.'],
  ['/..'],
  ['/%2e%2e'],
  ['/%2e%2e%2fadmin'],
  ['/..%2fadmin'],
  ['/a%2f..%2f..%2fadmin'],
  ['/@scope%2f..'],
  ['/@scope%2f..%2f..%2fadmin'],
  ['/@..%2fname'],
  ['/@scope/..'],
  ['/a%5c..%5cadmin'],
  ['/a%3fadmin=1'],
  ['/a%23admin'],
  ['/a%00'],
  ['/a%0d%0ahost:%20evil'],
  ['/a%20b'],
  ['/a%25'],
  ['/a%252e'],
  ['/%ff'],
  ['/p%C3%A4ckage'],
  ['/%F0%9F%92%A9'],
  ['/%E2%80%AEgnp'],
  ['/http:%2f%2fevil.example%2f'],
  ['/%2f%2fevil.example'],
  ['//evil.example/a'],
  [`/${'a'.repeat(214)}`, `/base/${'a'.repeat(214)}`],
  [`/${'a'.repeat(300)}`],
  ['/_all_docs'],
  ['/-', '/base/-'],
  ['/plain/-/..%2f..%2fadmin-1.0.0.tgz'],
  ['/plain/..'],
  ['/-/package/..%2fadmin/dist-tags'],
  ['/-/package/%2e%2e/visibility'],
]
test('an upstream is asked for a name as one segment below its address, whatever the name is, or not at all', async (t) => {
  await using upstream = await startRecorder()
  await using server = await startProxy(upstream.url)
  for (const [path, wanted] of paths) {
    await t.test(path.slice(0, 60), async () => {
      const [answer] = await sendRaw(server.port, [...get(path).pieces], { count: 1 })
      assert.ok(answer !== undefined)
      assert.ok(answer.status === 404 || answer.status === 400, String(answer.status))
      assert.equal(typeof codeOf(answer), 'string')
      const asked = upstream.asked.splice(0)
      // Asked once, or not any more: two spellings are one name.
      for (const one of asked) assert.equal(one, wanted)
    })
  }
  assertNoTrouble(server.lines)
})

const digest = `"integrity":"sha512-${Buffer.alloc(64, 1).toString('base64')}"`
const dist = `"dist":{"tarball":"http://x/odd-1.0.0.tgz",${digest}}`
const release = `{"name":"odd","version":"1.0.0",${dist}}`

/** What an upstream answers for "odd", and what somebody who asks for it gets. */
const packuments: readonly (readonly [what: string, text: string, status: number])[] = [
  ['nothing', '', 424],
  ['half an object', '{"name":"odd"', 424],
  ['a list', '[]', 424],
  ['100,000 levels', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 424],
  ['10,000,000 values', `{"a":[${'0,'.repeat(1e7)}0]}`, 424],
  ['40 MB', `{"a":"${'x'.repeat(4e7)}"}`, 424],
  [
    'members twice',
    `{"name":"evil","name":"odd","versions":{},"versions":{"1.0.0":${release}},"dist-tags":{"latest":"1.0.0"}}`,
    200,
  ],
  [
    'a version called __proto__',
    `{"name":"odd","versions":{"__proto__":${release},"1.0.0":${release}},"dist-tags":{"latest":"1.0.0"}}`,
    200,
  ],
  [
    'a __proto__ in everything',
    `{"__proto__":{"x":1},"name":"odd","versions":{"1.0.0":{"__proto__":{"x":1},${release.slice(1)}},"dist-tags":{"__proto__":"1.0.0","latest":"1.0.0"},"time":{"__proto__":{}}}`,
    200,
  ],
  [
    'versions that are none',
    `{"name":"odd","versions":{"../../x":${release},"1.0.0":${release},"1":${release}},"dist-tags":{"latest":"1.0.0"}}`,
    200,
  ],
]
for (const [what, text, status] of packuments) {
  test(`an upstream that answers with ${what} is answered for with ${status}, and harms nobody else`, async () => {
    await using upstream = await startRecorder(text)
    await using server = await startProxy(upstream.url)
    const response = await fetch(`${server.url}/odd`)
    const json: unknown = await response.json()
    assert.equal(response.status, status, JSON.stringify(json))
    if (status === 200) {
      assert.deepEqual(Object.keys(Object(json)['versions']), ['1.0.0'])
      assert.equal(Object(json)['name'], 'odd')
      const isTag = text.includes('"dist-tags":{"__proto__"')
      assert.equal((await fetch(`${server.url}/odd/__proto__`)).status, isTag ? 200 : 404)
      for (const version of ['constructor', 'toString', '../../x']) {
        const { status: found } = await fetch(`${server.url}/odd/${encodeURIComponent(version)}`)
        assert.ok(found === 404 || found === 400, `${version}: ${found}`)
      }
    } else assert.equal(typeof Object(json)['code'], 'string')
    const alice = await signUp(server.url, 'alice')
    assert.equal(
      (await publish(alice, makeUpload({ name: '@team/mine', version: '1.0.0' }))).status,
      201,
    )
    assertNoTrouble(server.lines)
  })
}

const audit = '/-/npm/v1/security/advisories/bulk'
/** What is sent to be audited, and what comes back. */
const audits: readonly (readonly [
  what: string,
  body: Uint8Array,
  headers: Record<string, string>,
  status: number,
  code?: string,
])[] = [
  ['a gzip bomb', gzipSync(Buffer.alloc(300_000_000)), { 'content-encoding': 'gzip' }, 413],
  [
    'a million names',
    Buffer.from(`{${Array.from({ length: 1e6 }, (_, at) => `"${at}":[]`).join()}}`),
    {},
    413,
  ],
  [
    'a million names in little gzip',
    gzipSync(`{${Array.from({ length: 60_000 }, (_, at) => `"${at}":[]`).join()}}`),
    { 'content-encoding': 'gzip' },
    400,
  ],
  [
    'names that are none',
    Buffer.from('{"../admin":["1.0.0"],"__proto__":["1"],"a b":["1"],"":[]}'),
    {},
    404,
  ],
  ['a list', Buffer.from('[]'), {}, 400],
]
test('what is sent to be audited is bounded, and asks an upstream only of what came from it', async (t) => {
  await using upstream = await startRecorder()
  await using server = await startProxy(upstream.url)
  for (const [what, body, headers, status] of audits) {
    await t.test(what, async () => {
      const [answer] = await sendRaw(
        server.port,
        [...ask({ method: 'POST', path: audit, headers }, body)],
        { count: 1 },
      )
      assert.equal(answer?.status, status, answer?.body.toString())
      assert.equal(typeof codeOf(answer), 'string')
      assert.deepEqual(upstream.asked, [])
    })
  }
  assertNoTrouble(server.lines)
})

/** Asks for names that nobody has, over and over, and counts the answers by their status. */
async function storm(
  server: Server,
  count: number,
  clientOf: (at: number) => string,
): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const counts = new Map<number, number>()
  let next = 0
  const one = async (at: number): Promise<void> => {
    const headers = { 'x-forwarded-for': clientOf(at), host: 'localhost' }
    const sent = request({
      port: server.port,
      host: '127.0.0.1',
      path: `/missing-${at}`,
      headers,
      agent,
    }).end()
    const [response] = await once(sent, 'response')
    const { statusCode, headers: got } = response
    if (statusCode !== 404) assert.match(String(got['retry-after']), /^\d+$/)
    counts.set(statusCode, (counts.get(statusCode) ?? 0) + 1)
    response.resume()
    await once(response, 'end')
  }
  const run = async (): Promise<void> => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: 64 }, run))
  agent.destroy()
  return counts
}

const storms: readonly (readonly [
  from: string,
  clientOf: (at: number) => string,
  most: number,
  modest: number,
])[] = [
  ['one address', () => '192.0.2.1', 10_000, 10_500],
  ['1,000 addresses', (at) => `10.0.${at % 4}.${at % 250}`, 60_000, 3_000],
]
for (const [from, clientOf, most, modest] of storms) {
  test(`a storm of missing names from ${from} ends in 429, and others are served`, async () => {
    const count = roundsOf({ modest, full: 100_000 })
    const isForAll = count > most && from !== 'one address' // Then there is nothing left for anybody else either.
    await using upstream = await startRecorder()
    await using server = await startProxy(upstream.url, [
      '--trusted-proxies',
      '127.0.0.0/8,::1',
      '--sign-up',
      'open',
    ])
    const alice = await signUp(server.url, 'alice')
    assert.equal(
      (await publish(alice, makeUpload({ name: '@team/mine', version: '1.0.0' }))).status,
      201,
    )
    const raging = storm(server, count, clientOf)
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    raging.then(over, over)
    for (let reads = 0; reads < 5 || !isOver; reads++) {
      assert.ok((await readPackument(server.url, '@team/mine')) !== undefined)
      const { status } = await fetch(`${server.url}/other-${reads % 3}`, {
        headers: { 'x-forwarded-for': '198.51.100.7' },
      })
      assert.ok(status === 404 || (status === 429 && isForAll), `${status}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const counts = await raging
    const [missing = 0, refused = 0] = [counts.get(404), counts.get(429)]
    assert.equal(missing + refused, count, JSON.stringify([...counts]))
    assert.ok(missing <= most && (count <= most || refused > 0), JSON.stringify([...counts]))
    assert.ok(upstream.asked.length <= 60_000)
    const sizes = readdirSync(server.dir)
      .filter((file) => file.startsWith('upstream.db'))
      .map((file) => statSync(join(server.dir, file)).size)
    const sizeBytes = sizes.reduce((sum, one) => sum + one, 0)
    assert.ok(sizeBytes < 20_000_000, `${sizeBytes} bytes`)
    assertNoTrouble(server.lines)
  })
}
