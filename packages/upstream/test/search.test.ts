// What an upstream is told of searches, and what of its answer is passed on.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { createWorld, upstreamUrl, type World } from './world.ts'

const path = (text: string, from = 0, size = 20): string =>
  `/-/v1/search?${new URLSearchParams({ text, from: `${from}`, size: `${size}` }).toString()}`

const foundAs = (name: string): JsonObject => ({ package: { name, version: '1.0.0' } })

/** Its upstream finds these for any of the texts; `reserved` is reserved, `team` and `@team/*` are private, `@work/*` is another upstream's. */
function worldThatFinds(names: readonly string[], texts: readonly string[], total = 99): World {
  const isPrivate = (name: string): boolean => name === 'team' || name.startsWith('@team/')
  const common = { url: upstreamUrl, tarballHosts: [], authorization: '' }
  const upstreams = [
    { id: 'up', scopes: [], search: true, ...common },
    { id: 'work', scopes: ['@work'], ...common, url: 'https://work.example' },
  ]
  const world = createWorld({ isPrivate, upstreams })
  assert.equal(world.call('reserve', { pattern: 'reserved', account: 'alice' }), 'ok')
  const body = Buffer.from(JSON.stringify({ objects: names.map(foundAs), total }))
  for (const text of texts) world.answers.set(path(text), { body })
  return world
}

const page = (text: string) => ({ text, from: 0, size: 20 })

suite('search()', () => {
  test('search() tells what the upstream finds, and nothing that belongs here', async () => {
    const world = worldThatFinds(['left', 'team', '@team/a', 'reserved', 'right', ''], ['pad'])
    const found = await world.proxy.search(page('pad'))
    assert.deepEqual(found, { objects: [foundAs('left'), foundAs('right')], total: 99 })
  })

  for (const text of [
    '',
    '  ',
    'team',
    '@team/a',
    '@team',
    'scope:team',
    'scope:@team',
    'left team',
    'left,@team/secret',
    'reserved',
    'keywords:team',
    '"@team/x"',
    '-@team/x',
    '/@team/x/',
    '@Team/x',
    '@work/secret',
    'scope:work',
    'a work tool',
  ]) {
    test(`search() tells nobody of ${JSON.stringify(text)}`, async () => {
      const world = worldThatFinds(['left'], [text])
      assert.equal(await world.proxy.search(page(text)), undefined)
      assert.deepEqual(world.asked, [])
    })
  }

  for (const text of ['left', 'teammate', 'scope:other', '@other/x', 'keywords:a,b', 'a:', ':']) {
    test(`search() asks for ${JSON.stringify(text)}, once a minute`, async () => {
      const world = worldThatFinds(['left'], [text])
      for (const _ of [1, 2])
        assert.equal((await world.proxy.search(page(text)))?.objects.length, 1)
      assert.equal(world.asked.length, 1)
      world.wait(61_000)
      await world.proxy.search(page(text))
      assert.equal(world.asked.length, 2)
    })
  }

  test('search() keeps to the size that was asked for, whatever comes', async () => {
    const world = worldThatFinds(['a', 'b', 'c'], [])
    const body = Buffer.from(JSON.stringify({ objects: ['a', 'b', 'c'].map(foundAs), total: 3 }))
    world.answers.set(path('x', 2, 1), { body })
    assert.equal((await world.proxy.search({ text: 'x', from: 2, size: 1 }))?.objects.length, 1)
  })

  for (const odd of [
    '[]',
    '{}',
    '{"objects":1,"total":"x"}',
    '{"objects":[1,null,{}],"total":-1}',
  ]) {
    test(`search() finds nothing in ${odd}`, async () => {
      const world = createWorld()
      world.answers.set(path('x'), { body: Buffer.from(odd) })
      assert.deepEqual((await world.proxy.search(page('x')))?.objects, [])
    })
  }

  test('search() gives one package to whoever asks for one, after somebody asked for none', async () => {
    const world = worldThatFinds([], [])
    const body = Buffer.from(JSON.stringify({ objects: [foundAs('a')], total: 1 }))
    world.answers.set(path('x', 0, 1), { body })
    await world.proxy.search({ text: 'x', from: 0, size: 0 })
    const found = await world.proxy.search({ text: 'x', from: 0, size: 1 })
    assert.equal(found?.objects.length, 1)
  })

  test('search() throws upstream_unreachable where the upstream fails, and asks again', async () => {
    const world = createWorld()
    world.answers.set(path('x'), { status: 503 })
    for (const times of [1, 2]) {
      await assert.rejects(world.proxy.search(page('x')), (error) =>
        isSteleError(error, 'upstream_unreachable'),
      )
      assert.equal(world.asked.length, times)
    }
  })

  for (const [what, answer, reason] of [
    ['has no search', { status: 404 }, /answers 404/],
    ['answers with a page', { body: Buffer.from('<html>') }, /it is not JSON/],
  ] as const) {
    test(`search() tells the operator once where the upstream ${what}, and as its last error until it finds something`, async () => {
      const world = createWorld()
      world.answers.set(path('x'), answer)
      for (const _ of [1, 2]) await assert.rejects(world.proxy.search(page('x')))
      const told = world.events.filter(({ kind }) => kind === 'unsearchable')
      assert.equal(told.length, 1)
      assert.match(world.proxy.states()[0]?.lastError?.reason ?? '', reason)
      world.answers.set(path('x'), { body: Buffer.from('{"objects":[],"total":0}') })
      await world.proxy.search(page('x'))
      assert.equal(world.proxy.states()[0]?.lastError, undefined)
    })
  }
})
