// What the proxy does with what upstreams show, now and later: the observed part of spec/release.md, with upstreams that
// change their mind.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { parsePackageName } from '@stele/formats/names'
import { readRelease } from '@stele/releases/release'
import { makePackage } from '@stele/testkit'
import {
  largePackumentBytes,
  maxConflictsPerTaking,
  maxConflictsPerVersion,
  maxLearningTries,
  maxWholeBytes,
} from '../src/limits.ts'
import { takeIn } from '../src/take-in.ts'
import { createMemoryKept, createWorld, type TestAnswer, upstreamUrl, type World } from './world.ts'

const minute = 61_000

function member(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (found, key) => (isJsonObject(found) ? found[key] : undefined),
    value,
  )
}

function methodsOf({ calls }: World): readonly string[] {
  return calls.map(({ method }) => method)
}

function throwsCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isSteleError(error) && error.code === code
}

async function versionsOf(world: World, name = 'a'): Promise<readonly string[]> {
  const versions = member(await world.read(name), 'versions')
  return isJsonObject(versions) ? Object.keys(versions) : []
}

function redirect(location: string): TestAnswer {
  return { status: 302, headers: { location } }
}

/** A world in which 1.0.0 and 1.1.0 of `a` were seen; 1.0.0 was fetched too. */
async function worldThatSaw(): Promise<World> {
  const world = createWorld()
  world.put('a', [
    { version: '1.0.0' },
    { version: '1.1.0', manifest: { dependencies: { b: '1' } } },
  ])
  await world.read('a')
  await world.fetch('a', '1.0.0')
  await world.settle()
  world.calls.length = 0
  world.asked.length = 0
  return world
}

test('prepare() pins what is new before it can be read, and serves it from here', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0', manifest: { os: ['linux'] } }])
  const packument = await world.read('a')
  assert.deepEqual(methodsOf(world), ['see'])
  assert.equal(world.system.dump()['/packages/a origin'], 'up')
  assert.equal(
    member(packument, 'versions', '1.0.0', 'dist', 'tarball'),
    'http://here/a/-/a-1.0.0.tgz',
  )
  assert.deepEqual(member(packument, 'versions', '1.0.0', 'os'), ['linux'])
  assert.deepEqual(member(packument, 'dist-tags'), { latest: '1.0.0' })
})

test('prepare() asks once for fifty who ask at once, and not again for a minute', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  await Promise.all(Array.from({ length: 50 }, () => world.read('a')))
  await world.read('a')
  assert.equal(world.asked.length, 1)
  world.wait(minute)
  world.answers.set('/a', { status: 304 })
  await world.read('a')
  await world.read('a')
  assert.equal(world.asked.length, 2)
  assert.match(world.asked[1]?.headers['if-none-match'] ?? '', /^"/)
})

test('prepare() asks again for the whole packument when it was removed while the upstream said that nothing changed', async () => {
  const world = await worldThatSaw()
  const whole = world.answers.get('/a')
  assert.ok(whole !== undefined)
  world.wait(minute)
  world.answers.set('/a', () => {
    if (world.asked.at(-1)?.headers['if-none-match'] === undefined)
      return typeof whole === 'function' ? whole() : whole
    world.lose()
    return { status: 304 }
  })
  assert.deepEqual(await versionsOf(world), ['1.0.0', '1.1.0'])
  assert.equal(world.asked.length, 2)
})

test('prepare() believes for a minute that there is no such package', async () => {
  const world = createWorld()
  assert.equal(await world.read('a'), undefined)
  assert.equal(await world.read('a'), undefined)
  assert.equal(world.asked.length, 1)
  world.put('a', [{ version: '1.0.0' }])
  world.wait(minute)
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
})

test('prepare() logs nothing when nothing is new, and the rest when something is', async () => {
  const world = await worldThatSaw()
  world.wait(minute)
  world.put(
    'a',
    [{ version: '1.0.0' }, { version: '1.1.0', manifest: { dependencies: { b: '1' } } }],
    { x: 1 },
  )
  await world.read('a')
  assert.deepEqual(methodsOf(world), [])
  world.wait(minute)
  world.put('a', [{ version: '1.0.0' }, { version: '2.0.0' }])
  assert.deepEqual(await versionsOf(world), ['1.0.0', '2.0.0'])
  assert.deepEqual(methodsOf(world), ['see'])
  assert.equal(world.calls[0]?.request['n'], 1)
})

test('prepare() sees both forms of a packument as one', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0', manifest: { scripts: { install: 'x' }, readme: 'r' } }])
  const [short, full] = await Promise.all([world.read('a', 'abbreviated'), world.read('a', 'full')])
  assert.deepEqual(methodsOf(world), ['see'])
  assert.equal(member(short, 'versions', '1.0.0', 'hasInstallScript'), true)
  assert.equal(member(short, 'versions', '1.0.0', 'readme'), undefined)
  assert.equal(member(full, 'versions', '1.0.0', 'readme'), 'r')
})

for (const [what, answer] of [
  ['does not answer', { fails: 'connect refused' }],
  ['answers 500', { status: 500 }],
  ['answers 429', { status: 429 }],
  ['is cut off', { body: [Buffer.from('{"name":')], cut: true }],
  ['answers something else', { body: Buffer.from('<html>') }],
  ['answers for another package', { body: Buffer.from('{"name":"b"}') }],
  ['wants other credentials', { status: 401 }],
] as const satisfies readonly (readonly [string, TestAnswer])[]) {
  test(`prepare() serves what was known on when the upstream ${what}`, async () => {
    const world = await worldThatSaw()
    world.wait(minute)
    world.answers.set('/a', answer)
    assert.deepEqual(await versionsOf(world), ['1.0.0', '1.1.0'])
    assert.equal(world.asked.length, 1)
    await versionsOf(world)
    assert.equal(world.asked.length, 1) // Not at every request.
  })
}

