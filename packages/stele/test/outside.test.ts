// What oracles may reach: the clock, chance, and the hosts that the operator names.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { OracleAnswer } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { createLookup, parseAllowedHost, requireAllowed } from '../src/oracles/allowed-hosts.ts'
import { maxFetchedBytes, maxFetches, maxRandomBytes } from '../src/oracles/limits.ts'
import { createOutside, type OutsideOptions } from '../src/oracles/outside.ts'

const ask = (options: OutsideOptions, request: JsonValue): Promise<OracleAnswer> =>
  createOutside(options)(request, new AbortController().signal)

test('createOutside() answers with the real time, and as many random bytes as were asked for', async () => {
  assert.deepEqual(await ask({ nowMs: () => 77 }, { time: true }), { value: 77 })
  for (const size of [1, 32, maxRandomBytes]) {
    const answer = await ask({}, { random: size })
    assert.ok('value' in answer && typeof answer.value === 'string')
    assert.equal(Buffer.from(answer.value, 'base64').length, size)
  }
})

const refused: readonly (readonly [request: JsonValue, name: string, message: RegExp])[] = [
  [null, 'TypeError', /it is one of \{"time": true\}/],
  [{}, 'TypeError', /it is one of/],
  [{ time: true, random: 1 }, 'TypeError', /it is one of/],
  [{ time: false }, 'TypeError', /it is one of/],
  [{ random: 0 }, 'TypeError', /a number from 1 to 65536/],
  [{ random: 65_537 }, 'TypeError', /a number from 1 to 65536/],
  [{ random: '1' }, 'TypeError', /a number from 1 to 65536/],
  [{ vms: { provision: { title: '', code: 'x' } } }, 'NotAllowedError', /not a factory/],
  [{ vms: { provision: { code: 'x' } } }, 'TypeError', /a title and code/],
  [{ fetch: {} }, 'TypeError', /not a web address/],
  [{ fetch: { url: 'file:///etc/passwd' } }, 'TypeError', /not a web address/],
  [{ fetch: { url: 'http://u:p@localhost/' } }, 'TypeError', /holds no password/],
  [{ fetch: { url: 'http://localhost/', method: 'TRACE' } }, 'TypeError', /one of GET/],
  [{ fetch: { url: 'http://localhost/', headers: { Host: 'x' } } }, 'TypeError', /"host"/],
  [{ fetch: { url: 'http://localhost/', headers: { a: 'b\r\nc: d' } } }, 'TypeError', /"a" is not/],
  [{ fetch: { url: 'http://localhost/', headers: { 'a b': '' } } }, 'TypeError', /"a b" is not/],
  [{ fetch: { url: 'http://localhost/', body: 5 } }, 'TypeError', /neither text nor bytes/],
  [{ fetch: { url: 'https://evil.example/x' } }, 'NotAllowedError', /--allow-host evil\.example$/],
  [{ fetch: { url: 'http://localhost:81' } }, 'NotAllowedError', /--allow-host localhost:81$/],
]
for (const [request, name, message] of refused) {
  test(`createOutside() answers ${name} when an oracle asks ${JSON.stringify(request)}`, async () => {
    const answer = await ask({ allowHosts: ['localhost'] }, request)
    assert.ok('error' in answer)
    assert.equal(answer.error.name, name)
    assert.match(answer.error.message, message)
  })
}

