// What the operator keeps from clients: blocked versions and young ones are neither listed nor given, whoever asks in whichever way.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { parsePackageName } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import type { Proxy } from '../src/proxy.ts'
import { createScreening, parseBlocked } from '../src/screening.ts'
import { createWorld, startMs, type TestAnswer, type World } from './world.ts'

const day = 24 * 60 * 60 * 1000
const name = parsePackageName('a')
const versions = ['1.0.0', '1.1.0', '2.0.0-rc.1', '2.0.0']

/** Of a packument that changed just now. */
const youngTime = {
  '1.0.0': new Date(startMs - 30 * day).toISOString(),
  modified: new Date(startMs).toISOString(),
}

type Screened = {
  readonly world: World
  readonly proxy: Proxy
  readonly wait: (ms: number) => void
}

type More = {
  readonly time?: JsonObject
  readonly ports?: Parameters<typeof createWorld>[0]
}

/** An upstream whose newest version, which is "latest", came an hour ago. */
function screened(
  blocked: readonly string[],
  minimumAgeMs = 0,
  { ports, ...more }: More = {},
): Screened {
  const world = createWorld(ports)
  let nowMs = startMs
  world.put(
    'a',
    versions.map((version) => ({ version })),
    {
      'dist-tags': { latest: '2.0.0', next: '2.0.0', old: '1.0.0' },
      time: {
        ...Object.fromEntries(versions.map((version) => [version, isoOf(startMs - 30 * day)])),
        '2.0.0': isoOf(startMs - day / 24),
        modified: isoOf(startMs - day / 24),
      },
      ...more,
    },
  )
  const settings = { blocked, minimumAgeMs }
  const proxy = createScreening(world.proxy, settings, {
    now: () => nowMs,
  })
  const wait = (ms: number): void => {
    nowMs += ms
    world.wait(ms)
  }
  return { world, proxy, wait }
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

async function read({ proxy }: Screened, form: Form = 'abbreviated'): Promise<JsonObject> {
  await proxy.prepare(name, form)
  const text = Buffer.from(proxy.template(name, form) ?? '').toString()
  return JSON.parse(text.replaceAll('\u0000', 'http://here'))
}

function keysOf(document: JsonObject, member: string): readonly string[] {
  const found = document[member]
  return isJsonObject(found) ? Object.keys(found) : []
}

/** The upstream gives its full packument so, and the abbreviated one as before. */
function answerFull({ world }: Screened, full: TestAnswer): void {
  const short = world.answers.get('/a')
  assert.ok(short !== undefined && typeof short !== 'function')
  world.answers.set('/a', () => {
    const { accept = '' } = world.asked.at(-1)?.headers ?? {}
    return accept.includes('install-v1') ? short : full
  })
}

function isSpent(error: unknown): boolean {
  return isSteleError(error, 'upstream_budget_spent')
}

async function refused(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => assert.fail('It was given'),
    (reason: unknown) => reason,
  )
  assert.ok(isSteleError(error, 'upstream_held_back'), String(error))
  assert.equal(error.status, 403)
  return error.message
}