for (const [what, answer, code] of [
  ['does not answer', { fails: 'connect refused' }, 'upstream_unreachable'],
  ['answers 503', { status: 503 }, 'upstream_unreachable'],
  ['wants credentials', { status: 401 }, 'upstream_refused'],
  ['answers for another package', { body: Buffer.from('{"name":"b"}') }, 'upstream_answer_odd'],
  ['answers a list', { body: Buffer.from('[]') }, 'upstream_answer_odd'],
  ['answers no JSON', { body: Buffer.from('<html>') }, 'upstream_answer_odd'],
  [
    'sends what its coding is not',
    { body: Buffer.from('{}'), headers: { 'content-encoding': 'gzip' } },
    'upstream_answer_odd',
  ],
  ['asks this registry in turn', { status: 508 }, 'upstream_loop'],
  ['redirects to another host', redirect('https://elsewhere.example/a'), 'upstream_answer_odd'],
  ['redirects to this machine', redirect('http://127.0.0.1/a'), 'upstream_answer_odd'],
  ['redirects to no web address', redirect('file:///etc/passwd'), 'upstream_answer_odd'],
  ['redirects for ever', redirect(`${upstreamUrl}/a`), 'upstream_answer_odd'],
] as const satisfies readonly (readonly [string, TestAnswer, ErrorCode])[]) {
  test(`prepare() throws ${code} when nothing is known and the upstream ${what}`, async () => {
    const world = createWorld()
    world.answers.set('/a', answer)
    await assert.rejects(world.read('a'), throwsCode(code))
    assert.deepEqual(methodsOf(world), [])
  })
}

test('prepare() throws upstream_too_large when an answer is too large without its coding', async () => {
  const world = createWorld({ maxPackumentBytes: 1000 })
  const body = gzipSync(Buffer.alloc(1001))
  world.answers.set('/a', { body, headers: { 'content-encoding': 'gzip' } })
  for (let times = 0; times < 9; times++) {
    await assert.rejects(world.read('a'), throwsCode('upstream_too_large'))
  }
  assert.equal(world.asked.length, 9) // It did answer.
})

for (const [what, answer] of [
  ['as it comes', { body: Buffer.alloc(1001) }],
  [
    'without its coding',
    { body: gzipSync(Buffer.alloc(1001)), headers: { 'content-encoding': 'gzip' } },
  ],
] as const) {
  test(`prepare() names the setting that says how large a packument may be, where one is too large ${what}`, async () => {
    const world = createWorld({ maxPackumentBytes: 1000 })
    world.answers.set('/a', answer)
    await assert.rejects(world.read('a'), {
      message: /more than 1000 bytes, the limit that the setting "upstreamPackumentSize"/,
    })
  })
}

test('prepare() reads a packument again in its turn when it is larger than it says', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  const answer = world.answers.get('/a')
  assert.ok(typeof answer === 'object' && answer.body instanceof Uint8Array)
  const members = [Buffer.alloc(2 * largePackumentBytes, ' '), answer.body]
  const body = Buffer.concat(members.map((part) => gzipSync(part))) // The last one alone tells its size.
  world.answers.set('/a', { body, headers: { 'content-encoding': 'gzip' } })
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
})

test('prepare() follows a redirect of the upstream to itself, with its credentials, and to a host of its tarballs without', async () => {
  const upstream = {
    id: 'up',
    url: upstreamUrl,
    scopes: [],
    tarballHosts: ['cdn.example'],
    authorization: 'Bearer secret',
  }
  const world = createWorld({ upstreams: [upstream] })
  world.put('b', [{ version: '1.0.0' }])
  world.put('a', [{ version: '1.0.0' }])
  const answer = world.answers.get('/a')
  assert.ok(answer !== undefined)
  world.answers.set('/moved', answer)
  world.answers.set('/a', redirect('moved'))
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
  world.answers.set('/a/-/a-1.0.0.tgz', redirect('https://cdn.example/a.tgz'))
  assert.equal(await world.fetch('a', '1.0.0'), undefined) // 404 there.
  assert.deepEqual(
    world.asked.map(({ url, headers }) => [url, headers['authorization']]),
    [
      [`${upstreamUrl}/a`, 'Bearer secret'],
      [`${upstreamUrl.replace('/base', '')}/base/moved`, 'Bearer secret'],
      [`${upstreamUrl}/a/-/a-1.0.0.tgz`, 'Bearer secret'],
      ['https://cdn.example/a.tgz', undefined],
    ],
  )
})

test('prepare() asks again when the clock was set back, and stays believed when it goes on', async () => {
  const world = await worldThatSaw()
  world.wait(-60 * minute)
  await world.read('a')
  assert.equal(world.asked.length, 1)
  await world.read('a')
  assert.equal(world.asked.length, 1)
})

test('prepare() serves what was known on when the disk is full', async () => {
  const world = await worldThatSaw()
  world.wait(minute)
  world.fillDisk(true)
  assert.deepEqual(await versionsOf(world), ['1.0.0', '1.1.0'])
  world.fillDisk(false)
  world.put('a', [{ version: '1.0.0' }, { version: '2.0.0' }])
  assert.deepEqual(await versionsOf(world), ['1.0.0', '2.0.0'])
})

test('tarball() throws disk_full, keeps nothing, and fetches it when there is room again', async () => {
  const world = await worldThatSaw()
  world.fillDisk(true)
  await assert.rejects(world.fetch('a', '1.1.0'), throwsCode('disk_full'))
  world.fillDisk(false)
  assert.ok((await world.fetch('a', '1.1.0')) !== undefined)
  assert.equal(world.calls.filter(({ method }) => method === 'conflict').length, 0)
})

test('tarball() refuses one with a coding that was not asked for, and calls it no conflict', async () => {
  const world = await worldThatSaw()
  const headers = { 'content-encoding': 'gzip' }
  world.answers.set('/a/-/a-1.1.0.tgz', { body: gzipSync('x'), headers })
  await assert.rejects(world.fetch('a', '1.1.0'), throwsCode('upstream_answer_odd'))
  await world.settle()
  assert.equal(world.calls.filter(({ method }) => method === 'conflict').length, 0)
})

