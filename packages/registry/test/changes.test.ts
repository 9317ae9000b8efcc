// Documents that npm clients send back, and what of them takes effect.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createWorld, nameOf, type Packument, type World } from './world.ts'

const name = nameOf('p')
const theirs = nameOf('theirs')

/** Package `p` of alice: 1.0.0, 1.1.0 (latest), 2.0.0-rc.1 (next). */
async function createPackage(): Promise<World> {
  const world = await createWorld()
  await world.publish('alice', { name, version: '1.0.0' })
  await world.publish('alice', { name, version: '1.1.0' })
  await world.publish('alice', { name, version: '2.0.0-rc.1' }, { tag: 'next' })
  return world
}

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isSteleError(error) && error.code === code
}

function deprecations(world: World): Record<string, string> {
  const versions: [string, Packument][] = Object.entries(world.read('p').versions)
  return Object.fromEntries(
    versions.flatMap(([version, { deprecated }]) =>
      deprecated === undefined ? [] : [[version, deprecated]],
    ),
  )
}

test('changeDocument() deprecates when npm sends the whole packument back', async () => {
  const world = await createPackage()
  const document = world.read('p')
  for (const version of ['1.0.0', '1.1.0']) document.versions[version].deprecated = 'old'
  document.versions['1.0.0'].dist.integrity = 'sha512-evil'
  const { rev } = await world.registry.changeDocument('alice', name, { document })
  assert.deepEqual(deprecations(world), { '1.0.0': 'old', '1.1.0': 'old' })
  assert.equal(rev, world.read('p')._rev)
  assert.match(world.read('p').versions['1.0.0'].dist.integrity, /^sha512-[^e]/)
  const back = world.read('p')
  back.versions['1.0.0'].deprecated = ''
  await world.registry.changeDocument('alice', name, { document: back })
  assert.deepEqual(deprecations(world), { '1.1.0': 'old' })
})

test('changeDocument() deprecates only what is named when pnpm 12 sends versions alone', async () => {
  const world = await createPackage()
  const document = {
    name,
    versions: { '1.0.0': { deprecated: 'old' }, '9.9.9': { deprecated: 'x' } },
  }
  await world.registry.changeDocument('alice', name, { document })
  assert.deepEqual(deprecations(world), { '1.0.0': 'old' })
  assert.deepEqual(Object.keys(world.read('p').versions), ['1.0.0', '1.1.0', '2.0.0-rc.1'])
})

test('changeDocument() logs nothing when nothing differs', async () => {
  const world = await createPackage()
  const count = world.log.length
  const document = world.read('p')
  await world.registry.changeDocument('alice', name, { document })
  await world.registry.changeDocument('alice', name, { document, rev: document._rev })
  assert.equal(world.log.length, count)
})

test('changeDocument() throws revision_stale when a whole packument is old', async () => {
  const world = await createPackage()
  const document = world.read('p')
  await world.publish('alice', { name, version: '1.2.0' })
  document.versions['1.0.0'].deprecated = 'old'
  await assert.rejects(
    world.registry.changeDocument('alice', name, { document }),
    failsWith('revision_stale'),
  )
})

test('changeDocument() counts only the own entry when npm stars', async () => {
  const world = await createPackage()
  const { _id, _rev } = world.read('p')
  const star = (users: object): Promise<unknown> =>
    world.registry.changeDocument('bob', name, { document: { _id, _rev, users } })
  await star({ bob: true, alice: true })
  assert.deepEqual(world.read('p').users, { bob: true })
  assert.deepEqual(world.registry.starredBy('bob'), ['p'])
  await star({ alice: true })
  assert.deepEqual(world.read('p').users, {})
  assert.deepEqual(world.registry.starredBy('bob'), [])
})

test('changeDocument() stars when pnpm 12 sends the whole document with a revision', async () => {
  const world = await createPackage()
  const document = { ...world.read('p'), users: { bob: true } }
  await world.registry.changeDocument('bob', name, { document, rev: document._rev })
  assert.deepEqual(world.registry.starredBy('bob'), ['p'])
})