const places: readonly (readonly [host: string, url: string, isAllowed: boolean])[] = [
  ['example.com', 'https://example.com/x', true],
  ['example.com', 'http://example.com/', true],
  ['EXAMPLE.com', 'https://example.COM/', true],
  ['example.com', 'https://example.com:8443/', false],
  ['example.com', 'http://example.com:443/', false],
  ['example.com:8443', 'https://example.com:8443/', true],
  ['example.com:8443', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:443', 'http://example.com/', false],
  ['example.com', 'https://www.example.com/', false],
  ['example.com', 'https://example.com.evil.example/', false],
  ['example.com', 'https://example.com./', false],
  ['127.0.0.1', 'http://2130706433/', true],
  ['localhost', 'http://127.0.0.1/', false],
  ['[::1]:80', 'http://[0:0::1]/', true],
]
for (const [host, url, isAllowed] of places) {
  test(`requireAllowed() ${isAllowed ? 'is silent' : 'throws NotAllowedError'} when ${url} is asked for and ${host} is allowed`, () => {
    const look = (): void => requireAllowed(new URL(url), [parseAllowedHost(host)])
    if (isAllowed) look()
    else assert.throws(look, { name: 'NotAllowedError' })
  })
}

for (const text of [
  '',
  '*',
  '*.example.com',
  'http://a',
  'a/b',
  'a:',
  'a:0',
  'a:65536',
  'a b',
  'a@b',
  '[::1',
  'a?b',
]) {
  test(`parseAllowedHost() throws setting_invalid for "${text}"`, () => {
    assert.throws(
      () => parseAllowedHost(text),
      (error) => isSteleError(error, 'setting_invalid'),
    )
  })
}

const leads: readonly (readonly [
  host: string,
  addresses: readonly string[],
  allow: readonly string[],
  found: readonly string[],
])[] = [
  ['a.example', ['93.184.216.34'], [], ['93.184.216.34']],
  ['a.example', ['127.0.0.1'], [], []],
  ['a.example', ['::ffff:10.0.0.1'], [], []],
  ['a.example', ['169.254.169.254'], [], []],
  ['a.example', ['fd00::1'], [], []],
  ['a.example', ['fe80::1'], [], []],
  ['a.example', ['64:ff9b::7f00:1'], [], []],
  ['a.example', ['0.0.0.0'], [], []],
  ['a.example', ['10.0.0.1', '93.184.216.34'], [], ['93.184.216.34']],
  ['a.example', ['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']],
  ['a.example', ['fd00::1'], ['[fd00::1]:80'], ['fd00::1']],
  ['localhost', ['127.0.0.1'], [], ['127.0.0.1']],
  ['localhost', ['10.0.0.1'], [], []],
]
for (const [host, addresses, allow, found] of leads) {
  test(`createLookup() ${found.length > 0 ? `gives ${found.join()}` : 'throws NotAllowedError'} when ${host} leads to ${addresses.join(' and ')} and ${allow.join() || 'nothing else'} is allowed`, async () => {
    const lookup = createLookup(allow.map(parseAllowedHost), (_host, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      ),
    )
    const looked = new Promise((resolve, reject) => {
      lookup(host, { all: true }, (error, list) => (error === null ? resolve(list) : reject(error)))
    })
    const wanted = found.map((address) => ({ address, family: 4 }))
    if (found.length > 0) assert.deepEqual(await looked, wanted)
    else await assert.rejects(looked, { name: 'NotAllowedError', message: /private network/ })
  })
}

/** A server of this test, and an oracle that may reach it. */
async function serve(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<{ readonly url: string; readonly host: string }> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', (text: string) => (body += text))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}` }
}

/** What an oracle is given for this fetch. */
async function fetchAs(
  allow: readonly string[],
  wanted: { readonly [name: string]: JsonValue },
): Promise<Record<string, JsonValue>> {
  const answer = await ask({ allowHosts: allow }, { fetch: wanted })
  if ('error' in answer)
    throw Object.assign(new Error(answer.error.message), { name: answer.error.name })
  assert.ok(isJsonObject(answer.value))
  return { ...answer.value }
}

test('createFetching() gives status, headers and body, as text or bytes', async (t) => {
  const { url, host } = await serve(t, (request, response, body) => {
    response.writeHead(request.url === '/none' ? 404 : 200, {
      'x-said': [request.method ?? '', request.headers['x-own'] ?? ''].join(' '),
      connection: 'close',
    })
    response.end(request.url === '/bytes' ? Buffer.of(255, 0) : `heard ${body}`)
  })
  const { headers, ...told } = await fetchAs([host], {
    url: `${url}/a?b#c`,
    method: 'post',
    headers: { 'X-Own': 'mine' },
    body: 'text',
  })
  assert.deepEqual(told, { url: `${url}/a?b`, status: 200, body: 'heard text' })
  assert.ok(isJsonObject(headers ?? null))
  assert.equal(Object(headers)['x-said'], 'POST mine')
  const bytes = await fetchAs([host], {
    url: `${url}/bytes`,
    method: 'PUT',
    body: { $base64: '/wA=' },
  })
  assert.deepEqual(bytes['body'], { $base64: '/wA=' })
  assert.equal((await fetchAs([host], { url: `${url}/none` }))['status'], 404)
})

test('createFetching() follows redirects to allowed hosts alone, and takes no secrets along', async (t) => {
  const seen: (string | undefined)[] = []
  const last = await serve(t, (request, response, body) => {
    seen.push(request.method, request.headers.authorization, request.headers.accept, body)
    response.end('there')
  })
  const first = await serve(t, (request, response) => {
    const to =
      request.url === '/loop' ? '/loop' : request.url === '/odd' ? 'ftp://a/' : `${last.url}/x`
    response.writeHead(request.url === '/kept' ? 307 : 302, { location: to }).end()
  })
  const wanted = {
    method: 'POST',
    headers: { authorization: 'secret', accept: 'a/b' },
    body: 'text',
  }
  const both = [first.host, last.host]
  const moved = await fetchAs(both, { ...wanted, url: `${first.url}/moved` })
  assert.deepEqual([moved['url'], moved['body']], [`${last.url}/x`, 'there'])
  await fetchAs(both, { ...wanted, url: `${first.url}/kept` })
  assert.deepEqual(seen, ['GET', undefined, 'a/b', '', 'POST', undefined, 'a/b', 'text'])
  await assert.rejects(fetchAs([first.host], { url: `${first.url}/moved` }), {
    name: 'NotAllowedError',
    message: new RegExp(`--allow-host ${last.host}$`),
  })
  await assert.rejects(fetchAs(both, { url: `${first.url}/odd` }), {
    name: 'NotAllowedError',
    message: /not a web address/,
  })
  await assert.rejects(fetchAs(both, { url: `${first.url}/loop` }), {
    name: 'FetchError',
    message: /over 5 redirects/,
  })
})

test('createFetching() throws FetchError when an answer is too long, or breaks off', async (t) => {
  const { url, host } = await serve(t, (request, response) => {
    if (request.url === '/long') response.end(Buffer.alloc(maxFetchedBytes + 1))
    else if (request.url === '/whole') response.end(Buffer.alloc(maxFetchedBytes, 'x'))
    else {
      response.writeHead(200, { 'content-length': '10' })
      response.write('cut', () => response.destroy())
    }
  })
  await assert.rejects(fetchAs([host], { url: `${url}/long` }), {
    name: 'FetchError',
    message: /over 4194304 bytes/,
  })
  const { body } = await fetchAs([host], { url: `${url}/whole` })
  assert.ok(typeof body === 'string' && body.length === maxFetchedBytes)
  await assert.rejects(fetchAs([host], { url: `${url}/cut` }), {
    name: 'FetchError',
    message: /aborted/,
  })
  await assert.rejects(fetchAs(['127.0.0.1:9'], { url: 'http://127.0.0.1:9/' }), {
    name: 'FetchError',
    message: /ECONNREFUSED/,
  })
})

test('createFetching() has fetches beyond the limit wait for their turn, and ends one that nobody waits for', async (t) => {
  const held: ServerResponse[] = []
  const { url, host } = await serve(t, (_request, response) => void held.push(response))
  const outside = createOutside({ allowHosts: [host] })
  const ending = new AbortController()
  const wanted = { fetch: { url } }
  const fetches = Array.from({ length: maxFetches }, () => outside(wanted, ending.signal))
  const later = outside(wanted, new AbortController().signal)
  while (held.length < maxFetches) await new Promise(setImmediate)
  ending.abort()
  for (const answer of await Promise.all(fetches)) assert.ok('error' in answer)
  while (held.length <= maxFetches) await new Promise(setImmediate)
  held.at(-1)?.end('late')
  assert.equal(Object(await later).value.body, 'late')
})
