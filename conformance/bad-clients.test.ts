// Clients that cost more than they look: slow ones, ones that do not read, ones that ask for too much at once, and strangers at a
// registry that only accounts may read. The others are served all the while.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { codeOf } from './bad-input/row.ts'
import { startEvilUpstream } from './evil-upstream.ts'
import { readPeak } from './peak-memory.ts'
import { openSocket, sendRaw } from './raw-client.ts'
import {
  makeUpload,
  publish,
  type RegistryClient,
  readPackument,
  signUp,
} from './registry-client.ts'
import { assertNoTrouble, type Server, startServer } from './server.ts'

const mebibyte = 1024 ** 2

/** Connections from several addresses of this machine, each with the same bytes sent. */
async function openMany(
  server: Server,
  count: number,
  bytes: (at: number) => string,
): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, (_, at) =>
    openSocket(server.port, `127.0.0.${2 + (at % 8)}`),
  )
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  for (const [at, socket] of sockets.entries()) socket.on('error', () => undefined).write(bytes(at))
  return sockets
}

/** Somebody publishes, and somebody reads. */
async function assertServes(server: Server, client: RegistryClient, name: string): Promise<void> {
  const large = makeUpload({ name, version: '1.0.0' }, 'x'.repeat(2 * mebibyte))
  assert.equal((await publish(client, large)).status, 201)
  assert.ok((await readPackument(server.url, name)) !== undefined)
}

const slow: readonly (readonly [what: string, bytes: (token: string, at: number) => string])[] = [
  ['send half a line', () => 'GET / HT'],
  ['send one header and no end', () => 'GET / HTTP/1.1\r\nhost: localhost\r\nx: '],
  [
    'begin an upload of 100 MB',
    (token, at) =>
      `PUT /slow-${at} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-length: 100000000\r\n\r\n{"name":`,
  ],
  [
    'begin an upload in chunks',
    (token, at) =>
      `PUT /slow-${at} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"nam`,
  ],
  [
    'ask for a lot and read nothing',
    () => 'GET /hosted/-/hosted-1.0.0.tgz HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(20),
  ],
]
for (const [what, bytes] of slow) {
  test(`others publish and read while 300 connections ${what}`, async () => {
    await using server = await startServer()
    const [alice, mallory] = [
      await signUp(server.url, 'alice'),
      await signUp(server.url, 'mallory'),
    ]
    const hosted = makeUpload({ name: 'hosted', version: '1.0.0' }, 'x'.repeat(mebibyte))
    assert.equal((await publish(alice, hosted)).status, 201)
    const sockets = await openMany(server, 300, (at) => bytes(mallory.token, at))
    await assertServes(server, alice, 'other')
    for (const socket of sockets) socket.destroy()
    await assertServes(server, alice, 'later')
    assertNoTrouble(server.lines)
  })
}

test('a connection that asks for too much without reading is cut, and others are not', async () => {
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  const flood = 'GET /-/ping HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(2_000)
  const sockets = await openMany(server, 30, () => flood)
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  await assertServes(server, alice, 'other')
  assertNoTrouble(server.lines)
})

test('a packument of 30 MB that 60 clients ask for and do not read leaves a server below 700 MB, also under several addresses', async (t) => {
  await using upstream = await startEvilUpstream()
  const versions = Array.from({ length: 3_000 }, (_, at) => [
    `1.0.${at}`,
    {
      name: 'wide',
      version: `1.0.${at}`,
      readme: 'x'.repeat(9_500),
      dist: { tarball: 'http://x/', shasum: 'a'.repeat(40) },
    },
  ])
  const body = gzipSync(
    JSON.stringify({
      name: 'wide',
      'dist-tags': { latest: '1.0.0' },
      versions: Object.fromEntries(versions),
    }),
  )
  upstream.spoil('/wide', {
    answer: (response) =>
      void response
        .writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length })
        .end(body),
  })
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url }])
  await using server = await startServer({ flags: ['--upstreams', upstreams] })
  const alice = await signUp(server.url, 'alice')
  const hosts = [
    'localhost',
    '127.0.0.1',
    'localhost:1',
    'localhost:2',
    'localhost:3',
    'localhost:4',
  ]
  const sockets = await openMany(
    server,
    60,
    (at) => `GET /wide HTTP/1.1\r\nhost: ${hosts[at % hosts.length]}\r\n\r\n`,
  )
  await Promise.all(sockets.map((socket) => once(socket, 'readable')))
  const heads = sockets.map((socket) => String(socket.read(12)))
  assert.deepEqual(new Set(heads), new Set(['HTTP/1.1 200', 'HTTP/1.1 503']))
  assert.ok((await fetch(`${server.url}/-/ping`)).ok)
  const peak = readPeak(server.pid) / 1e6
  t.diagnostic(`peak: ${peak.toFixed(0)} MB`)
  assert.ok(peak > 0 && peak < 700, `${peak} MB`)
  for (const socket of sockets) socket.destroy()
  await assertServes(server, alice, 'other')
})

