// What tarballs hold, learned behind the requests: of which releases, from what is here by then, and what goes wrong meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import type { UpstreamPorts } from '../src/index.ts'
import { maxLearningTries } from '../src/limits.ts'
import { createWorld, type World } from './world.ts'

type WaitingWorld = World & {
  /** Does what waits behind the requests. */
  readonly quiet: () => Promise<void>
  readonly countWaiting: () => number
  readonly methods: () => readonly string[]
}

/** A world whose requests are not quiet yet; no more than `room` waits. */
function waitingWorld(
  room = Number.POSITIVE_INFINITY,
  takeApart?: UpstreamPorts['takeApart'],
): WaitingWorld {
  const waiting: (() => Promise<unknown>)[] = []
  const world = createWorld({
    ...(takeApart === undefined ? {} : { takeApart }),
    behind: async (work) => {
      if (waiting.length >= room) return undefined
      return new Promise((resolve, reject) => {
        waiting.push(() => work().then(resolve, reject))
      })
    },
  })
  return {
    ...world,
    quiet: async () => {
      await world.settle()
      for (let begin = waiting.shift(); begin !== undefined; begin = waiting.shift()) {
        await begin()
        await world.settle()
      }
    },
    countWaiting: () => waiting.length,
    methods: () => world.calls.map(({ method }) => method),
  }
}

test('tarball() learns nothing of a release that the log refuses to choose', async () => {
  const world = waitingWorld()
  // More than the rules take of a record.
  world.put('a', [{ version: '1.0.0', manifest: { bin: { a: 'x'.repeat(700 * 1024) } }, own: {} }])
  await assert.rejects(world.fetch('a', '1.0.0'), { code: 'rule_refused' })
  await world.settle()
  assert.equal(world.countWaiting(), 0)
})

test('tarball() learns what its release holds when requests are quiet', async () => {
  const world = waitingWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  assert.deepEqual(world.methods(), ['see', 'choose'])
  await world.quiet()
  assert.deepEqual(world.methods(), ['see', 'choose', 'contents'])
})

test('tarball() learns from a tarball that comes again when it went before requests were quiet', async () => {
  const world = waitingWorld()
  world.put('a', [{ version: '1.0.0' }])
  for (const _ of [1, 2, 3, 4]) {
    await world.fetch('a', '1.0.0')
    await world.settle()
    world.loseTarballs()
    await world.quiet()
  }
  assert.deepEqual([world.methods(), world.events], [['see', 'choose'], []])
  await world.fetch('a', '1.0.0')
  await world.quiet()
  assert.deepEqual(world.methods(), ['see', 'choose', 'contents'])
})

/** The releases whose contents the log tells. */
function learnedOf({ system }: World): readonly string[] {
  return Object.keys(system.dump()).flatMap((key) => {
    const [, name, version] = /^\/packages\/(.+)\/contents (.+)$/.exec(key) ?? []
    return version === undefined ? [] : [`${name}@${version}`]
  })
}

const all = ['a@1.0.0', 'a@1.1.0', 'b@1.0.0', 'c@1.0.0']

async function fetchAll(world: World): Promise<void> {
  for (const name of ['a', 'b', 'c']) {
    const versions = all.filter((spec) => spec.startsWith(name)).map((spec) => spec.slice(2))
    world.put(
      name,
      versions.map((version) => ({ version })),
    )
    for (const version of versions) await world.fetch(name, version)
  }
  await world.settle()
}

for (const room of [1, 2, 3]) {
  test(`tarball() learns of every release, also when no more than ${room} may wait`, async () => {
    const world = waitingWorld(room)
    await fetchAll(world)
    assert.equal(world.countWaiting(), room)
    await world.quiet()
    assert.deepEqual(learnedOf(world), all)
    await world.proxy.settled()
  })
}

test('catchUp() learns of what is here when the process ended before', async () => {
  let isStopping = true
  const world = createWorld({ behind: async (work) => (isStopping ? undefined : work()) })
  await fetchAll(world)
  await world.proxy.settled()
  assert.deepEqual(learnedOf(world), [])
  isStopping = false
  world.proxy.catchUp()
  await world.proxy.settled()
  assert.deepEqual(learnedOf(world), all)
})

test('catchUp() leaves out what is not here, and what belongs to this registry by now', async () => {
  let isStopping = true
  const world = createWorld({ behind: async (work) => (isStopping ? undefined : work()) })
  await fetchAll(world)
  world.call('reserve', { pattern: 'b', account: 'alice' })
  isStopping = false
  world.loseTarballs()
  await world.fetch('c', '1.0.0')
  await world.proxy.settled()
  world.proxy.catchUp()
  await world.proxy.settled()
  assert.deepEqual([learnedOf(world), world.events], [['c@1.0.0'], []])
})

test('tarball() learns nothing of a name that this registry took over', async () => {
  const world = waitingWorld()
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  world.call('reserve', { pattern: 'a', account: 'alice' })
  for (const _ of [1, 2]) {
    await world.quiet()
    assert.ok(await world.fetch('a', '1.0.0'))
  }
  assert.deepEqual([world.methods(), world.events], [['see', 'choose'], []])
})

test('holding.fetchMissing() learns at once what its tarballs hold', async () => {
  const world = waitingWorld()
  await fetchAll(world)
  await world.proxy.holding.fetchMissing(parsePackageName('a'))
  assert.deepEqual(learnedOf(world), ['a@1.0.0', 'a@1.1.0'])
  await world.quiet()
  assert.deepEqual(learnedOf(world), all)
  assert.equal(world.methods().filter((method) => method === 'contents').length, all.length)
})

test('holding.fetchMissing() throws what keeps a tarball from being taken apart, and a few times only', async () => {
  const world = waitingWorld(0, async () => {
    throw new SteleError('server_busy', { reason: 'reading failed', retryAfterS: 1 })
  })
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  await world.settle()
  const name = parsePackageName('a')
  for (let turn = 0; turn < maxLearningTries; turn++) {
    await assert.rejects(world.proxy.holding.fetchMissing(name), { code: 'server_busy' })
  }
  assert.deepEqual(await world.proxy.holding.fetchMissing(name), [])
})

test('stopWaiting() ends with server_busy what waits for a tarball to be taken apart', async () => {
  const world = waitingWorld(0, () => new Promise(() => undefined))
  world.put('a', [{ version: '1.0.0' }])
  await world.fetch('a', '1.0.0')
  const asked = world.proxy.holding.fetchMissing(parsePackageName('a'))
  const ended = assert.rejects(asked, { code: 'server_busy' })
  await world.settle()
  world.proxy.stopWaiting()
  await ended
})
