import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isSteleError } from '@stele/errors'
import { openPlainHttp } from '../src/plain-http.ts'
import { openRegistries } from '../src/registry.ts'
import { directTransport, readTransport, type Transport, tlsFor } from '../src/transport.ts'

// A certificate for localhost that nobody believes, and its key: made for these tests, good for nothing else.
const certFile = fileURLToPath(new URL('tls/server.crt', import.meta.url))
const keyFile = fileURLToPath(new URL('tls/server.key', import.meta.url))
const cert = readFileSync(certFile, 'utf8')
const key = readFileSync(keyFile, 'utf8')

suite('readTransport()', () => {
  type Row = readonly [
    what: string,
    settings: { readonly [key: string]: unknown },
    env: NodeJS.ProcessEnv,
    wanted: Partial<Transport>,
  ]
  const proxy = 'http://proxy.example:8080'
  const other = 'http://other.example'
  const rows: readonly Row[] = [
    ['nothing', {}, {}, directTransport],
    ['"proxy"', { proxy }, {}, { proxies: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }],
    [
      '"https-proxy"',
      { 'https-proxy': proxy },
      { http_proxy: other },
      { proxies: { HTTP_PROXY: other, HTTPS_PROXY: proxy } },
    ],
    [
      'variables',
      {},
      { HTTPS_PROXY: proxy, NO_PROXY: 'a,b' },
      { proxies: { HTTPS_PROXY: proxy, NO_PROXY: 'a,b' } },
    ],
    [
      'no proxy although a variable names one',
      { proxy: false, 'https-proxy': 'false' },
      { HTTP_PROXY: proxy },
      { proxies: {} },
    ],
    [
      '"noproxy" before the variable',
      { noproxy: 'a' },
      { NO_PROXY: 'b' },
      { proxies: { NO_PROXY: 'a' } },
    ],
    ['"ca" with its line breaks written out', { ca: 'a\\nb' }, {}, { tls: { ca: ['a\nb'] } }],
    ['several in "ca"', { ca: ['a', 'b'] }, {}, { tls: { ca: ['a', 'b'] } }],
    ['"cafile"', { cafile: certFile }, {}, { tls: { ca: [cert] } }],
    ['"strict-ssl"', { 'strict-ssl': false }, {}, { tls: { rejectUnauthorized: false } }],
    ['"cert" and "key"', { cert: 'c\\n', key: 'k' }, {}, { tls: { cert: 'c\n', key: 'k' } }],
    [
      'a certificate for one host',
      { '//h/:certfile': certFile, '//h/:keyfile': keyFile },
      {},
      { certificates: [{ prefix: '//h/', tls: { cert, key } }] },
    ],
    [
      'counts',
      { maxsockets: '7', 'fetch-retries': 0, 'fetch-timeout': '500' },
      {},
      { maxSockets: 7, maxTries: 1, idleTimeoutMs: 500 },
    ],
  ]
  for (const [what, settings, env, wanted] of rows) {
    test(`reads ${what}`, () => {
      assert.deepEqual(readTransport(settings, env), { ...directTransport, ...wanted })
    })
  }

  const wrong: readonly (readonly [string, string | number, RegExp])[] = [
    [
      'proxy',
      'proxy.example:8080',
      /"proxy", which is "proxy.example:8080": it must be an address/,
    ],
    ['https-proxy', '//me:secret@h', /"\/\/\*\*\*@h"/],
    ['cafile', '/nowhere/ca.pem', /"cafile", which is "\/nowhere\/ca.pem": ENOENT/],
    [
      'fetch-timeout',
      'soon',
      /"fetch-timeout", which is "soon": it must be a whole number, 1 or more/,
    ],
    ['maxsockets', 0, /1 or more/],
  ]
  for (const [name, value, message] of wrong) {
    test(`throws npm_setting_invalid when "${name}" is ${value}`, () => {
      assert.throws(
        () => readTransport({ [name]: value }, {}),
        (error) => isSteleError(error, 'npm_setting_invalid') && message.test(error.message),
      )
    })
  }
})

suite('tlsFor()', () => {
  test('gives the certificate of the longest prefix of the address', () => {
    const certificates = [
      { prefix: '//h/', tls: { cert: 'host' } },
      { prefix: '//h/a/', tls: { cert: 'path' } },
    ]
    const of = (url: string) =>
      tlsFor({ ...directTransport, tls: { ca: ['c'] }, certificates }, url)
    assert.deepEqual(of('https://h/b'), { ca: ['c'], cert: 'host' })
    assert.deepEqual(of('https://h/a/b'), { ca: ['c'], cert: 'path' })
    assert.deepEqual(of('https://other/a/'), { ca: ['c'] })
  })
})

