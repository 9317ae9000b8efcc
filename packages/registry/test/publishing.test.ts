// Publishing through the facade: rights, races, and the same upload again.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type ErrorCode, isSteleError, SteleError } from '@stele/errors'
import { maxPackageBytes } from '../src/limits.ts'
import type { RegistryPorts } from '../src/ports.ts'
import { createRegistry, type Registry } from '../src/registry.ts'
import { createWorld, nameOf, publishDocument, put } from './world.ts'

const manifest = { name: 'p', version: '1.0.0' }
const secondMs = 1000

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isSteleError(error) && error.code === code
}

test('put() shows the release and keeps its tarball when it resolves', async () => {
  const { registry, blobs, read } = await createWorld()
  const answer = await put(registry, 'alice', 'p', publishDocument(manifest))
  assert.deepEqual(answer, {
    did: 'publish',
    spec: 'p@1.0.0',
    entry: 3,
    timeMs: Date.UTC(2026, 10, 20, 0, 0, 4),
    isRepeat: false,
  })
  const found = registry.tarball(nameOf('p'), 'p-1.0.0.tgz')
  assert.equal(found?.integrity, read('p').versions['1.0.0'].dist.integrity)
  assert.equal(blobs.get(found?.sha512 ?? '')?.length, found?.size)
})

test('put() gives the first answer and logs nothing when the same upload comes within 90 seconds', async () => {
  const { registry, log, wait } = await createWorld()
  const send = (): ReturnType<typeof put> =>
    put(registry, 'alice', 'p', publishDocument(manifest, { tag: 'next' }))
  const first = await send()
  const count = log.length
  wait(80 * secondMs)
  assert.deepEqual(await send(), { ...first, isRepeat: true })
  assert.equal(log.length, count)
  wait(20 * secondMs)
  await assert.rejects(send(), failsWith('version_exists'))
})

test('put() throws version_exists when a repeat differs in account, bytes or tag', async () => {
  const { registry, submit } = await createWorld()
  await put(registry, 'alice', 'p', publishDocument(manifest))
  await submit({
    account: 'alice',
    via: 'token',
    method: 'addOwner',
    args: [{ name: 'p', account: 'bob' }],
  })
  const repeats = [
    put(registry, 'bob', 'p', publishDocument(manifest)),
    put(registry, 'alice', 'p', publishDocument(manifest, { files: { 'x.js': '' } })),
    put(registry, 'alice', 'p', publishDocument(manifest, { tag: 'other' })),
  ]
  for (const repeat of repeats) await assert.rejects(repeat, failsWith('version_exists'))
})

test('put() throws version_exists when the version was removed', async () => {
  const { registry, read } = await createWorld()
  await put(registry, 'alice', 'p', publishDocument(manifest))
  await registry.removePackage('alice', nameOf('p'), read('p')._rev)
  await assert.rejects(
    put(registry, 'alice', 'p', publishDocument(manifest)),
    failsWith('version_exists'),
  )
})

/** A registry in which `p` has lost 1.0.0, whose values a takedown withholds: rules and reads that look at them are aborted. */
async function createTakenDown(): Promise<Registry> {
  const world = await createWorld()
  await world.publish('alice', manifest)
  await world.publish('alice', { ...manifest, version: '1.1.0' })
  const rev = world.read('p')._rev
  await world.registry.removeTarball('alice', nameOf('p'), { file: 'p-1.0.0.tgz', rev })
  const { state } = world.system
  return createRegistry({
    views: world.views,
    now: () => 0,
    submit: async () => {
      throw new Error('The rules would read what is withheld')
    },
    state: {
      list: state.list,
      get: (object, field) => {
        if (field === '1.0.0' && !object.endsWith('/notices')) {
          throw new SteleError('value_withheld', { object, field, hash: '' })
        }
        return state.get(object, field)
      },
    },
  })
}

test('put() throws version_exists when the values of the removed version were taken down', async () => {
  const registry = await createTakenDown()
  await assert.rejects(put(registry, 'alice', 'p', publishDocument(manifest)), {
    code: 'version_exists',
    message: /this one was unpublished$/,
  })
})