suite('createScreening()', () => {
  for (const form of ['abbreviated', 'full'] as const) {
    test(`createScreening() leaves blocked versions out of the ${form} form, and moves "latest"`, async () => {
      const here = screened(['a@>=2.0.0-0', 'other'])
      const document = await read(here, form)
      assert.deepEqual(keysOf(document, 'versions'), ['1.0.0', '1.1.0'])
      assert.deepEqual(document['dist-tags'], { latest: '1.1.0', old: '1.0.0' })
      assert.ok(!keysOf(document, 'time').includes('2.0.0'))
      assert.match(JSON.stringify(document), /"http:\/\/here\/a\/-\/a-1\.1\.0\.tgz"/)
      const digests = [here.proxy, here.world.proxy].map((one) => one.head('a', form)?.digest)
      assert.notEqual(digests[0], digests[1])
    })
  }

  test('createScreening() gives no blocked tarball, also one that is here, and says what blocks it', async () => {
    const here = screened(['a@1.0.0'])
    assert.ok(await here.world.fetch('a', '1.0.0'))
    await here.world.settle()
    const message = await refused(here.proxy.tarball(name, '1.0.0'))
    assert.equal(message, 'Cannot get a@1.0.0: the operator of this registry blocks "a@1.0.0"')
    assert.ok(await here.proxy.tarball(name, '1.1.0'))
  })

  test('createScreening() refuses a package that is blocked as a whole, and asks nobody for it', async () => {
    const here = screened(['a'])
    assert.match(await refused(here.proxy.prepare(name, 'full')), /^Cannot get "a": .* blocks "a"$/)
    await refused(here.proxy.tarball(name, '1.0.0'))
    assert.deepEqual(here.world.asked, [])
  })

  test('createScreening() refuses all packages of a scope that is blocked, also what was installed before, and no others', async () => {
    const here = screened(['@x/*'])
    const [scoped, other] = [parsePackageName('@x/a'), parsePackageName('@xy/a')]
    here.world.put('@x/a', [{ version: '1.0.0' }])
    here.world.put('@xy/a', [{ version: '1.0.0' }])
    assert.ok(await here.world.fetch('@x/a', '1.0.0'))
    assert.match(await refused(here.proxy.prepare(scoped, 'full')), /"@x\/a": .* blocks "@x\/\*"$/)
    await refused(here.proxy.tarball(scoped, '1.0.0'))
    assert.ok(await here.proxy.prepare(other, 'abbreviated'))
    assert.ok(await here.proxy.prepare(name, 'abbreviated'))
  })

  for (const form of ['abbreviated', 'full'] as const) {
    test(`createScreening() leaves young versions out of the ${form} form until they are old enough`, async () => {
      const here = screened([], day)
      assert.deepEqual(keysOf(await read(here, form), 'versions'), versions.slice(0, 3))
      assert.equal((await read(here, form))['dist-tags'] === undefined, false)
      const before = here.proxy.head('a', form)?.digest
      here.wait(day)
      assert.deepEqual(keysOf(await read(here, form), 'versions'), versions)
      assert.notEqual(here.proxy.head('a', form)?.digest, before)
    })
  }

  test('createScreening() gives no young tarball, also where the packument is older than the version', async () => {
    const here = screened([], day)
    assert.match(
      await refused(here.proxy.tarball(name, '2.0.0')),
      /too young for this registry until/,
    )
    here.world.put(
      'a',
      [...versions, '2.1.0'].map((version) => ({ version })),
      { time: { '1.0.0': isoOf(0), '2.1.0': isoOf(startMs), modified: isoOf(startMs) } },
    )
    here.wait(6000) // It is asked anew for a version that it does not know.
    await refused(here.proxy.tarball(name, '2.1.0'))
    assert.ok(here.world.calls.every(({ method }) => method !== 'choose'))
  })

  for (const [what, withdraw] of [
    ['a version', ({ put }) => put('a', [{ version: '1.0.0' }], { time: youngTime })],
    ['the package', ({ answers }) => void answers.delete('/a')],
  ] satisfies readonly (readonly [string, (world: World) => void])[]) {
    test(`createScreening() gives no young tarball, and chooses none, when its upstream withdraws ${what}`, async () => {
      const here = screened([], 3 * day)
      const { world, proxy } = here
      await refused(proxy.tarball(name, '2.0.0'))
      withdraw(world)
      here.wait(day / 24)
      assert.match(
        await refused(proxy.tarball(name, '2.0.0')),
        /too young|does not list it any more/,
      )
      assert.equal(await proxy.tarball(name, '9.9.9'), undefined)
      assert.ok(world.calls.every(({ method }) => method !== 'choose'))
    })
  }

  test('createScreening() gives a tarball that was installed before, also when its upstream withdraws it', async () => {
    const here = screened([], day)
    assert.ok(await here.proxy.tarball(name, '1.1.0'))
    await here.world.settle()
    here.world.loseTarballs()
    const tarball = here.world.answers.get('/a/-/a-1.1.0.tgz')
    here.world.put('a', [{ version: '1.0.0' }], { time: youngTime })
    assert.ok(tarball !== undefined)
    here.world.answers.set('/a/-/a-1.1.0.tgz', tarball)
    here.wait(day / 24)
    assert.ok(await here.proxy.tarball(name, '1.1.0'))
  })

  test('createScreening() asks for no times where nothing changed lately', async () => {
    const here = screened([], day, { time: { modified: isoOf(startMs - 2 * day) } })
    await read(here)
    assert.equal(here.world.asked.length, 1)
  })

  for (const [what, full] of [
    ['not found', { status: 404 }],
    ['refused', { status: 401 }],
    ['failed', { status: 500 }],
    ['no JSON', { body: Buffer.from('<html>') }],
  ] as const) {
    test(`createScreening() gives no version whose age is not known, as the full form is ${what}`, async () => {
      const here = screened([], day)
      answerFull(here, full)
      for (const version of versions) {
        const message = await refused(here.proxy.tarball(name, version))
        assert.match(message, /its age is not known yet/)
      }
      const template = Buffer.from(here.proxy.template(name, 'abbreviated') ?? '').toString()
      assert.deepEqual(keysOf(JSON.parse(template), 'versions'), [])
    })
  }

  test('createScreening() counts what a tarball needs for whoever wants it, and refuses it beyond that', async () => {
    const counted: (string | undefined)[] = []
    const takeCold = (client: string | undefined): void => {
      counted.push(client)
      if (counted.length > 2)
        throw new SteleError('upstream_budget_spent', { what: 'packages', retryAfterS: 1 })
    }
    const here = screened([], day, { ports: { takeCold } })
    await assert.rejects(here.proxy.tarball(name, '1.0.0', '10.0.0.1'), isSpent)
    assert.deepEqual(new Set(counted), new Set(['10.0.0.1']))
    counted.splice(0, counted.length, undefined, undefined) // Nothing is left.
    const other = screened([], day, { ports: { takeCold } })
    await assert.rejects(other.proxy.tarball(name, '1.0.0', '10.0.0.2'), isSpent)
    assert.deepEqual(other.world.asked, [])
  })

  test('createScreening() reads a packument once to learn what of it is held back', async () => {
    const read: Form[] = []
    const { world } = screened([])
    const template: Proxy['template'] = (of, form) => {
      read.push(form)
      return world.proxy.template(of, form)
    }
    const settings = { blocked: ['a@1.0.0'], minimumAgeMs: day }
    const proxy = createScreening({ ...world.proxy, template }, settings, { now: () => startMs })
    await proxy.prepare(name, 'full')
    proxy.head(name, 'full')
    assert.deepEqual(read, ['full'])
    proxy.template(name, 'full')
    proxy.template(name, 'full')
    assert.deepEqual(read, ['full', 'full', 'full'])
  })

  test('createScreening() changes nothing where nothing is said', () => {
    const { world, proxy } = screened([])
    assert.equal(proxy, world.proxy)
  })
})

const texts: readonly (readonly [string, boolean])[] = [
  ['lib', true],
  ['@team/lib', true],
  ['lib@1.2.3', true],
  ['@team/lib@>=1 <2', true],
  ['@team/*', true],
  ['lib@*', true],
  ['*', false],
  ['lib*', false],
  ['@*', false],
  ['@*/lib', false],
  ['@team/l*', false],
  ['@team/*@1.0.0', false],
  ['lib@latest', false],
  ['@team', false],
  ['lib@', false],
  ['', false],
]
for (const [text, isTaken] of texts) {
  test(`parseBlocked() ${isTaken ? 'takes' : 'refuses'} "${text}"`, () => {
    assert.equal(parseBlocked(text) !== undefined, isTaken)
  })
}