/** What npm does for `unpublish p@<version>`. */
async function npmUnpublish(world: World, account: string, version: string): Promise<void> {
  const document = world.read('p')
  const { dist } = document.versions[version]
  delete document.versions[version]
  for (const [tag, at] of Object.entries(document['dist-tags'])) {
    if (at === version) delete document['dist-tags'][tag]
  }
  document['dist-tags'].latest ??= Object.keys(document.versions).sort().pop()
  await world.registry.changeDocument(account, name, { document, rev: document._rev })
  const file = dist.tarball.split('/').pop()
  const rev = world.read('p')._rev
  await world.registry.removeTarball(account, name, { file, rev })
}

test('changeDocument() and removeTarball() unpublish a version when npm asks', async () => {
  const world = await createPackage()
  await npmUnpublish(world, 'alice', '1.1.0')
  const left = world.read('p')
  assert.deepEqual(Object.keys(left.versions), ['1.0.0', '2.0.0-rc.1'])
  assert.deepEqual(left['dist-tags'], { latest: '1.0.0', next: '2.0.0-rc.1' })
  assert.equal('1.1.0' in left.time, false)
  assert.equal(world.registry.tarball(name, 'p-1.1.0.tgz')?.removed, true)
  assert.equal(world.registry.tarball(name, 'p-1.0.0.tgz')?.removed, false)
})

test('changeDocument() removes nothing when the revision is stale or absent', async () => {
  const world = await createPackage()
  const document = world.read('p')
  delete document.versions['1.0.0']
  await world.publish('alice', { name, version: '1.2.0' })
  for (const rev of [document._rev, 'undefined', '0-0']) {
    await assert.rejects(
      world.registry.changeDocument('alice', name, { document, rev }),
      failsWith('revision_stale'),
    )
  }
  await world.registry.changeDocument('alice', name, { document })
  assert.equal(Object.keys(world.read('p').versions).length, 4)
})

test('changeDocument() moves tags of versions that stay when a document with a revision says so', async () => {
  const world = await createPackage()
  const document = world.read('p')
  document['dist-tags'] = { latest: '1.0.0', next: '9.9.9' }
  await world.registry.changeDocument('alice', name, { document, rev: document._rev })
  assert.deepEqual(world.read('p')['dist-tags'], { latest: '1.0.0', next: '2.0.0-rc.1' })
})

test('changeDocument() changes owners when npm sends maintainers', async () => {
  const world = await createPackage()
  const owners = (): string[] =>
    world.read('p').maintainers.map((one: { name: string }) => one.name)
  const send = (
    account: string,
    names: readonly string[],
    rev: string = world.read('p')._rev,
  ): Promise<unknown> => {
    const maintainers = names.map((one) => ({ name: one, email: '' }))
    const { _id, _rev } = world.read('p')
    return world.registry.changeDocument(account, name, {
      rev,
      document: { _id, _rev, maintainers },
    })
  }
  await send('alice', ['alice', 'bob'])
  assert.deepEqual(owners(), ['alice', 'bob'])
  await assert.rejects(send('alice', ['alice'], '1-0'), failsWith('revision_stale'))
  await send('bob', ['bob'], 'undefined')
  assert.deepEqual(owners(), ['bob'])
  await assert.rejects(send('alice', ['alice', 'bob']), failsWith('rule_refused'))
  await assert.rejects(send('bob', []), failsWith('change_invalid'))
  await assert.rejects(send('bob', ['bob', 'carol']), failsWith('rule_refused'))
  await send('root', ['alice', 'bob'])
  await send('root', ['alice'])
  assert.deepEqual(owners(), ['alice'])
})

