// Archives that are uploaded by their address: from hosts that the operator named, and no others, whatever those answer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { readPeak } from './peak-memory.ts'
import { runProgram } from './processes.ts'
import { memberOf, type RegistryClient, signUp } from './registry-client.ts'
import {
  assertNoTrouble,
  assertVerifies,
  readCheckpoint,
  type Server,
  startServer,
} from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const path = '/resources/jsregistry/upload'

suite('an archive at an address', () => {
  let folder: Folder
  let server: Server
  let max: RegistryClient
  let named = 0
  let other = 0
  const asked: string[] = []
  const places: { readonly [path: string]: (response: ServerResponse) => void } = {
    '/maps.jar': (response) => response.end(archiveOf('map')),
    '/moved': (response) => response.writeHead(302, { location: '/tiles.zip' }).end(),
    '/tiles.zip': (response) => response.end(archiveOf('tiles')),
    '/away': (response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end(),
    '/within': (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    '/page': (response) => response.end('<html>'),
    '/gone': (response) => response.writeHead(404).end(),
    '/endless': (response) => sendEndlessly(response),
    '/silent': (response) => void response.write('PK'),
    '/slow': (response) => sendSlowly(response),
  }
  const host = createServer(({ url = '' }, response) => {
    asked.push(url)
    const place = places[url]
    if (place === undefined) response.writeHead(404).end()
    else place(response)
  })
  const stranger = createServer((_, response) => {
    asked.push('stranger')
    response.end(archiveOf('evil'))
  })
  before(async () => {
    named = await listen(host)
    other = await listen(stranger)
    folder = await makeFolder('jsregistry-address')
    const config = join(folder.path, 'stele.yaml')
    await writeFile(config, `jsregistry:\n  upload:\n    hosts: ["127.0.0.1:${named}"]\n`)
    server = await startServer({ flags: ['--config', config] })
    max = await signUp(server.url, 'max')
  })
  after(async () => {
    for (const opened of [server, folder]) await opened[Symbol.asyncDispose]()
    for (const one of [host, stranger]) {
      one.close()
      one.closeAllConnections()
    }
  })

  test('is published by curl, with a form or with JSON', async () => {
    const home = `http://127.0.0.1:${named}`
    const curl = async (...args: readonly string[]): Promise<unknown> => {
      const all = ['-sS', '-u', 'max:correct horse', ...args, server.url + path]
      const env = { PATH: process.env['PATH'] }
      const { code, stdout, shown } = await runProgram('curl', all, { cwd: folder.path, env })
      assert.equal(code, 0, shown)
      return JSON.parse(stdout)
    }
    const form = await curl('-F', `url=${home}/maps.jar`)
    assert.deepEqual(
      ['file', 'name', 'type'].map((member) => memberOf(form, member)),
      ['maps.jar', 'map@1.0.0', 'jar'],
    )
    const json = await curl('--json', JSON.stringify({ url: `${home}/moved` }))
    assert.equal(memberOf(json, 'name'), 'tiles@1.0.0')
    assert.equal((await fetch(`${server.url}/tiles`)).status, 200)
    await assertVerifies(server.url)
  })

  const refused: readonly (readonly [string, () => string, number, RegExp])[] = [
    ['of a host that is not named', () => `http://127.0.0.1:${other}/`, 403, /"127\.0\.0\.1:\d+"/],
    ['of a service within', () => 'http://169.254.169.254/latest', 403, /upload\.hosts/],
    ['by another name', () => `http://localhost:${named}/maps.jar`, 403, /"localhost:\d+"/],
    ['that leads to another host', () => at('/away'), 403, /upload\.hosts/],
    ['that leads within', () => at('/within'), 403, /169\.254\.169\.254/],
    ['that is no archive', () => at('/page'), 400, /not a sound zip/],
    ['that is gone', () => at('/gone'), 422, /status is 404/],
    ['that is published already', () => at('/maps.jar'), 409, /map@1\.0\.0/],
    ['that never ends', () => at('/endless'), 422, /more than 33554432 bytes/],
    ['that falls silent', () => at('/silent'), 422, /less than 1024 bytes came in a second/],
    ['that comes too slowly', () => at('/slow'), 422, /less than 1024 bytes came in a second/],
    ['of the registry itself', () => `${server.url}/-/health`, 403, /upload\.hosts/],
  ]
  const at = (place: string): string => `http://127.0.0.1:${named}${place}`

  for (const [what, address, status, message] of refused) {
    test(`${what} is refused with ${status}, and nothing is logged`, async () => {
      const { size } = await readCheckpoint(server.url)
      const from = asked.length
      const peak = readPeak(server.pid)
      const sent = await max.send('POST', path, { url: address() })
      assert.equal(sent.status, status, JSON.stringify(sent.json))
      assert.match(String(memberOf(sent.json, 'error')), message)
      assert.equal(asked.slice(from).includes('stranger'), false)
      assert.equal((await readCheckpoint(server.url)).size, size)
      assert.ok(readPeak(server.pid) - peak < 100e6)
    })
  }

  test('and whatever it does makes no trouble', () => assertNoTrouble(server.lines))
})

function archiveOf(name: string): Buffer {
  const content = JSON.stringify({ name, version: '1.0.0' })
  return makeZip([{ path: `${name}/package.json`, content }])
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

function sendEndlessly(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024)
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', more)
  more()
}

function sendSlowly(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), 500)
  response.on('close', () => clearInterval(timer))
}