// Whatever a stranger tries at a registry that only accounts may read: nothing of it is told. 404 is where no registry has anything.
const doors: readonly (readonly [title: string, request: string, status: number])[] = [
  ...[
    '/hosted',
    '/hosted/',
    '/HOSTED',
    '/%68osted',
    '//hosted',
    '/./hosted',
    '/hosted/1.0.0',
    '/hosted/latest',
    '/hosted?x',
    '/hosted#x',
  ].map((path) => [`GET ${path}`, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 401] as const),
  ...[
    '/@team%2fsecret',
    '/@team/secret',
    '/%40team%2Fsecret',
    '/@team%252fsecret',
    '/hosted/-/hosted-1.0.0.tgz',
  ].map((path) => [`GET ${path}`, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 401] as const),
  ...[
    '/-/log/checkpoint',
    '/-/log/head',
    '/-/log/tile/entries/000.p/1',
    '/-/v1/search?text=hosted',
    '/-/package/hosted/dist-tags',
    '/-/all',
    '/-/whoami',
    '/-/user/org.couchdb.user:alice',
    '/-/_view/starredByUser?key="alice"',
    '/-/mnpm/versions?name=hosted',
  ].map((path) => [`GET ${path}`, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 401] as const),
  ...['/x/../hosted', '/hosted/-/hosted/hosted-1.0.0.tgz', '/-/log/entries/000'].map(
    (path) => [`GET ${path}`, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 404] as const,
  ),
  ['HEAD', 'HEAD /hosted HTTP/1.1\r\nhost: localhost\r\n\r\n', 401],
  ['the absolute form', 'GET http://localhost/hosted HTTP/1.1\r\nhost: localhost\r\n\r\n', 401],
  [
    'an upgrade',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    401,
  ],
  [
    'a made-up token',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer alice\r\n\r\n',
    401,
  ],
  [
    'an empty token',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \r\n\r\n',
    401,
  ],
  [
    'no known scheme',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nauthorization: Negotiate abc\r\n\r\n',
    401,
  ],
  [
    'an account without a password',
    `GET /hosted HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic ${btoa('alice:')}\r\n\r\n`,
    401,
  ],
  [
    'a forwarded account',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nx-forwarded-user: alice\r\nx-remote-user: alice\r\n\r\n',
    401,
  ],
  [
    'the ETag of what is there',
    'GET /hosted HTTP/1.1\r\nhost: localhost\r\nif-none-match: *\r\n\r\n',
    401,
  ],
  [
    'a range',
    'GET /hosted/-/hosted-1.0.0.tgz HTTP/1.1\r\nhost: localhost\r\nrange: bytes=0-1\r\n\r\n',
    401,
  ],
  [
    'a proof',
    'POST /-/stele/proof HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n[]',
    401,
  ],
  [
    'an audit',
    'POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}',
    404,
  ],
  ['a publish', 'PUT /odd HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}', 401],
  [
    'a module',
    'PUT /-/mnpm/module HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}',
    401,
  ],
]
test('strangers get nothing of a registry that only accounts may read, whatever they try', async (t) => {
  await using server = await startServer({ flags: ['--access', 'authenticated'] })
  const alice = await signUp(server.url, 'alice')
  for (const name of ['hosted', '@team/secret']) {
    assert.equal((await publish(alice, makeUpload({ name, version: '1.0.0' }))).status, 201)
    for (let time = 0; time < 3; time++)
      assert.equal((await alice.send('GET', `/${encodeURIComponent(name)}`)).status, 200) // It is ready now.
  }
  const from = server.lines.length
  for (const [title, request, status] of doors) {
    await t.test(title, async () => {
      const isHead = request.startsWith('HEAD')
      const [answer] = await sendRaw(server.port, request, { count: 1, isHead })
      assert.ok(answer !== undefined, 'There was no answer')
      assert.doesNotMatch(answer.body.toString(), /sha512|integrity|secret|1\.0\.0"/)
      assert.equal(answer.status, status, answer.body.toString())
      assert.ok(isHead || typeof codeOf(answer) === 'string')
    })
  }
  assertNoTrouble(server.lines.slice(from))
})
