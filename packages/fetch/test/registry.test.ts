import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import type { Packument } from '@stele/resolve/graph'
import type { RegistryConfig } from '../src/config.ts'
import { openRegistries, type Registries } from '../src/registry.ts'
import { directTransport } from '../src/transport.ts'

const packument = {
  name: 'p',
  'dist-tags': { latest: '1.0.0' },
  versions: {
    '1.0.0': { name: 'p', version: '1.0.0', dist: { tarball: '', integrity: 'sha512-p' } },
  },
}

/** With all its versions, in an object of their own. */
function wholeOf(found: Packument | undefined) {
  return found && { ...found, versions: { ...found.versions } }
}
const told = { ...packument, hasAttestations: false }

suite('openRegistries()', () => {
  let address = ''
  let asked: string[] = []
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? '-'}`)
    answer(request, response)
  })
  let registries: Registries | undefined
  let config: RegistryConfig = {
    registryOf: () => address,
    authorizationFor: () => undefined,
    withheldFor: () => undefined,
    notices: [],
    steering: [],
    setting: () => undefined,
    usual: () => undefined,
    exported: () => ({}),
    transport: directTransport,
  }
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const found = server.address()
    address = typeof found === 'object' && found !== null ? `http://127.0.0.1:${found.port}/` : ''
    const authorizationFor = (url: string): string | undefined =>
      url.startsWith(address) ? 'Bearer secret' : undefined
    config = { ...config, authorizationFor }
    registries = openRegistries(config)
  })
  after(() => {
    registries?.close()
    server.close()
  })
  const ask = async (name: string) => {
    asked = []
    return registries?.packument(name)
  }

  test('gives a packument, zipped or not, its usual tarball addresses left out', async () => {
    const body = structuredClone(packument)
    body.versions['1.0.0'].dist.tarball = `${address}p/-/p-1.0.0.tgz`
    answer = (request, response) => {
      assert.equal(request.headers['accept-encoding'], 'gzip')
      assert.match(request.headers['user-agent'] ?? '', /^stele\//)
      response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify(body)))
    }
    assert.deepEqual(wholeOf(await ask('p')), told)
    answer = (_, response) => response.end(JSON.stringify(body))
    assert.deepEqual(wholeOf(await ask('p')), told)
    assert.deepEqual(asked, ['/p Bearer secret'])
  })

  test('asks for a scoped name as one segment', async () => {
    answer = (_, response) => response.end(JSON.stringify(packument))
    await ask('@s/p')
    assert.deepEqual(asked, ['/@s%2fp Bearer secret'])
  })

  test('takes a version for what was asked for, whatever it calls itself, and drops what has no tarball', async () => {
    const dist = { tarball: '', integrity: 'sha512-p' }
    const versions = {
      '1.0.0': { name: '../../evil', version: '../9', dist: { ...dist, integrity: 5, shasum: {} } },
      '2.0.0': { name: 'p', version: '2.0.0' },
      '3.0.0': null,
      '4.0.0': { name: 'p', version: '4.0.0', dist: { tarball: 7 } },
    }
    answer = (_, response) => response.end(JSON.stringify({ ...packument, versions }))
    assert.deepEqual(wholeOf(await ask('p'))?.versions, {
      '1.0.0': { name: 'p', version: '1.0.0', dist: { tarball: '' } },
    })
  })

  test('drops a version whose hash can be none', async () => {
    const tarball = ''
    const shasum = 'a'.repeat(40)
    const dists = [
      { tarball, integrity: 'sha512-p\nq' },
      { tarball, integrity: 'sha512-p 5 line' },
      { tarball, shasum: 'none' },
      { tarball, shasum },
      { tarball, integrity: 'sha512-p', shasum: 'none' },
      { tarball, integrity: 'sha512-p?x sha1-q=' },
    ]
    const versions = dists.map((dist, at) => {
      const version = `${at}.0.0`
      return [version, { name: 'p', version, dist }] as const
    })
    const told = { ...packument, versions: Object.fromEntries(versions) }
    answer = (_, response) => response.end(JSON.stringify(told))
    const found = Object.values((await ask('p'))?.versions ?? {}).map(({ dist }) => dist)
    assert.deepEqual(found, [
      { tarball, shasum },
      { tarball, integrity: 'sha512-p' },
      { tarball, integrity: 'sha512-p?x sha1-q=' },
    ])
  })

  test('follows versions to another registry, which gets no credentials of this one', async () => {
    const other = address.replace('127.0.0.1', 'localhost')
    const dist = { tarball: `${other}p.tgz`, shasum: 'a'.repeat(40) }
    const release = { name: 'p', version: '1.0.0', dist }
    answer = ({ url }, response) => {
      const root = { name: 'p', versions: { '1.0.0': `${other}root/p/1.0.0` } }
      response.end(JSON.stringify(url === '/p' ? root : release))
    }
    assert.deepEqual(wholeOf(await ask('p')), {
      name: 'p',
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': release },
      time: {},
      hasAttestations: false,
    })
    assert.deepEqual(asked, ['/p Bearer secret', '/root/p/1.0.0?dist=true -'])
    answer = ({ url }, response) => {
      if (url === '/p') response.end(JSON.stringify({ name: 'p', versions: { '1.0.0': 'p/1' } }))
      else response.writeHead(403).end()
    }
    await assert.rejects(ask('p'), ({ code }) => code === 'registry_denied')
  })

  test('asks again what fails for a while, and gives up what goes on failing', async () => {
    let failures = 2
    answer = (_, response) => {
      if (failures-- > 0) response.writeHead(503).end()
      else response.end(JSON.stringify(packument))
    }
    assert.deepEqual(wholeOf(await ask('p')), told)
    assert.equal(asked.length, 3)
  })

  type Row = readonly [
    what: string,
    answer: (response: ServerResponse) => void,
    code: string,
    message: RegExp,
  ]
  const rows: readonly Row[] = [
    [
      '404',
      (response) => response.writeHead(404).end('{}'),
      'package_absent',
      /no package "p" at http/,
    ],
    ['401', (response) => response.writeHead(401).end(), 'registry_denied', /refused the token/],
    ['a page', (response) => response.end('<html>'), 'registry_answer', /no JSON/],
    ['a list', (response) => response.end('[]'), 'registry_answer', /no packument/],
    [
      'damaged gzip',
      (response) => response.setHeader('content-encoding', 'gzip').end('x'),
      'registry_answer',
      /damaged/,
    ],
    [
      'an endless redirect',
      (response) => response.writeHead(302, { location: '/p' }).end(),
      'registry_answer',
      /redirects/,
    ],
    [
      '304 to a request without conditions',
      (response) => response.writeHead(304).end(),
      'registry_answer',
      /status is 304/,
    ],
    ['a teapot', (response) => response.writeHead(418).end(), 'registry_answer', /status is 418/],
  ]
  for (const [what, given, code, message] of rows) {
    test(`throws ${code} when the registry answers ${what}`, async () => {
      answer = (_, response) => given(response)
      await assert.rejects(ask('p'), (error) => {
        assert.ok(isSteleError(error))
        assert.equal(error.code, code)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
    })
  }

  test('asks a second time and no more when what still holds is gone', async () => {
    const gone = openRegistries(config, {
      freshness: 'usual',
      find: () => ({
        isFresh: false,
        conditions: { 'if-none-match': '"1"' },
        ready: undefined,
        body: () => undefined,
        renew: () => {},
      }),
      keep: () => {},
      prepare: () => {},
      distrust: () => false,
      close: () => {},
    })
    answer = (request, response) => {
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else response.end(JSON.stringify(packument))
    }
    asked = []
    assert.deepEqual(wholeOf(await gone.packument('p')), told)
    answer = (_, response) => response.writeHead(304).end()
    await assert.rejects(gone.packument('p'), { code: 'registry_answer' })
    assert.equal(asked.length, 4)
    gone.close()
  })

  test('sends no credentials on to another host', async () => {
    const other = createServer((request, response) => {
      assert.equal(request.headers.authorization, undefined)
      response.end(JSON.stringify(packument))
    })
    other.listen(0, '127.0.0.2')
    await once(other, 'listening')
    const found = other.address()
    const port = typeof found === 'object' && found !== null ? found.port : 0
    answer = (_, response) =>
      response.writeHead(302, { location: `http://127.0.0.2:${port}/p` }).end()
    assert.deepEqual(wholeOf(await ask('p')), told)
    other.close()
    other.closeAllConnections()
  })
})
