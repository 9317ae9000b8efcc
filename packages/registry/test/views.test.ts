// What entries change in the views, and that views made anew from log and blobs are the same.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { WithheldPart } from '@stele/entries/bodies'
import type { LoggedEntry } from '@stele/entries/transition'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { planViews, revisionOf } from '../src/views.ts'
import { createFakeViews } from './fake-views.ts'
import { createWorld, nameOf, publishDocument, put, type World } from './world.ts'

const noEntry = (): undefined => undefined

test('planViews() plans touch, version, latest and owner when a package is new', async () => {
  const world = await createWorld()
  const index = await world.publish('alice', { name: '@s/p', version: '1.0.0' }, { tag: 'beta' })
  const entry = world.log[index]
  assert.ok(entry !== undefined)
  const plan = planViews(entry, () => undefined, noEntry)
  assert.deepEqual(
    plan.map((write) => write.kind),
    ['touch', 'version', 'latest', 'owner'],
  )
  const [touch, version] = plan
  assert.deepEqual(touch, {
    kind: 'touch',
    name: '@s/p',
    rev: revisionOf(entry),
    timeMs: entry.timeMs,
  })
  assert.ok(version?.kind === 'version')
  assert.equal(version.publisher, 'alice')
  assert.deepEqual(version.tags, ['beta', 'latest'])
  assert.match(revisionOf(entry), /^3-[0-9a-f]{16}$/)
})

test('planViews() plans a conflict from what the rules write of it', async () => {
  const world = await createWorld()
  const [entry] = world.log
  assert.ok(entry !== undefined)
  const object = '/packages/@s%2Fp/conflicts/1.0.0'
  const value = Buffer.from(
    '{"integrity":"sha1-wA27ydrfvh4jLpOnKd1HUvreCr8=","seen":1795000000000}',
  )
  const folder = { object: '/packages/@s%2Fp/conflicts', field: '1.0.0/', value: Buffer.alloc(0) }
  const plan = planViews(
    { ...entry, writes: [folder, { object, field: 'c0'.repeat(20), value }] },
    () => undefined,
    noEntry,
  )
  assert.deepEqual(plan, [
    {
      kind: 'conflict',
      name: '@s/p',
      version: '1.0.0',
      what: 'tarball',
      shown: 'sha1-wA27ydrfvh4jLpOnKd1HUvreCr8=',
      seenMs: 1_795_000_000_000,
      entry: entry.index,
    },
  ])
})

// method of the call, undefined where it is withheld; the notice; what the views learn
const notices: readonly (readonly [string | undefined, object, readonly string[]])[] = [
  ['differ', { differs: 'd1' }, ['conflict d1']],
  [undefined, { differs: 'd1' }, ['conflict d1']],
  ['deprecate', { differs: 'd1', deprecated: 'old' }, ['touch']],
  ['deprecate', { differs: 'd1' }, ['touch']],
  [undefined, { differs: 'd1', deprecated: 'old' }, ['touch']],
  ['deprecate', { deprecated: 'old' }, ['touch']],
]
for (const [method, notice, wanted] of notices) {
  test(`planViews() plans ${wanted.join()} for the notice ${JSON.stringify(notice)} of a call of ${method ?? 'nobody knows what'}`, async () => {
    const world = await createWorld()
    const [entry] = world.log
    assert.ok(entry !== undefined)
    const call = {
      v: 1,
      origin: 'o',
      account: null,
      seq: 0,
      via: { type: 'host' },
      args: [],
    } as const
    const body = method === undefined ? null : { ...call, method }
    const value = Buffer.from(JSON.stringify(notice))
    const writes = [{ object: '/packages/p/notices', field: '1.0.0', value }]
    const plan = planViews({ ...entry, body, writes }, () => undefined, noEntry)
    assert.deepEqual(
      plan.map((write) => (write.kind === 'conflict' ? `conflict ${write.shown}` : write.kind)),
      wanted,
    )
    for (const write of plan) {
      if (write.kind !== 'conflict') continue
      const { name, version, what, seenMs } = write
      assert.deepEqual([name, version, what, seenMs], ['p', '1.0.0', 'record', entry.timeMs])
    }
  })
}

test('planViews() plans nothing when an entry touches no package', async () => {
  const world = await createWorld()
  for (const entry of world.log)
    assert.deepEqual(
      planViews(entry, () => undefined, noEntry),
      [],
    )
})

test('planViews() makes the pieces of the record when the tarball was taken down', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0', dependencies: { a: '1' } })
  const entry = { ...world.log.at(-1), prepared: undefined }
  const version = planViews(entry as never, () => undefined, noEntry).find(
    (write) => write.kind === 'version',
  )
  assert.match(version?.pieces.abbreviated ?? '', /"dependencies":\{"a":"1"\}/)
})

test('planViews() ignores prepared pieces when they are of another tarball', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  await world.publish('alice', { name: 'p', version: '1.0.1' })
  const [first, second] = world.log.slice(-2)
  assert.ok(first !== undefined && second !== undefined)
  const blobs = (name: string): Uint8Array | undefined => world.blobs.get(name)
  const mixed = planViews({ ...second, prepared: first.prepared }, blobs, noEntry)
  assert.deepEqual(mixed, planViews(second, blobs, noEntry))
})

/** The entry that takes these parts down. */
function takedown(index: number, withhold: readonly WithheldPart[]): LoggedEntry {
  const sender = { v: 1, origin: 'o', account: 'root', seq: 1, via: { type: 'host' } } as const
  const body = { ...sender, withhold, reason: 'asked for', signatures: [] }
  return { index, leafHash: new Uint8Array(32), timeMs: 0, body, writes: [] }
}

