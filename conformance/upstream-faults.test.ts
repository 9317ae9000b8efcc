// What an upstream, the way to it and the disk can do wrong, over real connections: each fault has its own clear error, nobody
// gets a wrong byte or half a file that looks whole, nothing of it is logged, and the next try works.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Misbehaviour, startEvilUpstream } from './evil-upstream.ts'
import { makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { assertVerifies, readCheckpoint, type Server, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const mebibyte = 1024 ** 2
const timeoutMs = 700
const spaceMebibytes = 40

type UpstreamSetting = {
  readonly id: string
  readonly url: string
  readonly [key: string]: unknown
}

function startProxy(
  upstreams: readonly UpstreamSetting[],
  options: {
    readonly dir?: string
    readonly flags?: readonly string[]
    readonly freshFor?: string
  } = {},
): Promise<Server> {
  const { flags = [], freshFor = '0', ...rest } = options
  const own = ['--upstreams', JSON.stringify(upstreams), '--upstream-timeout-ms', `${timeoutMs}`]
  return startServer({ ...rest, flags: [...own, '--upstream-fresh-ms', freshFor, ...flags] })
}

type Got = {
  readonly status: number
  /** Undefined where the answer was cut off. */
  readonly bytes: Buffer | undefined
  readonly text: string
}

const cutOff: Got = { status: 0, bytes: undefined, text: 'it was cut off' }

async function get(url: string): Promise<Got> {
  try {
    const response = await fetch(url)
    const { status } = response
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = status === 200 ? '' : String(Object(JSON.parse(String(bytes)))['error'])
    return { status, bytes, text }
  } catch (error) {
    if (error instanceof TypeError) return cutOff // What fetch throws when the connection ends too early.
    throw error
  }
}

function tarballUrl(server: Server, name: string, version = '1.0.0'): string {
  return `${server.url}/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`
}

async function pinnedOf(server: Server, name: string, version = '1.0.0'): Promise<string> {
  const packument = await readPackument(server.url, name)
  return packument?.versions[version]?.dist.integrity ?? ''
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${hash('sha512', bytes, 'base64')}`
}

function sends(headers: Record<string, string | number>, body: Uint8Array | string): Misbehaviour {
  return { answer: (response) => void response.writeHead(200, headers).end(body) }
}

function redirects(location: string): Misbehaviour {
  return { answer: (response) => void response.writeHead(302, { location }).end() }
}

/** Bytes without an end. */
function floods(headers: Record<string, string> = {}): Misbehaviour {
  const chunk = randomBytes(mebibyte)
  const more = (response: ServerResponse): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', () => more(response))
  }
  return { answer: (response) => more(response.writeHead(200, headers)) }
}

const anywhere: readonly (readonly [string, Misbehaviour, number, RegExp])[] = [
  [
    'answers 500',
    { status: 500 },
    503,
    /the upstream "up" does not answer as it should: it answers 500/,
  ],
  ['answers 429', { status: 429 }, 503, /it answers 429/],
  ['answers 403', { status: 403 }, 424, /the upstream "up" answers 403.*credentials/],
  ['says nothing', { hang: true }, 503, /no answer came within 0.7 seconds/],
  ['breaks off', { cutAfter: 50 }, 503, /./],
  [
    'promises more than it sends',
    {
      answer: (response) =>
        response.writeHead(200, { 'content-length': 999_999 }).write('{', () => response.destroy()),
    },
    503,
    /./,
  ],
  [
    'falls silent',
    { answer: (response) => response.writeHead(200, { 'content-length': 99 }).flushHeaders() },
    503,
    /the connection fell silent/,
  ],
  ['drips', { chunkBytes: 1, everyMs: 50 }, 503, /less than 1024 bytes came in a second/],
  [
    'sends a page for people',
    sends({ 'content-type': 'text/html' }, '<html>Log in</html>'),
    424,
    /page for people/,
  ],
  [
    'redirects to another host',
    redirects('http://elsewhere.example/a'),
    424,
    /redirects to "elsewhere.example", which is not among/,
  ],
  [
    'redirects to another port of this machine',
    redirects('http://127.0.0.1:1/a'),
    424,
    /redirects to "127.0.0.1:1"/,
  ],
  [
    'redirects to what only this network reaches',
    redirects('http://169.254.169.254/latest'),
    424,
    /redirects to "169.254.169.254"/,
  ],
  ['redirects to a file', redirects('file:///etc/passwd'), 424, /no web address/],
  [
    'sends what its coding is not',
    sends({ 'content-encoding': 'gzip' }, 'plain'),
    424,
    /coding "gzip"/,
  ],
]

test('a cold packument that the upstream spoils is refused in words, and comes when it is mended', async (t) => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy([{ id: 'up', url: upstream.url }])
  const bomb = gzipSync(Buffer.alloc(257 * mebibyte))
  const rows = [
    ...anywhere,
    [
      'sends a gzip bomb',
      sends({ 'content-encoding': 'gzip' }, bomb),
      424,
      /sends more than 33554432 bytes/,
    ],
    ['sends without end', floods(), 424, /sends more than 33554432 bytes/],
    ['sends a coding nobody knows', sends({ 'content-encoding': 'x' }, '{}'), 424, /coding "x"/],
  ] as const
  for (const [at, [what, how, status, words]] of rows.entries()) {
    const name = `cold-${at}`
    await t.test(what, async () => {
      const before = await readCheckpoint(server.url)
      upstream.put(name, [{ version: '1.0.0' }])
      upstream.spoil(`/${name}`, how)
      const got = await get(`${server.url}/${name}`)
      assert.deepEqual([got.status, words.test(got.text)], [status, true], got.text)
      assert.deepEqual(await readCheckpoint(server.url), before)
      upstream.spoil(`/${name}`, undefined)
      assert.notEqual(await pinnedOf(server, name), '')
    })
  }
  await assertVerifies(server.url)
})

test('a known packument that the upstream spoils is served as it was', async (t) => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy([{ id: 'up', url: upstream.url }])
  for (const [at, [what, how]] of anywhere.entries()) {
    await t.test(what, async () => {
      const name = `known-${at}`
      upstream.put(name, [{ version: '1.0.0' }])
      const first = await get(`${server.url}/${name}`)
      upstream.spoil(`/${name}`, how)
      assert.deepEqual(await get(`${server.url}/${name}`), first)
      upstream.put(`up-again-${at}`, [{ version: '1.0.0' }])
      await readPackument(server.url, `up-again-${at}`)
    })
  }
})

for (const [size, sizeBytes] of [
  ['small', 100],
  ['large', mebibyte],
] as const) {
  test(`a ${size} tarball that the upstream spoils comes to nobody, and comes when it is mended`, async (t) => {
    await using upstream = await startEvilUpstream()
    const flags = ['--upstream-space', `${spaceMebibytes} MiB`]
    await using server = await startProxy([{ id: 'up', url: upstream.url }], { flags })
    const rows = [
      ...anywhere,
      ['sends without end', floods(), 424, /sends more than 41943040 bytes/],
      [
        'sends it with a coding',
        sends({ 'content-encoding': 'gzip' }, gzipSync('x')),
        424,
        /coding "gzip"/,
      ],
    ] as const
    for (const [at, [what, how, status, words]] of rows.entries()) {
      await t.test(what, async () => {
        const name = `tarball-${at}`
        const text = randomBytes(sizeBytes).toString('base64')
        upstream.put(name, [{ version: '1.0.0', text }])
        const pinned = await pinnedOf(server, name)
        upstream.spoil(`/${name}/-/${name}-1.0.0.tgz`, how)
        const got = await get(tarballUrl(server, name))
        const isCutOff = got === cutOff // It had begun to come.
        assert.ok(isCutOff || got.status === status, `${got.status} ${got.text}`)
        assert.ok(isCutOff || words.test(got.text), got.text)
        upstream.spoil(`/${name}/-/${name}-1.0.0.tgz`, undefined)
        const { status: after, bytes = Buffer.alloc(0) } = await get(tarballUrl(server, name))
        assert.deepEqual([after, integrityOf(bytes)], [200, pinned])
      })
    }
    assert.ok(!server.lines.some(({ event }) => event === 'upstream_conflict'))
    assert.ok(!server.lines.some(({ event }) => event === 'bug'))
    await assertVerifies(server.url)
  })
}

for (const length of ['with its length', 'without'] as const) {
  test(`a tarball of 30 MB, sent ${length}, that breaks off is whole for none of five clients, and whole for all the next time`, async () => {
    await using upstream = await startEvilUpstream()
    await using server = await startProxy([{ id: 'up', url: upstream.url }])
    upstream.put('big', [{ version: '1.0.0', text: randomBytes(22 * mebibyte).toString('base64') }])
    const pinned = await pinnedOf(server, 'big')
    upstream.spoil('/big/-/big-1.0.0.tgz', {
      answer: (response, whole) => {
        response.writeHead(200, length === 'without' ? {} : { 'content-length': whole.length })
        response.write(whole.subarray(0, 16 * mebibyte), () => response.destroy())
      },
    })
    const five = [1, 2, 3, 4, 5]
    const cut = await Promise.all(five.map(() => get(tarballUrl(server, 'big'))))
    for (const { status, bytes } of cut)
      assert.ok(status === 503 || bytes === undefined, String(status))
    upstream.spoil('/big/-/big-1.0.0.tgz', undefined)
    const whole = await Promise.all(five.map(() => get(tarballUrl(server, 'big'))))
    for (const { bytes = Buffer.alloc(0) } of whole) assert.equal(integrityOf(bytes), pinned)
  })
}

test('what was nowhere is found when somebody wants its tarball, and a version that is not known yet too', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy([{ id: 'up', url: upstream.url }], { freshFor: '1h' })
  assert.equal((await get(`${server.url}/late`)).status, 404)
  upstream.put('late', [{ version: '1.0.0' }])
  assert.equal((await get(`${server.url}/late`)).status, 404, 'It is believed for a while')
  assert.equal((await get(tarballUrl(server, 'late'))).status, 200)
  assert.equal((await get(`${server.url}/late`)).status, 200)
  upstream.put('late', [{ version: '1.0.0' }, { version: '1.1.0' }])
  assert.equal((await get(tarballUrl(server, 'late', '1.1.0'))).status, 200)
})

test('deprecations, removed versions and removed packages of the upstream are followed', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy([{ id: 'up', url: upstream.url }])
  upstream.put('a', [{ version: '1.0.0' }, { version: '2.0.0' }])
  assert.deepEqual(Object.keys((await readPackument(server.url, 'a'))?.versions ?? {}), [
    '1.0.0',
    '2.0.0',
  ])
  assert.equal((await get(tarballUrl(server, 'a'))).status, 200)
  upstream.put('a', [{ version: '1.0.0', manifest: { deprecated: 'use b' }, own: {} }])
  const after = await readPackument(server.url, 'a')
  assert.deepEqual(Object.keys(after?.versions ?? {}), ['1.0.0'])
  assert.equal(Object(after?.versions['1.0.0'])['deprecated'], 'use b')
  upstream.spoil('/a', { status: 404 })
  assert.equal((await get(`${server.url}/a`)).status, 404)
  assert.equal(
    (await get(tarballUrl(server, 'a'))).status,
    200,
    'Who has it in a lock file gets it on',
  )
  await assertVerifies(server.url)
})

test('a token goes to its upstream alone, never along a redirect, and is never logged', async () => {
  const token = 'a-secret-that-nobody-else-may-see'
  await using cdn = await startEvilUpstream()
  await using upstream = await startEvilUpstream()
  await using other = await startEvilUpstream()
  const host = new URL(cdn.url).host
  await using server = await startProxy([
    { id: 'up', url: upstream.url, token, tarballHosts: [host] },
    { id: 'work', url: other.url, scopes: ['@work'] },
  ])
  upstream.put('a', [{ version: '1.0.0' }])
  cdn.put('a', [{ version: '1.0.0' }])
  other.put('@work/b', [{ version: '1.0.0' }])
  upstream.put('@work/b', [{ version: '6.6.6' }])
  upstream.spoil('/a/-/a-1.0.0.tgz', redirects(`${cdn.url}/a/-/a-1.0.0.tgz`))
  const { bytes = Buffer.alloc(0) } = await get(tarballUrl(server, 'a'))
  assert.equal(integrityOf(bytes), await pinnedOf(server, 'a'))
  assert.notEqual(await pinnedOf(server, '@work/b'), '')
  upstream.spoil('/gone', redirects(`${other.url}/gone`))
  assert.equal((await get(`${server.url}/gone`)).status, 424)
  assert.deepEqual(new Set(upstream.tokens), new Set([`Bearer ${token}`]))
  assert.deepEqual(new Set([...cdn.tokens, ...other.tokens]), new Set(['']))
  assert.deepEqual(cdn.asked, ['/a/-/a-1.0.0.tgz'])
  assert.deepEqual(other.asked, ['/@work/b'])
  assert.ok(!upstream.asked.includes('/@work/b'))
  upstream.spoil('/refused', { status: 401 })
  assert.equal((await get(`${server.url}/refused`)).status, 424)
  assert.ok(!JSON.stringify(server.lines).includes(token))
})

test('on a full disk what is here goes on, nothing wrong is served, and it works again when there is room', async (t) => {
  await using folder = await makeFolder('full')
  using disk = mountSmall(folder.path)
  if (disk === undefined) return t.skip('only root can mount a small disk')
  await using upstream = await startEvilUpstream()
  await using server = await startProxy([{ id: 'up', url: upstream.url }], { dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  for (const name of ['a', 'b', 'c']) {
    upstream.put(name, [{ version: '1.0.0', text: randomBytes(mebibyte).toString('base64') }])
  }
  const mine = makeUpload({ name: 'mine', version: '1.0.0' })
  assert.equal((await publish(alice, mine)).status, 201)
  const a = await pinnedOf(server, 'a')
  const b = await pinnedOf(server, 'b')
  const whole = await get(tarballUrl(server, 'a'))
  assert.equal(integrityOf(whole.bytes ?? Buffer.alloc(0)), a)
  const filler = join(folder.path, 'filler')
  fill(filler, folder.path)

  assert.deepEqual(await get(tarballUrl(server, 'a')), whole)
  assert.equal(await pinnedOf(server, 'a'), a)
  assert.equal(await pinnedOf(server, 'mine'), mine.integrity)
  const missing = await get(tarballUrl(server, 'b'))
  assert.ok(
    missing.bytes === undefined || missing.status === 503,
    `${missing.status} ${missing.text}`,
  )
  const cold = await get(`${server.url}/c`)
  assert.deepEqual([cold.status, /full|space/.test(cold.text)], [503, true], cold.text)

  rmSync(filler)
  assert.equal(integrityOf((await get(tarballUrl(server, 'b'))).bytes ?? Buffer.alloc(0)), b)
  assert.notEqual(await pinnedOf(server, 'c'), '')
  assert.equal((await publish(alice, makeUpload({ name: 'mine', version: '1.1.0' }))).status, 201)
  assert.ok(!server.lines.some(({ event }) => event === 'bug' || event === 'upstream_conflict'))
  await assertVerifies(server.url)
})

/** A file system of 24 MiB at the folder; undefined for whoever may not mount. */
function mountSmall(path: string): Disposable | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) }
}

/** Leaves no room at all, whatever else is being written. */
function fill(file: string, folder: string): void {
  const { bavail, bsize } = statfsSync(folder)
  const tooMuch = Buffer.alloc(bavail * bsize + mebibyte)
  assert.throws(() => writeFileSync(file, tooMuch), { code: 'ENOSPC' })
}

test('a server that is stopped while its upstream still sends ends well, and leaves nothing half behind', async (t) => {
  await using upstream = await startEvilUpstream()
  await using folder = await makeFolder('stopped')
  const settings = [{ id: 'up', url: upstream.url }]
  const server = await startProxy(settings, { dir: folder.path })
  t.after(server.stop)
  const drip = (response: ServerResponse): void => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(randomBytes(8 * 1024)), 5)
    response.on('close', () => clearInterval(timer))
  }
  const drips = (path: string): Promise<void> =>
    new Promise((begin) => {
      upstream.spoil(path, { answer: (response) => (drip(response), begin()) })
    })
  for (const name of ['known', 'new']) upstream.put(name, [{ version: '1.0.0' }])
  await pinnedOf(server, 'known')
  const begun = [drips('/known/-/known-1.0.0.tgz'), drips('/new')]
  const leaving = new AbortController()
  const left = [tarballUrl(server, 'known'), `${server.url}/new`].map((url) =>
    fetch(url, { signal: leaving.signal }).catch(() => undefined),
  )
  await Promise.all(begun)
  leaving.abort() // Nobody waits for it any more; it comes all the same.
  await Promise.all(left)
  await server.stop()
  assert.deepEqual(
    server.lines.filter(({ event }) => event === 'bug' || event === 'upstream_not_noted'),
    [],
  )
  const files = readdirSync(join(folder.path, 'upstream'))
  assert.deepEqual(
    files.filter((file) => file.endsWith('.tmp')),
    [],
  )
})
