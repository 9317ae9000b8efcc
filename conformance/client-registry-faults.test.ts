// Registries that are broken, overloaded, lying or gone: one clear error within seconds, nothing half installed, and all well the next time.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { environmentIn, runStele, startMade, writeProject } from './client-trials.ts'
import { serve } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

/** What is answered in place of what was asked for. */
type Fault = (asked: Asked) => void
type Asked = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** What a good registry sends. */
  readonly bytes: Buffer
}

const html = '<html><body>Log in to the wireless network</body></html>'
const slowly: Fault = ({ request, response }) => {
  response.writeHead(200, { 'content-length': 10_000 })
  const timer = setInterval(() => response.write('x'), 100)
  request.socket.on('close', () => clearInterval(timer))
}
type Row = readonly [what: string, fault: Fault, said: RegExp]

/** Faults of any answer. What is said names the address, so that a person can try it. */
const rows: readonly Row[] = [
  ['500', ({ response }) => response.writeHead(500).end('{}'), /the status is 500/],
  ['503', ({ response }) => response.writeHead(503).end(), /the status is 503/],
  [
    '429',
    ({ response }) => response.writeHead(429, { 'retry-after': '1' }).end(),
    /the status is 429/,
  ],
  ['401', ({ response }) => response.writeHead(401).end(), /401/],
  ['another page by 302', redirectedTo('/elsewhere'), /redirects more than/],
  ['itself by 302', redirectedTo(undefined), /redirects more than/],
  ['a closed door', ({ request }) => request.socket.destroy(), /Cannot reach/],
  ['nothing, for ever', () => {}, /nothing came for 0\.4 s/],
  ['a byte now and then', slowly, /only \d+ bytes came in \d+ s/],
  [
    'half of it',
    ({ request, response, bytes }) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, bytes.length / 2))
      setTimeout(() => request.socket.destroy(), 20)
    },
    /Cannot reach|Cannot use/,
  ],
  [
    'half of it, in chunks',
    ({ request, response, bytes }) => {
      response.write(bytes.subarray(0, bytes.length / 2))
      setTimeout(() => request.socket.destroy(), 20)
    },
    /Cannot reach|Cannot use/,
  ],
  [
    'less than its length says',
    ({ response, bytes }) => {
      response.writeHead(200, { 'content-length': bytes.length + 10 })
      response.write(bytes)
    },
    /nothing came|only \d+ bytes/,
  ],
  [
    'no HTTP',
    ({ request }) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
    /Cannot reach .*\(2 tries\)/,
  ],
]

/** Faults of what registries tell of a package. */
const ofPackuments: readonly Row[] = [
  ['404', ({ response }) => response.writeHead(404).end('{}'), /no package "good"|"good" is not/],
  ['a page in HTML', ({ response }) => response.end(html), /it is no JSON/],
  ['nothing at all', ({ response }) => response.end(), /it is no JSON/],
  ['another document', ({ response }) => response.end('{"ok":true}'), /it is no packument/],
  ['null', ({ response }) => response.end('null'), /it is no (?:JSON|packument)/],
  [
    'what is no gzip, as gzip',
    ({ response, bytes }) => response.setHeader('content-encoding', 'gzip').end(bytes),
    /its gzip is damaged/,
  ],
  [
    'a packument without versions',
    ({ response }) => response.end('{"name":"good","dist-tags":{},"versions":{}}'),
    /no version of "good"|has no version/i,
  ],
]

/** Faults of tarballs. */
const ofTarballs: readonly Row[] = [
  ['404', ({ response }) => response.writeHead(404).end(), /the status is 404/],
  ['a page in HTML', ({ response }) => response.end(html), /sent sha512-.*, wanted is/],
  ['nothing at all', ({ response }) => response.end(), /sent sha512-.*, wanted is/],
  [
    'what is no gzip, as gzip',
    ({ response }) => response.setHeader('content-encoding', 'gzip').end(html),
    /sent sha512-.*, wanted is/,
  ],
  [
    'other bytes',
    ({ response, bytes }) => response.end(Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8)])),
    /sent sha512-.*, wanted is/,
  ],
]

