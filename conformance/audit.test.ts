// "npm audit" through a registry: what came from an upstream is asked of that upstream, and nothing else is told to it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startEvilUpstream } from './evil-upstream.ts'
import { createNpm, credentials } from './npm-client.ts'
import { setFolder } from './npm-world.ts'
import { assertNoTrouble, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

/** In front of an upstream that cannot audit: answers audits, and remembers what they asked. */
async function startAuditing(
  packages: string,
  answer: object,
): Promise<AsyncDisposable & { readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST') {
      asked.push(await text(request))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      return
    }
    const { accept = '' } = request.headers
    const found = await fetch(packages + request.url, { headers: { accept } })
    const body = Buffer.from(await found.arrayBuffer())
    response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? '' })
    response.end(body)
  }
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere')
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('"npm audit" shows the advisories of the upstream, names what nobody knows, and tells it nothing of our own', async () => {
  await using packages = await startEvilUpstream()
  packages.put('left', [{ version: '1.0.0' }])
  const advisory = {
    id: 7,
    url: 'https://advisories.example/7',
    title: 'Left is not right',
    severity: 'high',
    vulnerable_versions: '<2.0.0',
    cwe: ['CWE-1'],
    cvss: { score: 7 },
  }
  await using upstream = await startAuditing(packages.url, { left: [advisory] })
  const host = new URL(packages.url).host
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url, tarballHosts: [host] }])
  await using folder = await makeFolder('audit')
  await using server = await startServer({ flags: ['--upstreams', upstreams] })
  const npm = await createNpm('npm12', { folder: folder.path, registry: server.url })
  const own = join(folder.path, 'own')
  await setFolder(own, { 'package.json': { name: '@team/own', version: '1.0.0', license: 'MIT' } })
  const answers = credentials('alice', 'correct horse')
  await npm.run(['login', '--auth-type=legacy'], { cwd: own, answers })
  const published = await npm.run(['publish', '--access', 'public'], { cwd: own })
  assert.equal(published.code, 0, published.shown)

  const app = join(folder.path, 'app')
  await setFolder(app, { 'package.json': { name: 'app', version: '1.0.0' } })
  const installed = await npm.run(['install', 'left', '@team/own'], { cwd: app })
  assert.equal(installed.code, 0, installed.shown)
  assert.match(installed.shown, /1 high severity vulnerability/)
  assert.doesNotMatch(installed.shown, /Not audited/)
  const audited = await npm.run(['audit'], { cwd: app })
  assert.equal(audited.code, 1, audited.shown)
  assert.match(audited.shown, /Left is not right/)
  assert.match(audited.shown, /Not audited.*@team\/own/)
  assert.deepEqual([...new Set(upstream.asked)], ['{"left":["1.0.0"]}'])
  assertNoTrouble(server.lines)
})