test('changeDocument() throws change_invalid when one change both adds and removes owners', async () => {
  const world = await createPackage()
  const count = world.log.length
  for (const names of [['bob'], ['bob', 'root']]) {
    const maintainers = names.map((one) => ({ name: one, email: '' }))
    // What yarn 1 made of a document without maintainers: the new owner alone.
    for (const rev of ['undefined', world.read('p')._rev]) {
      const sent = world.registry.changeDocument('alice', name, { rev, document: { maintainers } })
      await assert.rejects(sent, failsWith('change_invalid'))
    }
  }
  assert.equal(world.log.length, count)
  assert.deepEqual(world.read('p').maintainers, [{ name: 'alice', email: '' }])
})

test('packument() names the maintainers in both forms, so that yarn 1 sends all of them back', async () => {
  const world = await createPackage()
  for (const form of ['full', 'abbreviated'] as const) {
    assert.deepEqual(world.read('p', form).maintainers, [{ name: 'alice', email: '' }])
  }
})

test('changeDocument() leaves revision and time alone when accounts star, and users are renewed', async () => {
  const world = await createPackage()
  const before = world.read('p')
  const etagOf = (form: 'full' | 'abbreviated'): string => {
    const etags: string[] = []
    const isKnown = ({ etag }: { etag: string }): boolean => etags.push(etag) > 0
    void world.registry.packument(name, { form, baseUrl: '', isKnown })
    return etags.join()
  }
  const etags = { full: etagOf('full'), abbreviated: etagOf('abbreviated') }
  await world.registry.changeDocument('bob', name, { document: { users: { bob: true } } })
  const after = world.read('p')
  assert.deepEqual(after, { ...before, users: { bob: true } })
  assert.notEqual(etagOf('full'), etags.full)
  assert.equal(etagOf('abbreviated'), etags.abbreviated)
  before.versions['1.0.0'].deprecated = 'old'
  await world.registry.changeDocument('alice', name, { document: before })
  assert.deepEqual(deprecations(world), { '1.0.0': 'old' })
})

test('removePackage() removes every version when the revision is fresh', async () => {
  const world = await createPackage()
  await assert.rejects(
    world.registry.removePackage('alice', name, '1-0'),
    failsWith('revision_stale'),
  )
  const rev = world.read('p')._rev
  await assert.rejects(world.registry.removePackage('bob', name, rev), failsWith('rule_refused'))
  await world.registry.removePackage('alice', name, rev)
  assert.equal(world.read('p'), undefined)
  assert.equal(world.registry.tarball(name, 'p-1.0.0.tgz')?.removed, true)
  await assert.rejects(
    world.registry.removePackage('alice', name, rev),
    failsWith('package_not_found'),
  )
  await world.registry.removeTarball('alice', name, { file: 'p-1.0.0.tgz', rev })
})

test('removeTarball() removes a live version with a fresh revision, and knows no other file', async () => {
  const world = await createPackage()
  const remove = (
    account: string,
    file: string,
    rev: string = world.read('p')._rev,
  ): Promise<void> => world.registry.removeTarball(account, name, { file, rev })
  await assert.rejects(remove('alice', 'p-1.0.0.tgz', '0-0'), failsWith('revision_stale'))
  await assert.rejects(remove('bob', 'p-1.0.0.tgz'), failsWith('rule_refused'))
  await assert.rejects(remove('alice', 'p-9.0.0.tgz'), failsWith('version_not_found'))
  const none = world.registry.removeTarball('alice', nameOf('q'), { file: 'q-1.0.0.tgz', rev: '' })
  await assert.rejects(none, failsWith('package_not_found'))
  await assert.rejects(remove('alice', 'x.zip'), failsWith('version_not_found'))
  await remove('alice', 'p-1.0.0.tgz')
  assert.deepEqual(Object.keys(world.read('p').versions), ['1.1.0', '2.0.0-rc.1'])
})