test('tarball() learns what a held tarball holds when that failed the first time', async () => {
  let fails = true
  const world = createWorld({
    takeApart: async (held) => {
      if (fails) throw new Error('the thread has ended')
      return {
        contents: {
          files: null,
          manifest: null,
          reason: 'x',
          sha512: held.sha512,
          size: held.sizeBytes,
        },
        own: undefined,
      }
    },
  })
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  assert.ok(!methodsOf(world).includes('contents'))
  fails = false
  await world.fetch('a', '1.0.0')
  await world.settle()
  assert.ok(methodsOf(world).includes('contents'))
})

test('prepare() leaves an upstream alone that fails again and again, and tries it after a while', async () => {
  const world = createWorld()
  let isUp = false
  world.put('x', [{ version: '1.0.0' }])
  const up = world.answers.get('/x')
  assert.ok(up !== undefined && typeof up !== 'function')
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'x']) {
    world.answers.set(`/${name}`, () => (isUp && name === 'x' ? up : { fails: 'connect refused' }))
    await assert.rejects(world.read(name), throwsCode('upstream_unreachable'))
  }
  assert.equal(world.asked.length, 5)
  isUp = true
  world.wait(2_001)
  assert.deepEqual(await versionsOf(world, 'x'), ['1.0.0'])
})

test('prepare() leaves out versions that nobody could install, and keeps the others', async () => {
  const world = createWorld()
  world.put('a', [
    { version: '1.0.0' },
    { version: '01.0.0' },
    { version: '2.0.0', dist: { integrity: 'md5-x' } },
  ])
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
  assert.deepEqual(
    world.events.map(({ kind }) => kind),
    ['dropped', 'dropped'],
  )
  world.wait(minute)
  await world.read('a')
  assert.equal(world.events.length, 2) // Not with each look at it.
  assert.deepEqual(member(await world.read('a'), 'dist-tags'), {})
})

test('prepare() follows tags, times, deprecations and removals of the upstream', async () => {
  const world = await worldThatSaw()
  world.wait(minute)
  world.put('a', [{ version: '1.0.0', manifest: { deprecated: 'old' }, own: {} }], {
    'dist-tags': { latest: '1.0.0', next: '1.1.0' },
    time: { '1.0.0': '2020-01-01T00:00:00.000Z', '9.9.9': 'x' },
  })
  const packument = await world.read('a')
  assert.deepEqual(member(packument, 'dist-tags'), { latest: '1.0.0' })
  assert.deepEqual(member(packument, 'time'), { '1.0.0': '2020-01-01T00:00:00.000Z' })
  assert.equal(member(packument, 'versions', '1.0.0', 'deprecated'), 'old')
  assert.deepEqual(methodsOf(world), [])
  assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
})

test('prepare() serves what was pinned when the upstream shows other bytes, and logs the conflict once', async () => {
  const world = await worldThatSaw()
  const before = await world.read('a')
  for (const _ of [1, 2]) {
    world.wait(minute)
    world.put(
      'a',
      [
        { version: '1.0.0', own: { evil: true } },
        { version: '1.1.0', manifest: { dependencies: { b: '1' } } },
      ],
      { _: String(_) },
    )
    const after = await world.read('a')
    for (const path of ['integrity', 'tarball']) {
      assert.equal(
        member(after, 'versions', '1.0.0', 'dist', path),
        member(before, 'versions', '1.0.0', 'dist', path),
      )
    }
  }
  assert.deepEqual(methodsOf(world), ['conflict'])
  assert.equal(world.system.state.list('/packages/a/conflicts/1.0.0').length, 1)
})

test('prepare() serves the pinned record when the upstream tells another one, and notes it once', async () => {
  const world = await worldThatSaw()
  for (const _ of [1, 2]) {
    world.wait(minute)
    world.put(
      'a',
      [
        { version: '1.0.0', manifest: { dependencies: { evil: '*' } }, own: {} },
        { version: '1.1.0', manifest: { dependencies: { b: '1' } } },
      ],
      { _: String(_) },
    )
    const packument = await world.read('a')
    assert.equal(member(packument, 'versions', '1.0.0', 'dependencies'), undefined)
    assert.deepEqual(member(packument, 'versions', '1.1.0', 'dependencies'), { b: '1' })
  }
  assert.deepEqual(methodsOf(world), ['differ'])
  const [told, ...more] = world.events.filter(({ kind }) => kind === 'difference')
  assert.deepEqual(more, [])
  assert.ok(told?.kind === 'difference')
  assert.equal(told.spec, 'a@1.0.0')
  assert.notEqual(told.pinned, told.shown)
})

test('prepare() tells the operator how many changes it did not log of one packument', async () => {
  const world = createWorld()
  const releases = Array.from({ length: maxConflictsPerTaking + 3 }, (_, minor) => ({
    version: `1.${minor}.0`,
    own: {},
  }))
  world.put('a', releases)
  await world.read('a')
  world.wait(minute)
  world.put(
    'a',
    releases.map((release) => ({ ...release, manifest: { dependencies: { evil: '*' } } })),
  )
  await world.read('a')
  assert.equal(
    methodsOf(world).filter((method) => method === 'differ').length,
    maxConflictsPerTaking,
  )
  const told = world.events.filter(({ kind }) => kind === 'not_logged')
  assert.deepEqual(
    told.map((event) => (event.kind === 'not_logged' ? [event.name, event.count] : event)),
    [['a', 3]],
  )
})

test('tarball() chooses the release before its first byte, and tells what it holds afterwards', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  const bytes = await world.fetch('a', '1.0.0')
  assert.deepEqual(methodsOf(world).slice(0, 2), ['see', 'choose'])
  await world.settle()
  assert.deepEqual(methodsOf(world), ['see', 'choose', 'contents'])
  assert.ok(bytes !== undefined)
  const contents = JSON.parse(world.system.dump()['/packages/a/contents 1.0.0'] ?? '')
  assert.equal(contents.sha512, hash('sha512', bytes))
})

