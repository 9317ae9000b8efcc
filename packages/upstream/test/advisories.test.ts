// What upstreams are asked of advisories, and what is made of their answers.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ErrorCode, isSteleError, SteleError } from '@stele/errors'
import { type JsonObject } from '@stele/formats/json'
import { createWorld, upstreamUrl, type World } from './world.ts'

const path = '/-/npm/v1/security/advisories/bulk'
const advisory = {
  id: 1,
  title: 'Prototype pollution',
  severity: 'high',
  vulnerable_versions: '<2',
}

/** A world that has seen `a` and `b`, and hosts `@team/own`; its upstream answers so to an audit. */
async function worldThatAnswers(answer: object | number | string): Promise<World> {
  const world = createWorld()
  for (const name of ['a', 'b']) {
    world.put(name, [{ version: '1.0.0' }])
    await world.read(name)
  }
  const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
  world.answers.set(path, typeof answer === 'number' ? { status: answer } : { body })
  world.asked.length = 0
  return world
}

const packages: ReadonlyMap<string, readonly string[]> = new Map([
  ['a', ['1.0.0']],
  ['@team/own', ['2.0.0']],
  ['never-seen', ['1.0.0']],
  ['b', ['1.0.0', '1.1.0']],
])

suite('advisories()', () => {
  test('advisories() asks an upstream of the names that came from it, and of no others', async () => {
    const world = await worldThatAnswers({ a: [advisory] })
    const { found, unknown } = await world.proxy.advisories(packages)
    assert.deepEqual({ ...found }, { a: [advisory] })
    assert.deepEqual(unknown, ['@team/own', 'never-seen'])
    const [asked, ...more] = world.asked
    assert.deepEqual(more, [])
    assert.ok(asked?.url.endsWith(path))
    assert.deepEqual(JSON.parse(asked?.body ?? ''), { a: ['1.0.0'], b: ['1.0.0', '1.1.0'] })
  })

  test('advisories() asks nobody where no name came from an upstream', async () => {
    const world = await worldThatAnswers({})
    const { found, unknown } = await world.proxy.advisories(new Map([['@team/own', ['1.0.0']]]))
    assert.deepEqual([{ ...found }, unknown, world.asked], [{}, ['@team/own'], []])
  })

  test('advisories() asks the same once a minute', async () => {
    const world = await worldThatAnswers({ a: [advisory] })
    await Promise.all([1, 2, 3].map(() => world.proxy.advisories(packages)))
    assert.equal(world.asked.length, 1)
    world.wait(61_000)
    await world.proxy.advisories(packages)
    assert.equal(world.asked.length, 2)
  })

  test('advisories() takes nothing of names that were not asked about, or that is no advisory', async () => {
    const odd: JsonObject = { a: [advisory, 'text', null], b: 'text', c: [advisory] }
    const world = await worldThatAnswers(odd)
    const { found } = await world.proxy.advisories(packages)
    assert.deepEqual({ ...found }, { a: [advisory] })
  })

  for (const status of [400, 404, 405, 410, 501]) {
    test(`advisories() says that nobody knows, where the upstream answers ${status}`, async () => {
      const world = await worldThatAnswers(status)
      const { found, unknown, silent } = await world.proxy.advisories(packages)
      assert.deepEqual([{ ...found }, silent], [{}, ['up']])
      assert.deepEqual([...unknown].sort(), [...packages.keys()].sort())
    })
  }

  const failures: readonly (readonly [answer: object | number | string, code: ErrorCode])[] = [
    [500, 'upstream_unreachable'],
    [503, 'upstream_unreachable'],
    [429, 'upstream_unreachable'],
    [401, 'upstream_refused'],
    [[], 'upstream_answer_odd'],
    ['<html>', 'upstream_answer_odd'],
  ]
  for (const [answer, code] of failures) {
    test(`advisories() throws ${code} for ${JSON.stringify(answer)}, and asks again the next time`, async () => {
      const world = await worldThatAnswers(answer)
      for (const times of [1, 2]) {
        await assert.rejects(world.proxy.advisories(packages), (error) => {
          assert.ok(isSteleError(error, code))
          assert.match(error.message, /the upstream "up"/)
          return true
        })
        assert.equal(world.asked.length, times)
      }
    })
  }

  test('advisories() tells nobody of a name that was reserved since it was seen', async () => {
    const world = await worldThatAnswers({})
    assert.equal(world.call('reserve', { pattern: 'a', account: 'alice' }), 'ok')
    const { unknown } = await world.proxy.advisories(packages)
    assert.ok(unknown.includes('a'))
    assert.deepEqual(JSON.parse(world.asked[0]?.body ?? ''), { b: ['1.0.0', '1.1.0'] })
  })

  test('advisories() tells what one upstream knows where another fails, and of whom nobody knows', async () => {
    const common = { url: upstreamUrl, tarballHosts: [], authorization: '' }
    const world = createWorld({
      upstreams: [
        { ...common, id: 'up', scopes: [] },
        { ...common, id: 'work', scopes: ['@work'], url: `${upstreamUrl}/work` },
      ],
    })
    world.put('a', [{ version: '1.0.0' }])
    await world.read('a')
    const scoped = world.answers.get('/a')
    assert.ok(scoped)
    const other = createWorld()
    other.put('@work/x', [{ version: '1.0.0' }])
    for (const [at, answer] of other.answers) world.answers.set(`/work${at}`, answer)
    assert.notEqual(await world.read('@work/x'), undefined)
    world.answers.set(path, { body: Buffer.from(JSON.stringify({ a: [advisory] })) })
    world.answers.set(`/work${path}`, { status: 500 })
    const asked = new Map([
      ['a', ['1.0.0']],
      ['@work/x', ['1.0.0']],
    ])
    const { found, unknown } = await world.proxy.advisories(asked)
    assert.deepEqual([{ ...found }, unknown], [{ a: [advisory] }, ['@work/x']])
  })

  test('advisories() of an upstream that fails do not keep its packages from being served', async () => {
    const world = await worldThatAnswers(500)
    for (let times = 0; times < 10; times++) {
      await world.proxy.advisories(packages).catch(() => undefined)
    }
    world.put('c', [{ version: '1.0.0' }])
    assert.notEqual(await world.read('c'), undefined)
  })

  test('advisories() does not wait for an upstream that hangs, for a minute after it was seen', async () => {
    const world = await worldThatAnswers({})
    world.answers.set('/late', { isLate: true })
    await assert.rejects(world.read('late'))
    const before = world.asked.length
    await assert.rejects(world.proxy.advisories(packages), (error) => {
      assert.ok(isSteleError(error, 'upstream_unreachable'))
      assert.match(error.message, /does not answer as it should: no answer came/)
      return true
    })
    assert.equal(world.asked.length, before)
    world.wait(60_000) // Nobody wanted a package since, and so nobody knows that it answers again.
    await world.proxy.advisories(packages)
    assert.equal(world.asked.length, before + 1)
  })

  test('advisories() counts for whoever asks, and only what goes to an upstream', async () => {
    const counted: (string | undefined)[] = []
    const takeQuestion = (client: string | undefined): void => {
      counted.push(client)
      if (counted.length > 1)
        throw new SteleError('upstream_budget_spent', { what: 'audits', retryAfterS: 1 })
    }
    const world = createWorld({ takeQuestion })
    world.put('a', [{ version: '1.0.0' }])
    await world.read('a')
    world.answers.set(path, { body: Buffer.from('{}') })
    await world.proxy.advisories(new Map([['@team/own', ['1.0.0']]]), '192.0.2.1')
    await world.proxy.advisories(packages, '192.0.2.1')
    await assert.rejects(world.proxy.advisories(packages, '192.0.2.1'), (error) =>
      isSteleError(error, 'upstream_budget_spent'),
    )
    assert.deepEqual(counted, ['192.0.2.1', '192.0.2.1'])
  })
})
