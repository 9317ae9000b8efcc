import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { type NamedHost, parseHost } from '@stele/formats/networks'
import { createArchives } from '../src/outgoing/archives.ts'

const maxBytes = 1000

suite('createArchives()', () => {
  let port = 0
  let asked: string[] = []
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`)
    answer(request, response)
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' ? (address?.port ?? 0) : 0
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  /** Fetches; names of `.example` lead to this machine. */
  async function fetch(url: string, hosts: readonly string[]): Promise<string> {
    asked = []
    const named = hosts.map((host): NamedHost => {
      const found = parseHost(host.replace('PORT', `${port}`))
      assert.ok(found !== undefined)
      return found
    })
    const archives = createArchives((_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]),
    )
    try {
      const fetched = archives.fetchFrom(named)(new URL(url.replace('PORT', `${port}`)), maxBytes)
      return Buffer.from(await fetched).toString()
    } catch (error) {
      assert.ok(isSteleError(error), String(error))
      return `${error.code}: ${error.message}`
    } finally {
      archives.close()
    }
  }

  test('fetches from a host that the operator named', async () => {
    answer = ({ headers }, response) => {
      assert.equal(headers['accept-encoding'], 'identity')
      assert.equal(headers.authorization, undefined)
      response.end('an archive')
    }
    assert.equal(await fetch('http://127.0.0.1:PORT/a.zip?b=c', ['127.0.0.1:PORT']), 'an archive')
    assert.deepEqual(asked, [`127.0.0.1:${port}/a.zip?b=c`])
    assert.equal(await fetch('http://localhost:PORT/a.zip', ['localhost:PORT']), 'an archive')
  })

  const refused: readonly (readonly [string, string, readonly string[], RegExp])[] = [
    [
      'where no host is named',
      'http://127.0.0.1:PORT/a',
      [],
      /allows that with "jsregistry\.upload\.hosts": "127\.0\.0\.1:\d+"/,
    ],
    ['from another port', 'http://127.0.0.1:PORT/a', ['127.0.0.1'], /fetches nothing from there/],
    [
      'from another name of a host',
      'http://localhost:PORT/a',
      ['127.0.0.1:PORT'],
      /fetches nothing from there/,
    ],
    [
      'from another form of an address',
      'http://[::ffff:127.0.0.1]:PORT/a',
      ['127.0.0.1:PORT'],
      /fetches nothing/,
    ],
    [
      'from a name that leads within',
      'http://evil.example:PORT/a',
      ['evil.example:PORT'],
      /it leads to 127\.0\.0\.1, within a private network/,
    ],
    ['and shows no query', 'http://other.example/a?secret=1', [], /"http:\/\/other\.example\/a"/],
  ]
  for (const [what, url, hosts, message] of refused) {
    test(`fetches nothing ${what}`, async () => {
      const said = await fetch(url, hosts)
      assert.match(said, /^address_refused: /)
      assert.match(said, message)
      assert.deepEqual(asked, [])
    })
  }

  test('fetches from a name within a private network where its address is named too', async () => {
    answer = (_, response) => response.end('within')
    const hosts = ['repo.example:PORT', '127.0.0.1']
    assert.equal(await fetch('http://repo.example:PORT/a', hosts), 'within')
  })

  const redirects: readonly (readonly [string, string, RegExp])[] = [
    ['another path', '/b', /^moved$/],
    ['another host that is named', 'http://localhost:PORT/b', /^moved$/],
    ['a host that is not', 'http://other.example/b', /^address_refused: .*other\.example/],
    ['this machine by its address', 'http://0.0.0.0:PORT/', /^address_refused: /],
    ['a file', 'file:///etc/passwd', /^address_unreachable: .*not followed/],
    ['itself', '/a', /^address_unreachable: .*more than 5 times/],
  ]
  for (const [what, location, wanted] of redirects) {
    test(`${wanted.test('moved') ? 'follows' : 'does not follow'} a redirect to ${what}`, async () => {
      answer = ({ url }, response) => {
        const to = location.replace('PORT', `${port}`)
        if (url === '/b') response.end('moved')
        else response.writeHead(302, { location: to }).end()
      }
      const said = await fetch('http://127.0.0.1:PORT/a', ['127.0.0.1:PORT', 'localhost:PORT'])
      assert.match(said, wanted)
    })
  }

  const odd: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
    ['404', (response) => response.writeHead(404).end(), /the status is 404/],
    ['206', (response) => response.writeHead(206).end('part'), /the status is 206/],
    ['gzip', (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(), /"gzip"/],
    [
      'a length that is too large',
      (response) => response.writeHead(200, { 'content-length': 1001 }).write('x'),
      /more than 1000 bytes/,
    ],
    ['more than it may', (response) => endless(response), /more than 1000 bytes/],
    [
      'half of it',
      (response) => {
        response.writeHead(200, { 'content-length': 500 }).write('x')
        setImmediate(() => response.destroy())
      },
      /aborted|cut off/,
    ],
    ['nothing', (response) => response.destroy(), /hang up/],
  ]
  for (const [what, send, wanted] of odd) {
    test(`says what is wrong where the host answers ${what}`, async () => {
      answer = (_, response) => send(response)
      const said = await fetch('http://127.0.0.1:PORT/a', ['127.0.0.1:PORT'])
      assert.match(said, /^address_unreachable: Cannot fetch "http:\/\/127\.0\.0\.1:\d+\/a": /)
      assert.match(said, wanted)
    })
  }
})

function endless(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(100)));
  }
  response.on('drain', more)
  more()
}