test('tarball() fetches once for fifty who ask at once, and never again', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  world.asked.length = 0
  const all = await Promise.all(Array.from({ length: 50 }, () => world.fetch('a', '1.0.0')))
  await world.settle()
  await world.fetch('a', '1.0.0')
  assert.equal(world.asked.length, 1)
  assert.equal(new Set(all.map((bytes) => hash('sha256', bytes ?? ''))).size, 1)
  assert.deepEqual(methodsOf(world), ['see', 'choose', 'contents'])
})

test('tarball() serves on what is held when the upstream has removed it', async () => {
  const world = await worldThatSaw()
  world.answers.clear()
  world.wait(minute)
  assert.equal(await world.read('a'), undefined)
  assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
  assert.equal(await world.fetch('a', '1.1.0'), undefined)
})

for (const [what, size] of [
  ['small', 10],
  ['large', 600_000],
] as const) {
  test(`tarball() never tells the end of a ${what} one that is not as it was pinned, and logs the conflict`, async () => {
    const world = createWorld()
    world.put('a', [{ version: '1.0.0' }])
    await world.read('a')
    const evil = Buffer.alloc(size, 'x')
    const chunks = Array.from({ length: 10 }, (_, at) =>
      evil.subarray((at * size) / 10, ((at + 1) * size) / 10),
    )
    world.answers.set('/a/-/a-1.0.0.tgz', {
      body: chunks,
      headers: { 'content-length': String(size) },
    })
    await assert.rejects(world.fetch('a', '1.0.0'), throwsCode('upstream_changed'))
    await world.settle()
    assert.deepEqual(methodsOf(world), ['see', 'choose', 'conflict'])
    world.put('a', [{ version: '1.0.0' }])
    assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
  })
}

test('tarball() tells a large one on as it comes, whole', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0', manifest: { text: 'x' } }])
  await world.read('a')
  const found = world.answers.get('/a/-/a-1.0.0.tgz')
  assert.ok(found !== undefined && typeof found !== 'function' && found.body instanceof Uint8Array)
  const { body } = found
  const chunks = Array.from(body, (_, at) => body.subarray(at, at + 1))
  world.answers.set('/a/-/a-1.0.0.tgz', { body: chunks }) // Without a length it is not waited for.
  const all = await Promise.all([world.fetch('a', '1.0.0'), world.fetch('a', '1.0.0')])
  for (const bytes of all) assert.deepEqual(Buffer.from(bytes ?? ''), Buffer.from(body))
})

test('tarball() keeps nothing of one that is cut off', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  const whole = world.answers.get('/a/-/a-1.0.0.tgz')
  assert.ok(whole !== undefined && typeof whole !== 'function' && whole.body instanceof Uint8Array)
  world.answers.set('/a/-/a-1.0.0.tgz', { ...whole, body: whole.body.subarray(0, 20), cut: true })
  await assert.rejects(world.fetch('a', '1.0.0'), /cut off/)
  world.answers.set('/a/-/a-1.0.0.tgz', whole)
  assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
})

test('tarball() asks again for a version that was published a moment ago', async () => {
  const world = await worldThatSaw()
  world.put('a', [{ version: '1.0.0' }, { version: '3.0.0' }])
  assert.ok((await world.fetch('a', '3.0.0')) !== undefined)
})

test('tarball() amends a record when its package.json agrees with what the upstream tells now', async () => {
  const world = createWorld()
  const own = { dependencies: { b: '1' } }
  world.put('a', [{ version: '1.0.0', manifest: {}, own }])
  await world.read('a')
  world.wait(minute)
  world.put('a', [{ version: '1.0.0', manifest: own }])
  await world.read('a')
  assert.deepEqual(methodsOf(world), ['see', 'differ'])
  await world.fetch('a', '1.0.0')
  await world.settle()
  assert.deepEqual(methodsOf(world), ['see', 'differ', 'choose', 'contents', 'amend'])
  world.asked.length = 0
  assert.deepEqual(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), { b: '1' })
  assert.equal(world.asked[0]?.headers['if-none-match'], undefined) // All of it is wanted anew.
})

for (const [title, take] of [
  ['reserved', (world: World) => world.call('reserve', { pattern: 'a', account: 'alice' })],
  [
    'reserved with its scope',
    (world: World) => world.call('reserve', { pattern: '@s/*', account: 'alice' }),
  ],
] as const) {
  test(`head() and template() show nothing of a name that is ${title} since it was looked at`, async () => {
    const name = parsePackageName(title === 'reserved' ? 'a' : '@s/a')
    const world = createWorld()
    world.put(name, [{ version: '1.0.0' }])
    assert.notEqual(await world.read(name), undefined)
    assert.equal(take(world), 'ok')
    assert.equal(await world.read(name), undefined)
    for (const form of ['full', 'abbreviated'] as const) {
      assert.equal(world.proxy.head(name, form), undefined)
      assert.equal(world.proxy.template(name, form), undefined)
    }
  })
}

test('amending.amend() lets the tarball have the last word, where the operator says so', async () => {
  const world = createWorld()
  const { amending } = world.proxy
  const own = { dependencies: { b: '1' } }
  world.put('a', [{ version: '1.0.0', manifest: {}, own }, { version: '1.1.0' }])
  await world.read('a')
  const name = parsePackageName('a')
  const found = await amending.read(name, '1.0.0')
  assert.deepEqual(
    [JSON.parse(found.pinned).dependencies, JSON.parse(found.own).dependencies],
    [undefined, { b: '1' }],
  )
  assert.equal(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), undefined)
  assert.deepEqual(await amending.amend(name, '1.0.0'), found)
  await world.settle()
  assert.deepEqual(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), { b: '1' })
  assert.equal(methodsOf(world).filter((method) => method === 'amend').length, 1)
  for (const [wanted, version, message] of [
    ['a', '1.0.0', /what its tarball tells$/],
    ['a', '1.1.0', /what its tarball tells$/],
    ['a', '9.9.9', /^Cannot amend a@9\.9\.9: the upstream "up" has no such version$/],
    ['unknown', '1.0.0', /it is not known here$/],
  ] as const) {
    await assert.rejects(amending.amend(parsePackageName(wanted), version), {
      code: 'amend_refused',
      message,
    })
  }
})

