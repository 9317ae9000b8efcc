// How much memory a server holds at most, whatever comes: small bodies by the thousand, and then the worst that anybody can send.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { makePackage, makeTar } from '../packages/testkit/src/tarball.ts'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { readPeak } from './peak-memory.ts'
import { makeUpload, publish, type RegistryClient, signUp, uploadOf } from './registry-client.ts'
import { roundsOf } from './rounds.ts'
import { assertNoTrouble, readCheckpoint, type Server, startServer } from './server.ts'

const megabyte = 1_000_000
const mebibyte = 1024 ** 2
/** As it is started for people, who do not set its memory themselves. */
const main = fileURLToPath(new URL('../packages/stele/bin/stele.cjs', import.meta.url))

function startProxy(upstream: EvilUpstream): Promise<Server> {
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url }])
  return startServer({ main, flags: ['--upstreams', upstreams] })
}

function assertPeak({ pid }: Server, mostMegabytes: number, report: (text: string) => void): void {
  const peak = readPeak(pid) / megabyte
  report(`peak: ${peak.toFixed(0)} MB of ${mostMegabytes}`)
  assert.ok(peak > 0 && peak <= mostMegabytes, `The server held ${peak.toFixed(0)} MB`)
}

/** Works through the numbers below `count`, so many at a time. */
async function each(
  count: number,
  atOnce: number,
  work: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
}

test('a server holds at most 300 MB with small bodies: publishes, reads, reads of an upstream, 64 clients', async (t) => {
  const count = roundsOf({ modest: 1_000, full: 10_000 })
  await using upstream = await startEvilUpstream()
  for (let at = 0; at < 200; at++) upstream.put(`up-${at}`, [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  const users = await Promise.all(
    Array.from({ length: 8 }, (_, at) => signUp(server.url, `user-${at}`)),
  )
  const read = async (path: string): Promise<void> => {
    const response = await fetch(server.url + path)
    await response.arrayBuffer()
    assert.equal(response.status, 200, path)
  }
  await each(count, 64, async (at) => {
    const [user, name] = [users[at % users.length], `small-${at}`]
    assert.ok(user !== undefined)
    const { status } = await publish(user, makeUpload({ name, version: '1.0.0' }))
    assert.equal(status, 201)
    await read(`/${name}`)
    await read(`/${name}/-/${name}-1.0.0.tgz`)
    await read(`/up-${at % 200}`)
    await read(`/up-${at % 200}/-/up-${at % 200}-1.0.0.tgz`)
  })
  assertPeak(server, 300, (text) => t.diagnostic(text))
  assertNoTrouble(server.lines)
})

/** What came back: a status, or `cut`. */
type Outcome = number | 'cut'

/** PUT of a document from an address of this machine. */
function put({ port }: Server, { token }: RegistryClient, sent: Sent): Promise<Outcome> {
  const { name, body, headers = {}, from = '127.0.0.1' } = sent
  return new Promise((resolve) => {
    const own = { authorization: `Bearer ${token}`, 'content-length': body.length, ...headers }
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        localAddress: from,
        agent: new Agent(),
        method: 'PUT',
        path: `/${name}`,
        headers: own,
      },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 0))
        response.once('error', () => resolve('cut'))
      },
    )
    asked.once('error', () => resolve('cut'))
    asked.end(body)
  })
}

type Sent = {
  readonly name: string
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
}

function documentOf(name: string, files: Readonly<Record<string, Uint8Array>>): Buffer {
  const manifest = { name, version: '1.0.0' }
  return Buffer.from(JSON.stringify(uploadOf(manifest, makePackage(manifest, files)).document))
}

/** The same with one file that does not get smaller, which is not tried: it takes seconds. */
function noiseOf(name: string, noise: Uint8Array): Buffer {
  const manifest = { name, version: '1.0.0' }
  const entries = [
    { path: 'package.json', content: JSON.stringify(manifest) },
    { path: 'a.bin', content: noise },
  ]
  const tarball = gzipSync(makeTar(entries), { level: 0 })
  return Buffer.from(JSON.stringify(uploadOf(manifest, tarball).document))
}