suite('a transport', () => {
  const packument = JSON.stringify({ name: 'p', 'dist-tags': {}, versions: {} })
  const answer = (_: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('content-length', Buffer.byteLength(packument)).end(packument)
  }
  const plain = createServer(answer)
  const secure = createTlsServer({ cert, key }, answer)
  const picky = createTlsServer(
    { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
    answer,
  )
  let passed: string[] = []
  const proxy = createServer((asked, response) => {
    passed.push(`${asked.method} ${asked.url} ${asked.headers['proxy-authorization'] ?? '-'}`)
    const onward = request(asked.url ?? '', { headers: asked.headers }, (found) => {
      response.writeHead(found.statusCode ?? 500, found.headers)
      found.pipe(response)
    })
    onward.end()
  })
  proxy.on('connect', (asked, socket) => {
    passed.push(`CONNECT ${asked.url}`)
    const onward = connect(Number(asked.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => {})
  })
  const servers = [plain, secure, picky, proxy]
  const portOf = (server: (typeof servers)[number]): number =>
    (server.address() as AddressInfo).port

  before(async () => {
    for (const server of servers) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
  })
  after(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })

  /** The name in the packument that this address gives, or the error; and whether plain sockets could be used. */
  async function ask(server: (typeof servers)[number], settings: object): Promise<string> {
    passed = []
    const scheme = server === plain ? 'http' : 'https'
    const registry = `${scheme}://localhost:${portOf(server)}/`
    const transport = readTransport({ ...settings }, {})
    const registries = openRegistries({
      registryOf: () => registry,
      authorizationFor: () => undefined,
      withheldFor: () => undefined,
      notices: [],
      steering: [],
      setting: () => undefined,
      usual: () => undefined,
      exported: () => ({}),
      transport,
    })
    const http = openPlainHttp(1, transport)
    const { promise, resolve } = Promise.withResolvers<string>()
    http.get({ url: registry }, (body) => resolve(body === undefined ? 'asked again' : 'plain'))
    try {
      const { name } = await registries.packument('p')
      return `${name} ${await promise}`
    } catch (error) {
      if (!isSteleError(error)) throw error
      return error.message
    } finally {
      registries.close()
      http.close()
    }
  }

  test('asks directly where nothing is set', async () => {
    assert.equal(await ask(plain, {}), 'p plain')
    assert.deepEqual(passed, [])
  })

  test('goes through a proxy, over http with its password, over https by CONNECT', async () => {
    const address = `http://me:secret@127.0.0.1:${portOf(proxy)}`
    assert.equal(await ask(plain, { proxy: address }), 'p asked again')
    const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`
    assert.deepEqual(passed, [`GET http://localhost:${portOf(plain)}/p ${basic}`])
    assert.equal(await ask(secure, { proxy: address, ca: cert }), 'p asked again')
    assert.deepEqual(passed, [`CONNECT localhost:${portOf(secure)}`])
  })

  test('goes around the proxy for hosts in "noproxy"', async () => {
    const settings = { proxy: `http://127.0.0.1:${portOf(proxy)}`, noproxy: 'localhost' }
    assert.equal(await ask(plain, settings), 'p asked again')
    assert.deepEqual(passed, [])
  })

  test('believes the authorities of "ca" and "cafile", and everybody without "strict-ssl"', async () => {
    for (const settings of [{ ca: cert }, { cafile: certFile }, { 'strict-ssl': false }]) {
      assert.equal(await ask(secure, settings), 'p plain')
    }
  })

  test('gives up at once on a certificate that nobody vouches for', async () => {
    assert.match(
      await ask(secure, {}),
      /^Cannot reach https:\/\/localhost:\d+\/p: .*self-signed.*\(1 try\)$/,
    )
  })

  test('shows its own certificate where one is set, for all or for one host', async () => {
    const host = `//localhost:${portOf(picky)}/`
    const rows = [
      { cert, key, ca: cert },
      { [`${host}:certfile`]: certFile, [`${host}:keyfile`]: keyFile, ca: cert },
    ]
    for (const settings of rows) assert.equal(await ask(picky, settings), 'p asked again')
    assert.match(await ask(picky, { ca: cert, 'fetch-retries': 0 }), /^Cannot reach/)
  })
})