test('holding.findMissing() names what was installed and is not here, and asks nobody', async () => {
  const world = await worldThatSaw()
  const { holding } = world.proxy
  assert.deepEqual(await holding.findMissing('a'), [])
  world.loseTarballs()
  assert.deepEqual(await holding.findMissing('a'), ['1.0.0'])
  assert.deepEqual(world.asked, [])
})

test('holding.fetchMissing() has it come, and tells what cannot be had', async () => {
  const world = await worldThatSaw()
  const { holding } = world.proxy
  await world.fetch('a', '1.1.0')
  world.loseTarballs()
  world.answers.delete('/a/-/a-1.1.0.tgz')
  const [only, ...more] = await holding.fetchMissing(parsePackageName('a'))
  assert.deepEqual([only?.version, more], ['1.1.0', []])
  assert.match(only?.reason ?? '', /does not have it/)
  assert.deepEqual(await holding.findMissing('a'), ['1.1.0'])
  assert.deepEqual(world.durable, ['a'])
})

test('holding.fetchMissing() tells that a changed tarball cannot be had, and that an upstream does not answer', async () => {
  for (const [answer, reason] of [
    [{ body: makePackage({ name: 'a', version: '6.6.6' }) }, /now has different bytes/],
    [{ fails: 'no route' }, /does not answer|no route/],
  ] as const) {
    const world = await worldThatSaw()
    world.loseTarballs()
    world.answers.set('/a/-/a-1.0.0.tgz', answer)
    const [only] = await world.proxy.holding.fetchMissing(parsePackageName('a'))
    assert.match(only?.reason ?? '', reason)
    await world.settle()
  }
})

for (const [waits, body] of [
  ['a tarball', new Uint8Array()],
  ['the rest of a large one', new Uint8Array(maxWholeBytes + 1)],
] as const) {
  test(`stopWaiting() ends with server_busy what the operator asked for and waits for ${waits}, and what is asked for later`, async () => {
    const world = await worldThatSaw()
    const { holding, amending, stopWaiting } = world.proxy
    const name = parsePackageName('a')
    world.loseTarballs()
    world.answers.set('/a/-/a-1.0.0.tgz', { body, hangs: true })
    const codes: unknown[] = []
    const ask = (work: Promise<unknown>): unknown => work.catch(({ code }) => codes.push(code))
    ask(holding.fetchMissing(name))
    ask(amending.amend(name, '1.0.0'))
    await world.settle()
    assert.deepEqual(codes, [])
    stopWaiting()
    ask(holding.fetchMissing(name))
    await world.settle()
    assert.deepEqual(codes, ['server_busy', 'server_busy', 'server_busy'])
    assert.deepEqual(world.durable, [])
  })
}

test('prepare() serves what was installed as it was, where what was kept of it is lost', async () => {
  const world = createWorld()
  const before = { manifest: { dependencies: { b: '1' } }, own: { dependencies: { b: '1' } } }
  world.put('a', [{ version: '1.0.0', ...before }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  world.lose()
  world.put('a', [{ ...before, version: '1.0.0', manifest: { dependencies: { evil: '*' } } }])
  const served = member(await world.read('a'), 'versions', '1.0.0', 'dependencies')
  assert.deepEqual(served, { b: '1' })
})

test('tarball() notes a package.json that tells another record than the upstream', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0', manifest: {}, own: { dependencies: { evil: '*' } } }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  assert.deepEqual(methodsOf(world), ['see', 'choose', 'contents', 'differ'])
  assert.equal(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), undefined)
})

test('whose() is nobody for names that are hosted, reserved or private, and they are asked of nobody', async () => {
  const world = createWorld({ isPrivate: (name) => name.startsWith('@team/') })
  world.call('reserve', { pattern: 'mine' }, 'alice')
  for (const name of ['mine', '@team/x']) {
    assert.equal(world.proxy.whose(name), undefined)
    assert.equal(await world.read(name), undefined)
    assert.equal(await world.fetch(name, '1.0.0'), undefined)
  }
  assert.deepEqual(world.asked, [])
})

test('an upstream with a scope is asked for it alone, and shows its credentials to nobody else', async () => {
  const own = 'https://own.example'
  const world = createWorld({
    upstreams: [
      { id: 'up', url: upstreamUrl, scopes: [], tarballHosts: [], authorization: '' },
      { id: 'own', url: own, scopes: ['@own'], tarballHosts: [], authorization: 'Bearer secret' },
    ],
  })
  await world.read('@own/x')
  await world.read('@else/x')
  assert.deepEqual(
    world.asked.map(({ url, headers }) => [url, headers['authorization']]),
    [
      [`${own}/@own%2Fx`, 'Bearer secret'],
      [`${upstreamUrl}/@else%2Fx`, undefined],
    ],
  )
})

test('a name stays with the upstream that showed it first', async () => {
  const world = await worldThatSaw()
  const other = createWorld({
    upstreams: [{ id: 'other', url: upstreamUrl, scopes: [], tarballHosts: [], authorization: '' }],
  })
  assert.equal(other.proxy.whose('a'), 'other')
  assert.equal(
    world.call('see', { name: 'a', upstream: 'other', n: 1, chunk: 'a'.repeat(128), count: 1 }),
    'other_origin',
  )
})