/** A packument of so many bytes, of which a few letters are of no European alphabet: as a text it takes twice its size. */
function packumentOf(name: string, sizeBytes: number): Buffer {
  const readme = `漢字 ${'x'.repeat(9_000)}`
  const versions = Array.from({ length: Math.floor(sizeBytes / 9_300) }, (_, at) => {
    const dist = {
      tarball: `http://x/${name}.tgz`,
      integrity: `sha512-${randomBytes(64).toString('base64')}`,
    }
    return [`1.0.${at}`, { name, version: `1.0.${at}`, readme, dist }]
  })
  return Buffer.from(
    JSON.stringify({
      name,
      'dist-tags': { latest: '1.0.0' },
      versions: Object.fromEntries(versions),
    }),
  )
}

const gzipped = { 'content-encoding': 'gzip' }

test('a server holds at most 700 MB whatever comes, and every upload that is in order is taken', async (t) => {
  const uploads = roundsOf({ modest: 3, full: 64 })
  const noise = randomBytes(90 * mebibyte)
  // Before the server starts: nothing is sent while they are made. In the full round they take 8 GB.
  const documents = Array.from({ length: uploads }, (_, at) => noiseOf(`large-${at}`, noise))
  await using upstream = await startEvilUpstream()
  const spoil = (path: string, body: Buffer, headers: Record<string, string> = {}): void =>
    upstream.spoil(path, {
      answer: (response) =>
        void response.writeHead(200, { 'content-length': body.length, ...headers }).end(body),
    })
  spoil('/wide', gzipSync(packumentOf('wide', 31 * mebibyte), { level: 1 }), gzipped)
  spoil('/values', Buffer.from(`{"a":[${'{},'.repeat(10 * mebibyte)}0]}`))
  spoil('/bomb', gzipSync(Buffer.alloc(400 * mebibyte)), gzipped)
  const plain = packumentOf('plain', 30 * mebibyte)
  for (let at = 0; at < 8; at++) spoil(`/plain-${at}`, plain)
  await using server = await startProxy(upstream)
  const users = await Promise.all(
    Array.from({ length: 8 }, (_, at) => signUp(server.url, `user-${at}`)),
  )
  const [first] = users
  assert.ok(first !== undefined)
  const send = (sent: Sent): Promise<Outcome> => put(server, first, sent)
  const get = async (path: string): Promise<Outcome> => {
    const response = await fetch(server.url + path)
    await response.arrayBuffer()
    return response.status
  }

  const large = documents.map(async (body, at) => {
    const user = users[at % users.length]
    assert.ok(user !== undefined)
    return put(server, user, { name: `large-${at}`, body, from: `127.0.0.${2 + (at % 8)}` })
  })
  const bad = [
    send({
      name: 'unpacked',
      body: documentOf('unpacked', {
        zeros: Buffer.alloc(480 * mebibyte),
        noise: noise.subarray(0, 3 * mebibyte),
      }),
    }),
    send({ name: 'bomb', body: gzipSync(Buffer.alloc(400 * mebibyte)), headers: gzipped }),
    send({ name: 'values', body: Buffer.from(`{"a":[${'{},'.repeat(30 * mebibyte)}0]}`) }),
    send({ name: 'own-wide', body: Buffer.from(`{"é漢":"${'x'.repeat(33 * mebibyte)}"}`) }),
    send({ name: 'long', body: Buffer.from(`{"a":"${'x '.repeat(60 * mebibyte)}"}`) }),
  ]
  const reads = [
    '/wide',
    '/wide/1.0.5',
    '/values',
    '/bomb',
    ...Array.from({ length: 8 }, (_, at) => `/plain-${at}`),
  ]
  const answers = await Promise.all([
    Promise.all(bad),
    Promise.all(reads.map(get)),
    Promise.all(large),
  ])
  assertPeak(server, 700, (text) => t.diagnostic(text))
  assert.deepEqual(answers[0], [201, 413, 413, 400, 413])
  assert.deepEqual(answers[1], [200, 200, 424, 424, ...Array.from({ length: 8 }, () => 424)])
  assert.deepEqual(
    answers[2],
    Array.from({ length: uploads }, () => 201),
  )
  assertNoTrouble(server.lines)
  assert.ok((await readCheckpoint(server.url)).size > uploads)
})
