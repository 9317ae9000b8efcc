// An upstream that hangs: who has something older does not wait for it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { maxTryMs } from '../src/limits.ts'
import { createWorld, type TestAnswer, type World } from './world.ts'

const minute = 61_000
const names = ['a', 'b', 'c', 'd']

/** Four packages are known, and all that was said of them is old. */
async function worldThatSawFour(): Promise<World> {
  const world = createWorld()
  for (const name of names) {
    world.put(name, [{ version: '1.0.0' }])
    await world.read(name)
  }
  world.wait(minute)
  world.asked.length = 0
  return world
}

/** Makes the upstream answer for these packages only when the test says so. */
function hold(
  world: World,
  held: readonly string[],
): { readonly end: (answer: TestAnswer) => void } {
  const { promise, resolve } = Promise.withResolvers<TestAnswer>()
  for (const name of held) world.answers.set(`/${name}`, () => promise)
  return { end: resolve }
}

suite('prepare() while an upstream hangs', () => {
  test('gives all who wait what was said last as soon as one answer is late', async () => {
    const world = await worldThatSawFour()
    const late = hold(world, ['a'])
    const never = hold(world, ['b', 'c', 'd'])
    const reads = Promise.all(names.map((name) => world.read(name)))
    late.end({ isLate: true })
    for (const read of await reads) assert.ok(read !== undefined)
    never.end({ isLate: true })
    await world.settle()
  })

  test('gives what was said last at once from then on, and tries one thing at a time behind the answers', async () => {
    const world = await worldThatSawFour()
    world.answers.set('/a', { isLate: true })
    await world.read('a')
    const never = hold(world, ['b', 'c', 'd'])
    for (const name of ['b', 'c', 'd']) assert.ok((await world.read(name)) !== undefined)
    assert.deepEqual(
      world.asked.map(({ url }) => url.slice(-2)),
      ['/a', '/b'],
    )
    never.end({ isLate: true })
    await world.settle()
  })

  test('tries another thing when the one that is tried takes long', async () => {
    const world = await worldThatSawFour()
    world.answers.set('/a', { isLate: true })
    await world.read('a')
    const never = hold(world, ['b', 'c', 'd'])
    await world.read('b')
    world.wait(maxTryMs)
    for (const name of ['c', 'd']) assert.ok((await world.read(name)) !== undefined)
    assert.deepEqual(
      world.asked.map(({ url }) => url.slice(-2)),
      ['/a', '/b', '/c'],
    )
    never.end({ isLate: true })
    await world.settle()
  })

  test('asks again and waits for the answer when the try behind an answer succeeded', async () => {
    const world = await worldThatSawFour()
    world.answers.set('/a', { isLate: true })
    await world.read('a')
    await world.read('b')
    await world.settle()
    world.put('c', [{ version: '1.0.0' }, { version: '2.0.0' }])
    const { versions = {} } = (await world.read('c')) ?? {}
    assert.deepEqual(Object.keys(Object(versions)), ['1.0.0', '2.0.0'])
  })

  test('asks at once for what nobody knows here when it was not answered in time a moment ago', async () => {
    const world = await worldThatSawFour()
    world.answers.set('/new', { isLate: true })
    await assert.rejects(world.read('new'), (error) => isSteleError(error, 'upstream_unreachable'))
    world.put('new', [{ version: '1.0.0' }])
    assert.ok((await world.read('new')) !== undefined)
  })
})
