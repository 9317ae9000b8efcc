// How packuments are fetched: large ones one after the other, and none of them keeps a connection from others while it waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parsePackageName } from '@stele/formats/names'
import { createBreakers } from '../src/breaker.ts'
import { createFetching, type Fetched, type Fetching } from '../src/fetching.ts'
import {
  breakerFailures,
  breakerLate,
  largePackumentBytes,
  largePackumentMs,
} from '../src/limits.ts'
import type { Upstream } from '../src/ports.ts'

const [up, other] = ['up', 'other'].map(
  (id): Upstream => ({
    id,
    url: `https://${id}.example`,
    scopes: [],
    tarballHosts: [],
    authorization: '',
  }),
) as [Upstream, Upstream]

const large = new Uint8Array(largePackumentBytes + 1)
const isLarge = { 'content-length': String(large.length) }

/** What upstreams send of one name: `gate` holds back what follows the first piece. */
type Sent = {
  readonly pieces: readonly Uint8Array[]
  readonly headers?: { readonly [name: string]: string }
  readonly gate?: Promise<void>
}

type World = {
  readonly fetch: (name: string, upstream?: Upstream) => Promise<Fetched>
  /** What happened to the answers, in its order. */
  readonly said: string[]
  /** The errors that answers end with that do not come in time. */
  readonly ends: Error[]
  readonly settle: () => Promise<void>
}

function createWorld(sent: { readonly [name: string]: Sent }): World {
  const said: string[] = []
  const ends: Error[] = []
  const fetching: Fetching = createFetching({
    breakers: createBreakers(() => 0),
    report: () => undefined,
    maxPackumentBytes: 4 * largePackumentBytes,
    get: async ({ url }) => {
      const name = url.slice(url.lastIndexOf('/') + 1)
      const { pieces, headers = {}, gate } = sent[name] ?? { pieces: [] }
      said.push(`${name} asked`)
      return {
        status: 200,
        headers,
        cancel: () => void said.push(`${name} left`),
        endWithin: (timeMs, error) => {
          said.push(`${name} within ${timeMs}`)
          ends.push(error)
        },
        body: (async function* () {
          said.push(`${name} read`)
          for (const [at, piece] of pieces.entries()) {
            if (at > 0) await gate
            yield piece
          }
        })(),
      }
    },
  })
  return {
    said,
    ends,
    fetch: (name, upstream = up) =>
      fetching.packument(upstream, {
        name: parsePackageName(name),
        form: 'full',
        etag: undefined,
      }),
    settle: async () => {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function release(fetched: Fetched): void {
  assert.ok(fetched.kind === 'packument')
  fetched.turn.release()
}

const within = `within ${largePackumentMs}`

for (const [how, headers, left] of [
  ['as it comes', {}, ['b asked', 'b read', 'b left']],
  ['as it says', isLarge, ['b asked', 'b left']],
] as const) {
  test(`packument() leaves a large one, told ${how}, while another has the turn, and asks again when it comes`, async () => {
    const world = createWorld({ a: { pieces: [large] }, b: { pieces: [large], headers } })
    const first = await world.fetch('a')
    assert.deepEqual(world.said.splice(0), ['a asked', 'a read', `a ${within}`])
    const second = world.fetch('b')
    await world.settle()
    assert.deepEqual(world.said.splice(0), left)
    release(first)
    const fetched = await second
    assert.deepEqual(world.said, ['b asked', `b ${within}`, 'b read'])
    assert.ok(fetched.kind === 'packument')
    assert.equal(fetched.body.length, large.length)
    release(fetched)
    release(await world.fetch('a')) // The turn is free again.
  })
}

test('packument() gives what is small, and what another upstream has, while a large one has the turn', async () => {
  const world = createWorld({ a: { pieces: [large] }, b: { pieces: [large] }, c: { pieces: [] } })
  const first = await world.fetch('a')
  await world.fetch('c')
  const second = await world.fetch('b', other)
  assert.deepEqual(world.said.slice(3), ['c asked', 'c read', 'b asked', 'b read', `b ${within}`])
  release(first)
  release(second)
})

test('packument() waits for its turn with few bytes that become many, and asks once', async () => {
  const body = gzipSync(large)
  const headers = { 'content-encoding': 'gzip' }
  const world = createWorld({ a: { pieces: [large] }, b: { pieces: [body], headers } })
  const first = await world.fetch('a')
  let isFetched = false
  const second = world.fetch('b').finally(() => (isFetched = true))
  await world.settle()
  assert.ok(!isFetched)
  release(first)
  release(await second)
  assert.deepEqual(world.said.slice(3), ['b asked', 'b read'])
})

test('packument() asks nobody when its turn comes, and its upstream is left alone by then', async () => {
  const gate = Promise.withResolvers<void>()
  const names = Array.from({ length: breakerLate }, (_, at) => `late-${at}`)
  const pieces = [large, large]
  const world = createWorld({
    ...Object.fromEntries(names.map((name) => [name, { pieces, gate: gate.promise }])),
    last: { pieces },
  })
  const asked = [...names, 'last'].map((name) => world.fetch(name))
  const ends = Promise.allSettled(asked)
  await world.settle()
  assert.ok(world.said.includes('last left'))
  world.said.length = 0
  gate.reject(new DOMException('it took too long', 'TimeoutError'))
  const codes = (await ends).map((end) => (end.status === 'rejected' ? end.reason.code : 'given'))
  assert.deepEqual(new Set(codes), new Set(['upstream_unreachable']))
  assert.ok(!world.said.includes('last asked'))
})

test('packument() goes on asking an upstream whose large ones come all the time, but not in the time that they have', async () => {
  const gates = new Map(
    Array.from({ length: breakerFailures }, (_, at) => [
      `long-${at}`,
      Promise.withResolvers<void>(),
    ]),
  )
  const pieces = [large, large]
  const world = createWorld(
    Object.fromEntries([...gates].map(([name, { promise: gate }]) => [name, { pieces, gate }])),
  )
  for (const [name, { reject }] of gates) {
    const fetched = world.fetch(name)
    await world.settle()
    reject(world.ends.splice(0)[0])
    await assert.rejects(fetched, {
      code: 'upstream_unreachable',
      message: /takes more than 60 seconds to come/,
    })
  }
  assert.equal((await world.fetch('small')).kind, 'packument')
})
