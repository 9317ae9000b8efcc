// Answers kept ready: never another client's, never older than what was committed, and no more than fit.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AddressSettings, App, HttpEvent, Incoming, Reply } from '../src/index.ts'
import { createApp } from '../src/index.ts'
import { createReadyAnswers } from '../src/ready-answers.ts'
import type { Draft } from '../src/routes.ts'
import { ask, plainSettings } from './incoming.ts'

type World = {
  readonly app: App
  readonly made: string[]
  version: number
  readonly events: HttpEvent[]
}

/** An app with one route, whose answers tell how many were made. */
function createWorld(
  options: {
    readonly draft?: (made: number, asked: Incoming) => Draft
    readonly settings?: AddressSettings
    readonly isLogged?: boolean
  } = {},
): World {
  const made: string[] = []
  const events: HttpEvent[] = []
  const world = { made, events, version: 1 }
  const draft =
    options.draft ??
    ((count: number): Draft => ({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from(`answer ${count}`),
      etag: `"${count}"`,
      isLasting: true,
    }))
  const app = createApp({
    faces: [
      {
        routes: [
          {
            method: 'GET',
            path: '/:name',
            answer: (asked) => {
              made.push(asked.url)
              return draft(made.length, asked)
            },
          },
        ],
      },
    ],
    settings: options.settings ?? plainSettings,
    now: Date.now,
    report: (event) => events.push(event),
    noteAnswer: () => options.isLogged === true,
    version: () => world.version,
  })
  return Object.assign(world, { app })
}

const textOf = ({ body }: Reply): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString() : ''

async function texts({ app }: World, asks: readonly Incoming[]): Promise<string[]> {
  const found: string[] = []
  for (const one of asks) found.push(textOf(await app(one)))
  return found
}

test('an answer is kept from the second request on', async () => {
  const world = createWorld()
  const one = ask('GET', '/x')
  assert.deepEqual(await texts(world, [one, one, one, one]), [
    'answer 1',
    'answer 2',
    'answer 2',
    'answer 2',
  ])
})

test('a kept answer is the same as one that is made: status, headers, body', async () => {
  const draft = (): Draft => ({
    status: 200,
    headers: { 'content-type': 'text/plain', vary: 'Accept' },
    body: Buffer.from('always'),
    etag: '"always"',
    modifiedMs: 1_795_000_000_000,
    ranges: true,
    isLasting: true,
  })
  const { app, made } = createWorld({ draft })
  const replies: Reply[] = []
  for (let count = 0; count < 3; count++) replies.push(await app(ask('GET', '/x')))
  const [first, , kept] = replies
  assert.equal(made.length, 2)
  assert.deepEqual(
    [kept?.status, kept?.headers, kept?.body],
    [first?.status, first?.headers, first?.body],
  )
  assert.deepEqual(kept?.rawHeaders, Object.entries(first?.headers ?? {}).flat())
})