for (const [what, tarball] of [
  ['on another host', 'http://169.254.169.254/latest/meta-data'],
  ['in a file', 'file:///etc/passwd'],
  ['nowhere', 'http://'],
] as const) {
  test(`tarball() asks for none that lies ${what}`, async () => {
    const world = createWorld()
    world.put('a', [{ version: '1.0.0', dist: { tarball } }])
    await assert.rejects(world.fetch('a', '1.0.0'), throwsCode('upstream_answer_odd'))
    assert.deepEqual(
      world.asked.map(({ url }) => url),
      [`${upstreamUrl}/a`],
    )
  })
}

test('tarball() asks a host that the operator named, without the credentials of the upstream', async () => {
  const upstream = { id: 'up', url: upstreamUrl, scopes: [], authorization: 'Bearer secret' }
  const world = createWorld({ upstreams: [{ ...upstream, tarballHosts: ['cdn.example'] }] })
  world.put('a', [{ version: '1.0.0', dist: { tarball: 'https://cdn.example/a.tgz' } }])
  assert.equal(await world.fetch('a', '1.0.0'), undefined)
  assert.deepEqual(
    world.asked.map(({ url, headers }) => [url, headers['authorization']]),
    [
      [`${upstreamUrl}/a`, 'Bearer secret'],
      ['https://cdn.example/a.tgz', undefined],
    ],
  )
})

test('what is not here yet is counted for whoever wants it, and what is here for nobody', async () => {
  const counted: (string | undefined)[] = []
  const world = createWorld({ takeCold: (client) => void counted.push(client) })
  world.put('a', [{ version: '1.0.0' }])
  const name = parsePackageName('a')
  await world.proxy.prepare(name, 'abbreviated', '10.0.0.1')
  await world.proxy.prepare(name, 'abbreviated', '10.0.0.2')
  await world.proxy.tarball(name, '1.0.0', '10.0.0.3')
  await world.proxy.tarball(name, '1.0.0', '10.0.0.4')
  assert.deepEqual(counted, ['10.0.0.1', '10.0.0.3'])
  const missing = parsePackageName('b')
  await world.proxy.prepare(missing, 'full', '10.0.0.5')
  await world.proxy.prepare(missing, 'full', '10.0.0.6')
  assert.deepEqual(counted.slice(2), ['10.0.0.5'])
})

test('prepare() goes on when the log takes no more conflicts of a version, and calls for none', async () => {
  const world = await worldThatSaw()
  for (let change = 0; change <= maxConflictsPerVersion; change++) {
    world.wait(minute)
    world.put('a', [{ version: '1.0.0', own: { change } }, { version: `2.0.${change}` }])
    assert.deepEqual(await versionsOf(world), ['1.0.0', `2.0.${change}`])
  }
  const { state } = world.system
  assert.equal(state.list('/packages/a/conflicts/1.0.0').length, maxConflictsPerVersion)
  const calls = methodsOf(world).filter((method) => method === 'conflict')
  assert.equal(calls.length, maxConflictsPerVersion)
})

test('tarball() serves a version that one form of the packument shows, and the other one not yet', async () => {
  const world = createWorld()
  const [older, newer] = [[{ version: '1.0.0' }], [{ version: '1.0.0' }, { version: '2.0.0' }]]
  world.put('a', newer)
  const ahead = world.answers.get('/a')
  world.put('a', older)
  const behind = world.answers.get('/a')
  assert.ok(ahead !== undefined && typeof ahead !== 'function')
  assert.ok(behind !== undefined && typeof behind !== 'function')
  world.answers.set('/a', () => {
    const { accept = '', 'if-none-match': etag } = world.asked.at(-1)?.headers ?? {}
    const answer = accept.includes('install') ? ahead : behind
    return etag !== undefined && etag === answer.headers?.['etag'] ? { status: 304 } : answer
  })
  assert.deepEqual(await versionsOf(world), ['1.0.0', '2.0.0'])
  await world.read('a', 'full')
  assert.deepEqual(await versionsOf(world), ['1.0.0', '2.0.0'])
  assert.ok((await world.fetch('a', '2.0.0')) !== undefined)
})

test('prepare() serves a version as it was pinned when the upstream drops it, and shows it again with other bytes', async () => {
  const world = await worldThatSaw()
  const before = member(await world.read('a'), 'versions', '1.1.0')
  const pinned = world.answers.get('/a/-/a-1.1.0.tgz')
  world.wait(minute)
  world.put('a', [{ version: '1.0.0' }])
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
  world.wait(minute)
  world.put('a', [{ version: '1.0.0' }, { version: '1.1.0', own: { evil: true } }])
  const after = member(await world.read('a'), 'versions', '1.1.0')
  assert.deepEqual(member(after, 'dependencies'), { b: '1' })
  assert.equal(member(after, 'dist', 'integrity'), member(before, 'dist', 'integrity'))
  if (pinned !== undefined) world.answers.set('/a/-/a-1.1.0.tgz', pinned)
  assert.ok((await world.fetch('a', '1.1.0')) !== undefined)
})

test('tarball() finds what was installed where an upstream has its tarballs, when all that was kept of it is lost', async () => {
  const world = createWorld()
  world.put('@b/a', [{ version: '1.0.0' }])
  await world.fetch('@b/a', '1.0.0')
  await world.settle()
  const answers = new Map(world.answers)
  world.lose()
  world.put('@b/a', [{ version: '2.0.0' }])
  const tarball = answers.get('/@b/a/-/a-1.0.0.tgz')
  if (tarball !== undefined) world.answers.set('/@b/a/-/a-1.0.0.tgz', tarball)
  assert.deepEqual(await versionsOf(world, '@b/a'), ['2.0.0'])
  assert.ok((await world.fetch('@b/a', '1.0.0')) !== undefined)
})

