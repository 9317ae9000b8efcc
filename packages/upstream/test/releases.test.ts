// Releases of upstreams: what binds their bytes, what is asked for them, and what goes wrong on the way.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { Form } from '@stele/releases/release'
import { makePackage } from '@stele/testkit'
import { maxConflictsPerVersion } from '../src/limits.ts'
import { createMemoryKept, createWorld, upstreamUrl, type World } from './world.ts'

const bytes = makePackage({ name: 'a', version: '1.0.0' })
const shasum = hash('sha1', bytes)
const first = hash('sha512', 'the bytes that came first, of the same SHA-1')

/** A world whose log says of a release, pinned by its SHA-1, that it was other bytes than the upstream has now. */
async function worldOfTwins(): Promise<World> {
  const world = createWorld({
    takeApart: async () => ({
      contents: { files: null, manifest: null, reason: 'x', sha512: first, size: 1 },
      own: undefined,
    }),
  })
  world.put('a', [{ version: '1.0.0', dist: { integrity: null, shasum } }])
  await world.read('a')
  await world.fetch('a', '1.0.0')
  await world.settle()
  return world
}

for (const [what, prepare] of [
  ['fetched again', (world: World) => world.loseTarballs()],
  ['here', () => undefined],
] as const) {
  test(`tarball() refuses one that is ${what} when its SHA-1 is right and the SHA-512 in the log is another`, async () => {
    const world = await worldOfTwins()
    prepare(world)
    await assert.rejects(world.fetch('a', '1.0.0'), (error) => {
      assert.ok(isSteleError(error, 'upstream_changed'))
      const { pinned, shown } = error.details
      assert.equal(pinned, `sha512-${Buffer.from(first, 'hex').toString('base64')}`)
      assert.equal(shown, `sha512-${hash('sha512', bytes, 'base64')}`)
      return true
    })
    await world.settle()
    assert.ok(world.calls.some(({ method }) => method === 'conflict'))
  })
}

test('tarball() gives its connection back when there is no place to receive it', async () => {
  const full = async (): Promise<never> => {
    throw new Error('EMFILE: too many open files')
  }
  let cancelled = 0
  const world = createWorld({
    tarballs: {
      find: () => undefined,
      maxBytes: 1000,
      open: full,
      receive: full,
      makeDurable: full,
    },
  })
  world.put('a', [{ version: '1.0.0' }])
  world.answers.set('/a/-/a-1.0.0.tgz', { body: bytes, cancel: () => void cancelled++ })
  await assert.rejects(world.fetch('a', '1.0.0'), /EMFILE/)
  assert.equal(cancelled, 1)
})

test('settled() waits for what goes on behind the answers', async () => {
  const gate = Promise.withResolvers<void>()
  const world = createWorld({
    takeApart: async () => {
      await gate.promise
      throw new Error('the thread has ended')
    },
  })
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  let isSettled = false
  const settled = world.proxy.settled().then(() => (isSettled = true))
  await world.settle()
  assert.ok(!isSettled)
  gate.resolve()
  await settled
  assert.deepEqual(
    world.events.map(({ kind }) => kind),
    ['not_learned'],
  )
})

test('tarball() fails nobody else when a conflict cannot be noted', async () => {
  const kinds: string[] = []
  const world = createWorld({
    report: ({ kind }) => {
      kinds.push(kind)
      if (kind === 'conflict') throw new Error('the database is not open')
    },
  })
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  world.answers.set('/a/-/a-1.0.0.tgz', { body: Buffer.from('other bytes') })
  await assert.rejects(world.fetch('a', '1.0.0'), { code: 'upstream_changed' })
  await world.proxy.settled()
  assert.deepEqual(kinds, ['conflict', 'not_noted'])
})

test('tarball() asks the upstream once in five seconds for versions of a package that nobody knows', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  world.asked.length = 0
  for (let patch = 0; patch < 10; patch++) {
    assert.equal(await world.fetch('a', `99.99.${patch}`), undefined)
  }
  assert.equal(world.asked.length, 1)
  world.put('a', [{ version: '1.0.0' }, { version: '99.99.0' }])
  world.wait(5_000)
  assert.ok((await world.fetch('a', '99.99.0')) !== undefined)
})