test('setTag() throws version_not_found when the values of the removed version were taken down', async () => {
  const registry = await createTakenDown()
  await assert.rejects(
    registry.setTag('alice', nameOf('p'), { tag: 'next', version: '1.0.0' }),
    failsWith('version_not_found'),
  )
})

test('put() gives each of four racers one answer when they send the same at once', async () => {
  const world = await createWorld()
  const ports: RegistryPorts = {
    state: world.system.state,
    views: world.views,
    now: () => 0,
    submit: async (request) => {
      await Promise.resolve() // All of them look before the first call is ordered.
      return world.submit(request)
    },
  }
  const registry = createRegistry(ports)
  const send = (account: string, tag: string): Promise<string> =>
    put(registry, account, 'p', publishDocument(manifest, { tag })).then(
      ({ entry }) => `entry ${entry}`,
      (error: unknown) => (isSteleError(error) ? error.code : 'bug'),
    )
  const own = await Promise.all([
    send('alice', 'a'),
    send('alice', 'a'),
    send('alice', 'b'),
    send('bob', 'a'),
  ])
  assert.deepEqual(own, ['entry 3', 'entry 3', 'version_exists', 'rule_refused'])
})

const refusals: readonly [
  title: string,
  code: ErrorCode,
  account: string,
  name: string,
  change: object,
][] = [
  ['somebody else owns the package', 'rule_refused', 'bob', 'owned', {}],
  ['the account never joined', 'rule_refused', 'carol', 'p', {}],
  ['the new name is no longer allowed', 'name_invalid', 'alice', 'JSONStream', {}],
  ['access is restricted', 'access_refused', 'alice', '@s/p', { access: 'restricted' }],
]
for (const [title, code, account, name, change] of refusals) {
  test(`put() throws ${code} and logs nothing when ${title}`, async () => {
    const { registry, publish, log } = await createWorld()
    await publish('alice', { name: 'owned', version: '0.0.1' })
    const count = log.length
    const document = { ...publishDocument({ name, version: '1.0.0' }), ...change }
    await assert.rejects(put(registry, account, name, document), failsWith(code))
    assert.equal(log.length, count)
  })
}

const sizes: readonly [what: string, length: number, code: ErrorCode | undefined][] = [
  ['its package.json has 63 KiB beside the record', 63 * 1024, undefined],
  ['its package.json has 65 KiB beside the record', 65 * 1024, 'package_too_large'],
]
for (const [what, length, code] of sizes) {
  test(`put() throws ${code ?? 'nothing'} when ${what}`, async () => {
    const { registry, log } = await createWorld()
    const count = log.length
    const document = publishDocument({ ...manifest, x: 'x'.repeat(length) })
    const published = put(registry, 'alice', 'p', document)
    if (code === undefined) await published
    else await assert.rejects(published, failsWith(code))
    assert.equal(log.length - count, code === undefined ? 1 : 0)
  })
}

test('put() takes a large record, which the rules limit', async () => {
  const { registry } = await createWorld()
  const names = Array.from({ length: 3000 }, (_, at) => [`package-of-some-length-${at}`, '^1.0.0'])
  const document = publishDocument({ ...manifest, dependencies: Object.fromEntries(names) })
  assert.equal((await put(registry, 'alice', 'p', document)).isRepeat, false)
})

test('put() throws package_too_large when all versions together pass the limit', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '0.9.0' })
  const views = {
    ...world.views,
    package: (name: string) => {
      const row = world.views.package(name)
      return row && { ...row, fullBytes: maxPackageBytes - 10 }
    },
  }
  const registry = createRegistry({
    state: world.system.state,
    views,
    submit: world.submit,
    now: () => 0,
  })
  await assert.rejects(
    put(registry, 'alice', 'p', publishDocument(manifest)),
    failsWith('package_too_large'),
  )
})

test('put() throws rule_refused when a name is reserved for another', async () => {
  const { registry, submit } = await createWorld()
  await submit({
    account: 'root',
    via: 'token',
    method: 'reserve',
    args: [{ pattern: '@t/*', account: 'bob' }],
  })
  const document = publishDocument({ name: '@t/x', version: '1.0.0' })
  await assert.rejects(put(registry, 'alice', '@t/x', document), failsWith('rule_refused'))
  assert.equal((await put(registry, 'bob', '@t/x', document)).spec, '@t/x@1.0.0')
})