/** Lets a tarball's own record replace the first one of `a` 1.0.0, in the log alone. */
async function amendInLog(world: World): Promise<void> {
  const { recordText, packageJson } = readRelease((await world.fetch('a', '1.0.0')) ?? Buffer.of())
  const blob = hash('sha512', packageJson)
  world.blobs.set(blob, packageJson)
  const request = { name: 'a', version: '1.0.0', record: recordText, blob }
  assert.equal(world.call('amend', request), 'ok')
}

test('prepare() serves what was amended before the process ended, and wants all of it anew', async () => {
  const world = createWorld()
  const own = { dependencies: { b: '1' } }
  world.put('a', [{ version: '1.0.0', manifest: {}, own }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  await amendInLog(world)
  assert.deepEqual(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), { b: '1' })
  assert.equal(world.asked.at(-1)?.headers['if-none-match'], undefined)
  world.asked.length = 0
  await world.read('a')
  assert.deepEqual(world.asked, [])
})

test('prepare() serves what is amended while it asks', async () => {
  let meanwhile = async (): Promise<void> => undefined
  const world = createWorld({
    takeIn: async (taking) => {
      await meanwhile()
      return takeIn(taking)
    },
  })
  const own = { dependencies: { b: '1' } }
  world.put('a', [{ version: '1.0.0', manifest: {}, own }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  world.wait(minute)
  meanwhile = () => amendInLog(world)
  await world.read('a')
  meanwhile = async () => undefined
  assert.deepEqual(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), { b: '1' })
})

test('prepare() pins again what an older log does not know, though the upstream has nothing new', async () => {
  const kept = createMemoryKept()
  const before = createWorld({ kept })
  before.put('a', [{ version: '1.0.0' }])
  await before.read('a')
  const world = createWorld({ kept })
  for (const [path, answer] of before.answers) world.answers.set(path, answer)
  const answer = before.answers.get('/a')
  if (answer !== undefined && typeof answer !== 'function') {
    world.answers.set('/a', () =>
      world.asked.at(-1)?.headers['if-none-match'] === undefined ? answer : { status: 304 },
    )
  }
  assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
  assert.deepEqual(methodsOf(world).slice(0, 2), ['see', 'choose'])
})

test('prepare() throws upstream_unreachable when what it has is of a log that an older one replaced, and nothing answers', async () => {
  const kept = createMemoryKept()
  const before = createWorld({ kept })
  before.put('a', [{ version: '1.0.0' }])
  await before.read('a')
  const world = createWorld({ kept })
  world.answers.set('/a', { fails: 'connect refused' })
  for (const _ of [1, 2]) {
    await assert.rejects(world.read('a'), throwsCode('upstream_unreachable'))
  }
})

test('prepare() throws upstream_unreachable when what it has is of another upstream, and nothing answers', async () => {
  const kept = createMemoryKept()
  const world = createWorld({ kept })
  world.answers.set('/a', { fails: 'connect refused' })
  const packed = { template: new Uint8Array(), pins: new Uint8Array(), isOnlyCopy: false }
  const other = { upstream: 'other', digest: 'd', checkedMs: 0, basis: '0 - -' }
  kept.save(parsePackageName('a'), 'abbreviated', {
    ...other,
    ...packed,
    etag: undefined,
    modifiedMs: undefined,
  })
  await assert.rejects(world.read('a'), throwsCode('upstream_unreachable'))
})

test('prepare() asks once in a while when what it has is from before a record was amended, and nothing answers', async () => {
  const world = await worldThatSaw()
  await amendInLog(world)
  world.answers.set('/a', { fails: 'connect refused' })
  for (const _ of [1, 2]) assert.deepEqual(await versionsOf(world), ['1.0.0', '1.1.0'])
  assert.equal(world.asked.length, 1)
})

test('prepare() serves only what was chosen while some of what was seen is withheld, and sees on afterwards', async () => {
  const world = await worldThatSaw()
  const all = new Map(world.blobs)
  world.blobs.clear()
  const releases = [{ version: '1.0.0' }, { version: '1.1.0' }, { version: '2.0.0' }]
  world.wait(minute)
  world.put('a', releases)
  assert.deepEqual(await versionsOf(world), ['1.0.0'])
  assert.deepEqual(world.calls, [])
  for (const [name, bytes] of all) world.blobs.set(name, bytes)
  world.wait(minute)
  world.put('a', releases, { _: 1 })
  assert.deepEqual(await versionsOf(world), ['1.0.0', '1.1.0', '2.0.0'])
  assert.deepEqual(methodsOf(world), ['see', 'conflict'])
})

test('prepare() tells the operator once why what it serves is old, and again when there is another reason', async () => {
  const world = await worldThatSaw()
  const told = (): readonly (string | undefined)[] =>
    world.events.flatMap((event) => (event.kind === 'stale' ? [`${event.name} ${event.code}`] : []))
  await world.read('a', 'full')
  for (const status of [401, 401, 503, 401]) {
    world.answers.set('/a', { status })
    world.wait(minute)
    await world.read('a')
    await world.read('a', 'full')
  }
  assert.deepEqual(told(), ['a upstream_refused'])
  world.answers.set('/a', { body: Buffer.from('<html>') })
  world.wait(minute)
  await world.read('a')
  assert.deepEqual(told(), ['a upstream_refused', 'a upstream_answer_odd'])
})

test('prepare() asks again after a while when nothing answers, also where answers last for less', async () => {
  const world = createWorld({ freshMs: 1000 })
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  world.answers.set('/a', { status: 401 })
  world.wait(2000)
  for (const waitMs of [0, 2000, 9000]) {
    world.wait(waitMs)
    await world.read('a')
  }
  assert.equal(world.asked.length, 3)
})

for (const [what, manifest, own, methods] of [
  ['conflict', {}, { changed: true }, 'conflict'],
  ['difference', { dependencies: { b: '2' } }, {}, 'differ'],
] as const) {
  test(`prepare() logs every ${what} of a packument, some at a time`, async () => {
    const world = createWorld()
    const versions = Array.from({ length: 25 }, (_, n) => `1.0.${n}`)
    world.put(
      'a',
      versions.map((version) => ({ version })),
    )
    await world.read('a')
    for (const change of [1, 2]) {
      world.wait(minute)
      world.put(
        'a',
        versions.map((version) => ({ version, manifest, own })),
        { change },
      )
      await world.read('a')
    }
    assert.deepEqual(methodsOf(world), ['see', ...versions.map(() => methods)])
  })
}

test('prepare() goes on when the log takes no difference', async () => {
  const world = await worldThatSaw()
  world.blobs.clear() // What was seen is withheld: the rules cannot compare.
  world.wait(minute)
  const changed = { version: '1.0.0', manifest: { dependencies: { b: '1' } }, own: {} }
  world.put('a', [changed], { 'dist-tags': { now: '1.0.0' } })
  assert.deepEqual(member(await world.read('a'), 'dist-tags'), { now: '1.0.0' })
  assert.deepEqual(methodsOf(world), ['differ'])
})

test('prepare() amends a record of what was installed before the upstream corrected it', async () => {
  const world = createWorld()
  const own = { dependencies: { b: '1' } }
  world.put('a', [{ version: '1.0.0', manifest: {}, own }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  world.wait(minute)
  world.put('a', [{ version: '1.0.0', manifest: own }])
  for (const form of ['abbreviated', 'full'] as const) {
    await world.read('a', form)
    await world.settle()
  }
  assert.equal(methodsOf(world).filter((method) => method === 'amend').length, 1)
  assert.deepEqual(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), { b: '1' })
})

for (const [failures, tried, amended] of [
  [1, 2, 1],
  [2, 3, 1],
  [Number.POSITIVE_INFINITY, maxLearningTries, 0],
] as const) {
  test(`prepare() compares a corrected record with its tarball ${tried} times when ${failures} tries fail`, async () => {
    const own = { dependencies: { b: '1' } }
    let isLearned = false
    let tries = 0
    const world = createWorld({
      takeApart: async () => {
        if (isLearned) tries += 1
        if (isLearned && tries <= failures) throw new Error('the thread has ended')
        const tarball = makePackage({ name: 'a', version: '1.0.0', ...own })
        const { contents, recordText, packageJson } = readRelease(tarball)
        return { contents, own: { record: recordText, packageJson } }
      },
    })
    world.put('a', [{ version: '1.0.0', manifest: {}, own }])
    await world.fetch('a', '1.0.0')
    await world.settle()
    isLearned = true
    for (let turn = 0; turn < 5; turn++) {
      world.wait(minute)
      world.put('a', [{ version: '1.0.0', manifest: own }], {
        'dist-tags': { turn: '1.0.0' },
        turn,
      })
      await world.read('a')
      await world.settle()
    }
    assert.equal(tries, tried)
    assert.equal(methodsOf(world).filter((method) => method === 'amend').length, amended)
    const reports = world.events.filter(({ kind }) => kind === 'not_learned')
    assert.equal(reports.length, Math.min(failures, tried))
  })
}

test('prepare() takes a SHA-512 beside the pinned SHA-1 for no conflict, and serves what was pinned', async () => {
  const world = createWorld()
  const shasum = hash('sha1', makePackage({ name: 'a', version: '1.0.0' }))
  const dist = { shasum, integrity: '' }
  world.put('a', [{ version: '1.0.0', dist }])
  const before = member(await world.read('a'), 'versions', '1.0.0', 'dist', 'shasum')
  assert.equal(before, shasum)
  world.wait(minute)
  world.put('a', [{ version: '1.0.0', dist: { shasum } }])
  const after = member(await world.read('a'), 'versions', '1.0.0', 'dist')
  assert.equal(member(after, 'shasum'), shasum)
  assert.equal(member(after, 'integrity'), `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`)
  assert.ok((await world.fetch('a', '1.0.0')) !== undefined)
  assert.deepEqual(methodsOf(world).slice(0, 2), ['see', 'choose'])
})

test('prepare() follows the deprecation of a version that is served as it was pinned', async () => {
  const world = await worldThatSaw()
  world.wait(minute)
  world.put('a', [{ version: '1.0.0', manifest: { deprecated: 'old', cpu: ['x'] }, own: {} }])
  const served = member(await world.read('a'), 'versions', '1.0.0')
  assert.deepEqual([member(served, 'deprecated'), member(served, 'cpu')], ['old', undefined])
})

test('prepare() notes the first other record of a version, and none of those that an upstream tells in turn', async () => {
  const world = await worldThatSaw()
  for (const turn of [1, 2, 1, 2]) {
    world.wait(minute)
    const manifest = { dependencies: { b: String(turn) } }
    world.put('a', [{ version: '1.0.0', manifest, own: {} }])
    assert.equal(member(await world.read('a'), 'versions', '1.0.0', 'dependencies'), undefined)
  }
  assert.deepEqual(methodsOf(world), ['differ'])
})

for (const [what, isOnlyCopy, shown] of [
  ['what it showed at first', false, { manifest: { os: ['linux'] } }],
  ['another record', true, { manifest: { os: ['darwin'] }, own: { os: ['linux'] } }],
  ['other bytes', true, { manifest: { os: ['linux'] }, own: { evil: true } }],
] as const) {
  test(`prepare() ${isOnlyCopy ? 'keeps' : 'need not keep'} the pins beyond the packument when the upstream shows ${what}`, async () => {
    const kept = createMemoryKept()
    const saved: boolean[] = []
    const world = createWorld({
      kept: {
        ...kept,
        save: (name, form, all) => {
          saved.push(all.isOnlyCopy)
          kept.save(name, form, all)
        },
      },
    })
    world.put('a', [{ version: '1.0.0', manifest: { os: ['linux'] } }])
    await world.read('a')
    world.wait(minute)
    world.put('a', [{ version: '1.0.0', ...shown }], { more: 1 })
    await world.read('a')
    assert.deepEqual(saved, [false, isOnlyCopy])
  })
}