test('tarball() asks once for a package that is nowhere', async () => {
  const world = createWorld()
  assert.equal(await world.fetch('a', '1.0.0'), undefined)
  assert.equal(world.asked.length, 1)
})

test('tarball() asks nobody, and finds nothing, when the version is none', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.read('a')
  world.asked.length = 0
  const integrity = `sha512-${hash('sha512', bytes, 'base64')}`
  for (const version of [`1.0.0\t${integrity}`, '', 'latest', '1.0', 'v1.0.0', '1.0.0\n1.0.0']) {
    assert.equal(await world.fetch('a', version), undefined)
  }
  assert.deepEqual(world.asked, [])
})

test('tarball() calls the log for no more conflicts than it takes of a version when no bytes come twice', async () => {
  const world = createWorld()
  world.put('a', [{ version: '1.0.0' }])
  let sent = 0
  world.answers.set('/a/-/a-1.0.0.tgz', () => ({ body: Buffer.from(`bytes ${sent++}`) }))
  for (let request = 0; request < 2 * maxConflictsPerVersion; request++) {
    await assert.rejects(world.fetch('a', '1.0.0'), { code: 'upstream_changed' })
    await world.proxy.settled()
  }
  const calls = world.calls.filter(({ method }) => method === 'conflict')
  assert.equal(calls.length, maxConflictsPerVersion)
  assert.equal(
    world.events.filter(({ kind }) => kind === 'conflict').length,
    maxConflictsPerVersion,
  )
})

/** A world that kept both forms of `a`, the full one larger than the abbreviated one, and then removed the full one. */
async function worldThatRemovedTheFullForm(): Promise<World> {
  const memory = createMemoryKept()
  let isRemoved = false
  const isThere = (form: Form): boolean => form !== 'full' || !isRemoved
  const world = createWorld({
    kept: {
      ...memory,
      head: (name, form) => (isThere(form) ? memory.head(name, form) : undefined),
      template: (name, form) => (isThere(form) ? memory.template(name, form) : undefined),
    },
  })
  const manifest = { dependencies: { b: '1' }, bundledDependencies: ['b'] }
  world.put('a', [
    { version: '1.0.0', manifest },
    { version: '1.1.0', manifest },
  ])
  const answer = world.answers.get('/a')
  assert.ok(answer !== undefined && typeof answer !== 'function')
  world.answers.set('/a', () => {
    const told = world.asked.at(-1)?.headers['if-none-match']
    return told === undefined ? answer : { ...answer, status: 304 }
  })
  await world.read('a', 'abbreviated')
  await world.read('a', 'full')
  isRemoved = true
  world.asked.length = 0
  return world
}

test('tarball() asks for the whole packument once when what is kept of it tells less of a release than was pinned', async () => {
  const world = await worldThatRemovedTheFullForm()
  assert.equal(await world.fetch('a', '99.0.0'), undefined) // Whoever makes versions up does not keep others from it.
  world.asked.length = 0
  for (const version of ['1.0.0', '1.1.0']) {
    assert.ok((await world.fetch('a', version)) !== undefined)
    await world.settle()
  }
  const paths = world.asked.map(({ url }) => url.slice(upstreamUrl.length))
  assert.deepEqual(paths, ['/a', '/a/-/a-1.0.0.tgz', '/a/-/a-1.1.0.tgz'])
  await world.settle()
  assert.deepEqual(
    world.calls.map(({ method }) => method),
    ['see', 'choose', 'contents', 'choose', 'contents'],
  )
})

test('tarball() calls the log for nothing, and says why, when the packument that it needs cannot be had', async () => {
  const world = await worldThatRemovedTheFullForm()
  world.calls.length = 0
  world.answers.set('/a', { fails: 'no route' })
  await assert.rejects(world.fetch('a', '1.0.0'), { code: 'upstream_unreachable' })
  assert.deepEqual(world.calls, [])
})

test('tarball() asks once in five seconds for a packument that its upstream does not show any more', async () => {
  const world = await worldThatRemovedTheFullForm()
  world.answers.delete('/a')
  for (const _ of [1, 2, 3]) assert.equal(await world.fetch('a', '1.0.0'), undefined)
  assert.equal(world.asked.length, 1)
})
