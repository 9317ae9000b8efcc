// What tarballs hold, learned behind the requests: of which releases, from what is here by then, and what goes wrong meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorld, type World } from './world.ts'

type WaitingWorld = World & {
  /** Does what waits behind the requests. */
  readonly quiet: () => Promise<void>
  readonly countWaiting: () => number
  readonly methods: () => readonly string[]
}

/** A world whose requests are not quiet yet. */
function waitingWorld(): WaitingWorld {
  const waiting: (() => Promise<unknown>)[] = []
  const world = createWorld({
    behind: (work) =>
      new Promise((resolve, reject) => {
        waiting.push(() => work().then(resolve, reject))
      }),
  })
  return {
    ...world,
    quiet: async () => {
      await world.settle()
      for (const begin of waiting.splice(0)) await begin().catch(() => undefined)
      await world.settle()
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