function redirectedTo(path: string | undefined): Fault {
  return ({ request, response }) =>
    response.writeHead(302, { location: path ?? request.url ?? '/' }).end()
}

/** A registry of these packages, with a fault of some addresses for as long as it is there. */
async function startFaulty(names: readonly string[] = ['good']): Promise<
  AsyncDisposable & {
    readonly url: string
    readonly break: (fault: Fault | undefined, isBroken: (path: string) => boolean) => void
  }
> {
  let fault: Fault | undefined
  let isBroken: (path: string) => boolean = () => false
  const whole = await startMade(names.map((name) => ({ name, version: '1.0.0' })))
  let own = ''
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '/'
    void fetch(`${whole.url}${path}`)
      .then((found) => found.arrayBuffer())
      .then((body) => {
        const found = Buffer.from(body)
        const isTarball = path.endsWith('.tgz')
        const bytes = isTarball ? found : Buffer.from(found.toString().replaceAll(whole.url, own))
        if (fault === undefined || !(isBroken(path) || path === '/elsewhere')) response.end(bytes)
        else fault({ request, response, bytes })
      })
  }
  const server = await serve(answer)
  own = server.url
  return {
    url: server.url,
    break: (given, where) => {
      fault = given
      isBroken = where
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await whole[Symbol.asyncDispose]()
    },
  }
}

const places = [
  ['a packument', [...rows, ...ofPackuments], (path: string) => !path.endsWith('.tgz')],
  ['a tarball', [...rows, ...ofTarballs], (path: string) => path.endsWith('.tgz')],
] as const

for (const [place, faults, isBroken] of places) {
  suite(`a registry that answers for ${place}`, { concurrency: 2 }, () => {
    for (const [what, fault, said] of faults) {
      test(`${what}: says so, and nothing is half installed`, async () => {
        await using registry = await startFaulty()
        await using folder = await makeFolder('faults')
        const root = writeProject(folder.path, { good: '1.0.0' })
        const env = {
          ...environmentIn(folder.path, registry.url),
          npm_config_fetch_retries: '1',
          npm_config_fetch_timeout: '400',
        }
        const options = { cwd: root, env, timeoutMs: 15_000 }
        registry.break(fault, isBroken)
        const { code, stderr } = await runStele(['install'], options)
        assert.equal(code, 1, stderr)
        assert.match(stderr, said)
        assert.ok(stderr.split('\n').length <= 6, stderr)
        assert.doesNotMatch(stderr, /^\s+at /m, 'it shows where in the code it was')
        assert.deepEqual(leftIn(folder.path, root), [])
        registry.break(undefined, isBroken)
        const again = await runStele(['install'], options)
        assert.equal(again.code, 0, again.shown)
        assert.ok(existsSync(join(root, 'node_modules/good/index.js')))
      })
    }
  })
}

test('a registry that gives no tarballs is not asked for each of them', async () => {
  const names = Array.from({ length: 200 }, (_, at) => `package-${at}`)
  await using registry = await startFaulty(names)
  await using folder = await makeFolder('faults')
  const root = writeProject(folder.path, Object.fromEntries(names.map((name) => [name, '1.0.0'])))
  const env = { ...environmentIn(folder.path, registry.url), npm_config_fetch_retries: '1' }
  const asked = new Set<string>()
  const refuse: Fault = ({ request, response }) => {
    asked.add(request.url ?? '')
    response.writeHead(500).end()
  }
  registry.break(refuse, (path) => path.endsWith('.tgz'))
  const { code, stderr } = await runStele(['install'], { cwd: root, env })
  assert.equal(code, 1, stderr)
  assert.match(stderr, /the status is 500/)
  assert.ok(asked.size < names.length / 2, `it asked for ${asked.size}`)
})

/** What an installation that failed left behind. */
function leftIn(folder: string, root: string): readonly string[] {
  const store = join(folder, 'data/stele/store/v1')
  const own = ['node_modules', 'stele.lock'].filter((name) => existsSync(join(root, name)))
  const stored = ['slots', 'staging', 'contents'].flatMap((name) =>
    existsSync(join(store, name)) ? readdirSync(join(store, name)) : [],
  )
  return [...own, ...stored]
}