test('planViews() leaves out what an entry published when its values are taken down, and the versions before show', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  const index = await world.publish('alice', { name: 'p', version: '1.0.1', description: 'secret' })
  const before = world.views.package('p')?.rev
  world.views.apply(
    planViews(takedown(9, [{ entry: index, part: 'values' }]), () => undefined, noEntry),
  )
  assert.deepEqual(world.views.versionNames('p'), ['1.0.0'])
  assert.equal(world.views.package('p')?.latest, '1.0.0')
  assert.notEqual(world.views.package('p')?.rev, before) // Ready bytes are made anew.
  assert.ok(!JSON.stringify(world.views.dump()).includes('secret'))
})

for (const [title, isGone, left] of [
  ['the version', 'versions', ['1.0.0']],
  ['what its tarball holds', 'contents', ['1.0.0']],
  ['the tag', 'tags', ['1.0.0', '1.0.1']],
] as const) {
  test(`planViews() leaves ${left.join(' and ')} when only the value of ${title} is taken down, as views made anew do`, async () => {
    const world = await createWorld()
    await world.publish('alice', { name: 'p', version: '1.0.0' })
    const index = await world.publish('alice', { name: 'p', version: '1.0.1' })
    const published = world.log[index]
    assert.ok(published)
    const writes = published.writes.filter(({ object }) => !object.endsWith(`/${isGone}`))
    assert.notEqual(writes.length, published.writes.length)
    const { prepared: _, ...rest } = published
    const kept: LoggedEntry = { ...rest, writes }
    const taken = takedown(9, [{ entry: index, part: 'values', writes: [0] }])
    const entryAt = (number: number): LoggedEntry | undefined =>
      number === index ? kept : undefined
    world.views.apply(planViews(taken, () => undefined, entryAt))
    assert.deepEqual(world.views.versionNames('p'), left)
    const rebuilt = createFakeViews()
    const blobs = (name: string): Uint8Array | undefined => world.blobs.get(name)
    for (const one of [...world.log.slice(0, index), kept, taken]) {
      rebuilt.apply(planViews(one, blobs, entryAt))
    }
    assert.deepEqual(rebuilt.versionNames('p'), left)
  })
}

test('planViews() shows the record alone when a tarball is taken down, as views made anew do', async () => {
  const world = await createWorld()
  const dependencies = { a: '1' }
  await world.publish('alice', { name: 'p', version: '1.0.0', description: 'secret', dependencies })
  const published = world.log.at(-1)
  const [blob = ''] = [...world.blobs.keys()].slice(-1)
  assert.ok(published)
  const taken = takedown(9, [{ blob }])
  world.views.apply(planViews(taken, () => undefined, noEntry))
  assert.ok(!JSON.stringify(world.views.dump()).includes('secret'))
  const { prepared: _, ...entry } = published
  const rebuilt = createFakeViews()
  for (const one of [entry, taken]) rebuilt.apply(planViews(one, () => undefined, noEntry))
  assert.deepEqual(rebuilt.dump(), world.views.dump())
})

test('planViews() plans nothing when bodies and effects are taken down', () => {
  const withhold = [
    { entry: 1, part: 'body' },
    { entry: 1, part: 'effects' },
  ] as const
  assert.deepEqual(
    planViews(takedown(2, withhold), () => undefined, noEntry),
    [],
  )
})

const accounts = ['alice', 'bob', 'root']
const names = ['p', '@s/q']
const versions = ['1.0.0', '1.1.0', '2.0.0-rc.1']
const step = fc.record({
  kind: fc.constantFrom(
    'publish',
    'publish',
    'publish',
    'unpublish',
    'deprecate',
    'star',
    'unstar',
    'tag',
    'untag',
    'addOwner',
  ),
  account: fc.constantFrom(...accounts),
  name: fc.constantFrom(...names),
  version: fc.constantFrom(...versions),
  tag: fc.constantFrom('latest', 'next'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function take(world: World, { kind, account, name, version, tag }: Step): Promise<void> {
  if (kind === 'publish') {
    const document = publishDocument({ name, version }, { tag })
    await put(world.registry, account, name, document).catch((error: unknown) => {
      if (!isSteleError(error)) throw error
    })
    return
  }
  const requests: Record<
    string,
    Record<string, string | readonly string[] | Record<string, string>>
  > = {
    unpublish: { versions: [version] },
    deprecate: { versions: { [version]: tag } },
    tag: { tag, version },
    untag: { tag },
    addOwner: { account: 'bob' },
  }
  await world.submit({ account, via: 'token', method: kind, args: [{ name, ...requests[kind] }] })
}

test('planViews() rebuilds the same views from log and blobs when any calls were made', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const world = await createWorld()
      for (const one of steps) await take(world, one)
      const rebuilt = createFakeViews()
      for (const { prepared: _, ...entry } of world.log) {
        rebuilt.apply(planViews(entry, (name) => world.blobs.get(name), noEntry))
      }
      assert.deepEqual(rebuilt.dump(), world.views.dump())
      for (const name of names) {
        const served = world.read(name)
        const live = world.registry.tags(nameOf(name))
        assert.equal(served === undefined, live === undefined)
        if (served !== undefined) assert.ok(served['dist-tags'].latest in served.versions)
      }
    }),
    { numRuns: 25 },
  )
})