test('changeDocument() splits its calls when 1,100 versions are removed', async () => {
  const world = await createWorld()
  const real = world.system.state
  const versions = Array.from({ length: 1100 }, (_, index) => `1.0.${index}`)
  await world.publish('alice', { name, version: '1.0.0' })
  const state = {
    get: real.get,
    list: (object: string) => (object === '/packages/p/versions' ? versions : real.list(object)),
  }
  const sizes: number[] = []
  const { createRegistry } = await import('../src/registry.ts')
  const registry = createRegistry({
    state,
    views: world.views,
    now: () => 0,
    submit: async ({ args: [request] }) => {
      const { versions: asked } = request as unknown as { versions: readonly string[] }
      sizes.push(asked.length)
      return { index: 0, timeMs: 0, outcome: { ok: true } }
    },
  })
  await registry.removePackage('alice', name, world.read('p')._rev)
  assert.deepEqual(sizes, [500, 500, 100])
})

const odd: readonly [what: string, code: ErrorCode, document: unknown][] = [
  ['the document is a list', 'change_invalid', []],
  ['the document is null', 'change_invalid', null],
  ['maintainers is no list', 'change_invalid', { maintainers: 1 }],
  ['its name is another', 'change_invalid', { name: 'q' }],
  ['its name is null', 'change_invalid', { name: null }],
  ['its id is another', 'change_invalid', { _id: 'q' }],
  ['its id is a number', 'change_invalid', { _id: 5 }],
  ['a maintainer has no name', 'change_invalid', { maintainers: [{}] }],
]
for (const [what, code, document] of odd) {
  test(`changeDocument() throws ${code} when ${what}`, async () => {
    const world = await createPackage()
    await assert.rejects(
      world.registry.changeDocument('alice', name, { document }),
      failsWith(code),
    )
  })
}

// what a client sends, and what the refusal says to do instead
const versions = { '1.0.0': { deprecated: 'old' } }
const foreign: readonly (readonly [string, (registry: World['registry']) => unknown, RegExp])[] = [
  [
    'npm deprecate',
    (registry) => registry.changeDocument('alice', theirs, { document: { versions } }),
    /^Cannot deprecate "theirs": it belongs to the upstream "up"/,
  ],
  [
    'npm unpublish of a version',
    (registry) => registry.changeDocument('alice', theirs, { rev: 'x', document: { versions } }),
    /^Cannot unpublish "theirs"/,
  ],
  [
    'npm unpublish of all',
    (registry) => registry.removePackage('alice', theirs, 'x'),
    /^Cannot unpublish "theirs"/,
  ],
  [
    'the second half of npm unpublish',
    (registry) => registry.removeTarball('alice', theirs, { file: 'theirs-1.0.0.tgz', rev: 'x' }),
    /^Cannot unpublish "theirs"/,
  ],
  [
    'npm star',
    (registry) =>
      registry.changeDocument('alice', theirs, { document: { users: { alice: true } } }),
    /^Cannot star "theirs"/,
  ],
  [
    'npm owner add',
    (registry) =>
      registry.changeDocument('alice', theirs, { document: { maintainers: [{ name: 'bob' }] } }),
    /^Cannot list or change the owners of "theirs"/,
  ],
  ['pnpm owner ls', (registry) => registry.owners(theirs), /^Cannot list or change the owners/],
  [
    'npm dist-tag add',
    (registry) => registry.setTag('alice', theirs, { tag: 'x', version: '1.0.0' }),
    /^Cannot change the tags of "theirs"/,
  ],
  [
    'npm dist-tag rm',
    (registry) => registry.removeTag('alice', theirs, 'x'),
    /^Cannot change the tags of "theirs"/,
  ],
]
for (const [what, ask, message] of foreign) {
  test(`a package of an upstream refuses ${what}, saying whose it is, and logs nothing`, async () => {
    const world = await createWorld()
    const chunk = 'c0'.repeat(64)
    const args = [{ name: 'theirs', upstream: 'up', n: 0, chunk, count: 1 }]
    await world.submit({ account: 'root', via: 'host', method: 'see', args })
    const count = world.log.length
    await assert.rejects(
      async () => ask(world.registry),
      (error) => {
        assert.ok(isSteleError(error, 'upstream_owned'), String(error))
        assert.match(error.message, message)
        assert.ok(error.fix)
        return true
      },
    )
    assert.equal(world.log.length, count)
  })
}