for (const [what, change] of [
  ['is gone', (path: string) => rmSync(path)],
  ['was replaced', (path: string) => (rmSync(path), writeFileSync(path, 'other'))],
  ['was cut short', (path: string) => truncateSync(path, 2)],
] as const) {
  test(`an answer is made anew when the file that is kept for it ${what}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ready-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'file')
    writeFileSync(file, 'bytes')
    const draft = (): Draft => ({
      status: 200,
      headers: {},
      body: { file, size: 5 },
      etag: '"file"',
      isLasting: true,
    })
    const { app, made } = createWorld({ draft })
    for (let count = 0; count < 4; count++) await app(ask('GET', '/x'))
    assert.equal(made.length, 2)
    change(file)
    await app(ask('GET', '/x'))
    assert.equal(made.length, 3)
  })
}

test('a commit ends what is kept, whenever it comes', async () => {
  const world = createWorld()
  const one = ask('GET', '/x')
  await texts(world, [one, one, one])
  world.version++
  assert.deepEqual(await texts(world, [one, one]), ['answer 3', 'answer 3'])
})

test('an answer that was made before a commit is not kept after it', async () => {
  const gate = Promise.withResolvers<void>()
  let count = 0
  const world: World = createWorld()
  const app = createApp({
    faces: [
      {
        routes: [
          {
            method: 'GET',
            path: '/x',
            answer: async () => {
              count++
              const body = Buffer.from(`answer ${count}`)
              if (count === 2) await gate.promise
              return { status: 200, headers: {}, body, etag: `"${count}"`, isLasting: true }
            },
          },
        ],
      },
    ],
    settings: plainSettings,
    now: Date.now,
    report: () => undefined,
    version: () => world.version,
  })
  await app(ask('GET', '/x'))
  const slow = app(ask('GET', '/x'))
  world.version++
  gate.resolve()
  assert.equal(textOf(await slow), 'answer 2')
  assert.equal(textOf(await app(ask('GET', '/x'))), 'answer 3')
})

// Two requests that must not share an answer, though only this differs.
const apart: readonly (readonly [claim: string, Record<string, string>, Record<string, string>])[] =
  [
    ['Host', { host: 'a' }, { host: 'b' }],
    ['Accept', { accept: 'a' }, { accept: 'b' }],
    ['Accept-Encoding', { 'accept-encoding': 'gzip' }, {}],
    ['what moved from one header to the next', { accept: 'a\n' }, { 'accept-encoding': 'a' }],
  ]
for (const [claim, first, second] of apart) {
  test(`requests that differ in ${claim} have answers of their own`, async () => {
    const world = createWorld({
      draft: (_made, { headers }) => ({
        status: 200,
        headers: {},
        body: Buffer.from(JSON.stringify(headers)),
        etag: '"x"',
        isLasting: true,
      }),
    })
    const [a, b] = [ask('GET', '/x', { headers: first }), ask('GET', '/x', { headers: second })]
    const [one, , , two] = await texts(world, [a, a, a, b])
    assert.notEqual(one, two)
  })
}

// Requests that are answered anew each time.
const anew: readonly (readonly [claim: string, Incoming])[] = [
  ['HEAD', ask('HEAD', '/x')],
  ['a range', ask('GET', '/x', { headers: { range: 'bytes=0-1' } })],
  ['a date', ask('GET', '/x', { headers: { 'if-modified-since': 'x' } })],
  ['an ETag of another answer', ask('GET', '/x', { headers: { 'if-none-match': '"other"' } })],
  ['several ETags', ask('GET', '/x', { headers: { 'if-none-match': '"a", "b"' } })],
  ['a long address', ask('GET', `/x?${'y'.repeat(2000)}`)],
]
for (const [claim, one] of anew) {
  test(`a request with ${claim} has no answer ready`, async () => {
    const { app, made } = createWorld()
    for (let count = 0; count < 4; count++) await app(one)
    assert.equal(made.length, 4)
  })
}

test('only drafts that last are kept, and only with an ETag', async () => {
  const lasting: Draft = { status: 200, headers: {}, body: Buffer.from('x'), isLasting: true }
  const { isLasting: _lasting, ...passing } = lasting
  const drafts: Draft[] = [
    { ...passing, etag: '"x"' },
    { ...lasting, headers: { 'cache-control': 'no-store' } }, // Gets no ETag.
    { ...lasting, status: 201, etag: '"x"' },
  ]
  for (const draft of drafts) {
    const { app, made } = createWorld({ draft: () => draft })
    for (let count = 0; count < 4; count++) await app(ask('GET', '/x'))
    assert.equal(made.length, 4)
  }
})

test('who has the answer already is told so without one being made, also when nobody else asked', async () => {
  const { app, made } = createWorld({
    draft: () => ({
      status: 200,
      headers: {},
      body: Buffer.from('x'),
      etag: '"x"',
      isLasting: true,
    }),
  })
  const known = ask('GET', '/x', { headers: { 'if-none-match': '"x"' } })
  const statuses: number[] = []
  for (let count = 0; count < 4; count++) statuses.push((await app(known)).status)
  assert.deepEqual(statuses, [304, 304, 304, 304])
  assert.equal(made.length, 2)
  const whole = [await app(ask('GET', '/x')), await app(ask('GET', '/x'))]
  assert.deepEqual(whole.map(textOf), ['x', 'x'])
  assert.equal((await app(known)).status, 304)
  assert.equal(made.length, 3)
})

test('nothing is kept where forwarding headers decide the address', async () => {
  const proxies = [{ bytes: Uint8Array.of(127, 0, 0, 1), bits: 32 }]
  const behind = { mountPath: '', trustedProxies: proxies }
  for (const [settings, count] of [
    [behind, 4],
    [{ ...behind, publicUrl: 'https://r.example' }, 2],
  ] as const) {
    const { app, made } = createWorld({ settings })
    for (let at = 0; at < 4; at++) await app(ask('GET', '/x'))
    assert.equal(made.length, count)
  }
})

test('access events of kept answers are made where they are wanted, and nowhere else', async () => {
  for (const isLogged of [true, false]) {
    const { app, events } = createWorld({ isLogged })
    for (let at = 0; at < 4; at++) await app(ask('GET', '/x'))
    assert.equal(events.length, isLogged ? 4 : 0)
  }
})

test('createReadyAnswers() keeps no more than fits, and lets go of what was not asked for longest', () => {
  const ready = createReadyAnswers(() => 1, { bytes: 60_000, count: 100 })
  const reply = (bytes: number): Reply => ({
    status: 200,
    headers: { etag: '"x"' },
    body: new Uint8Array(bytes),
    isLasting: true,
  })
  const keep = (url: string, bytes: number): void => {
    ready.begin(ask('GET', url))
    ready.begin(ask('GET', url))?.(reply(bytes))
  }
  for (let at = 0; at < 20; at++) {
    keep(`/${at}`, 4000)
    assert.ok(ready.sizeBytes() <= 60_000)
    assert.ok(ready.find(ask('GET', '/0')), 'what is asked for stays')
  }
  assert.equal(ready.find(ask('GET', '/1')), undefined)
  keep('/large', 30_000)
  assert.equal(ready.find(ask('GET', '/large')), undefined)
})

test('createReadyAnswers() keeps no more answers than it may', () => {
  const ready = createReadyAnswers(() => 1, { bytes: 1e9, count: 3 })
  for (let at = 0; at < 10; at++) {
    const one = ask('GET', `/${at}`)
    ready.begin(one)
    ready.begin(one)?.({
      status: 200,
      headers: { etag: '"x"' },
      body: new Uint8Array(1),
      isLasting: true,
    })
  }
  const found = Array.from(
    { length: 10 },
    (_, at) => ready.find(ask('GET', `/${at}`)) !== undefined,
  )
  assert.deepEqual(found.filter(Boolean).length, 3)
})

test('createReadyAnswers() keeps what lasts for a while until then, and no longer', () => {
  let nowMs = 1_000
  const ready = createReadyAnswers(() => 1, { now: () => nowMs })
  const one = ask('GET', '/x')
  const reply: Reply = {
    status: 200,
    headers: { etag: '"x"' },
    body: new Uint8Array(1),
    isLasting: true,
    lastsMs: 500,
  }
  const isFound = (): boolean => ready.find(one) !== undefined
  ready.begin(one)
  ready.begin(one)?.(reply)
  nowMs = 1_499
  assert.ok(isFound())
  nowMs = 1_500
  assert.ok(!isFound())
  ready.begin(one)?.(reply)
  assert.ok(isFound())
  nowMs = 2_000
  assert.ok(!isFound())
  assert.equal(ready.sizeBytes(), 0)
})

test('an ETag comes before a date, as pnpm sends both', async () => {
  const { app, made } = createWorld()
  const dated = { 'if-modified-since': 'Sat, 21 Nov 2026 10:00:00 GMT' }
  const both = ask('GET', '/x', { headers: { ...dated, 'if-none-match': '"2"' } })
  const statuses: number[] = []
  for (const one of [ask('GET', '/x'), ask('GET', '/x'), both])
    statuses.push((await app(one)).status)
  assert.deepEqual(statuses, [200, 200, 304])
  assert.equal(made.length, 2)
  await app(ask('GET', '/x', { headers: dated }))
  assert.equal(made.length, 3)
})
