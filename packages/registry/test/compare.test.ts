// What `stele verify` compares: each planted lie is found, and nothing else is said.

import assert from 'node:assert/strict'
import test from 'node:test'
import { checkRelease, compareServed, historyOf } from '@stele/releases/checks'
import { makePackage } from '@stele/testkit'
import { baseUrl, createWorld, nameOf, type Packument, rowsOf, type World } from './world.ts'

async function createPackage(): Promise<World> {
  const world = await createWorld()
  const full = {
    bin: 'p.js',
    dependencies: { a: '1' },
    engines: { node: '>=1' },
    scripts: { install: 'x' },
  }
  await world.publish('alice', { name: '@s/p', version: '1.0.0', ...full })
  const dependencies = { g: 'git+ssh://git@github.com/u/r.git' }
  await world.publish('alice', { name: '@s/p', version: '1.1.0', dependencies })
  await world.publish('alice', { name: '@s/p', version: '1.2.0' })
  const change = { document: { versions: { '1.0.0': { deprecated: 'old' } } } }
  await world.registry.changeDocument('alice', nameOf('@s/p'), change)
  const rev = world.read('@s/p')._rev
  await world.registry.removeTarball('alice', nameOf('@s/p'), { file: 'p-1.2.0.tgz', rev })
  return world
}

function compare(world: World, served: unknown, name = '@s/p'): readonly string[] {
  const state = rowsOf(world)
  const form = Object(served)._id === undefined ? 'abbreviated' : 'full'
  const its = historyOf(state, name)
  const bases = [baseUrl]
  const found = compareServed({ name, form, served: served as never, state, its, bases })
  return found.map((one) => `${one.entry} ${one.what}: ${one.found} for ${one.wanted}`)
}

test('compareServed() finds nothing when the registry serves what the log says', async () => {
  const world = await createPackage()
  for (const form of ['full', 'abbreviated'] as const) {
    assert.deepEqual(compare(world, world.read('@s/p', form)), [])
  }
  assert.deepEqual(compare(world, undefined, 'none'), [])
})

const lies: readonly [
  what: string,
  plant: (served: Packument) => void,
  found: readonly string[],
][] = [
  [
    'a version is hidden',
    (d) => delete d.versions['1.1.0'],
    ['4 1.1.0: the version: not served for served'],
  ],
  [
    'a version is made up',
    (d) => (d.versions['6.6.6'] = d.versions['1.1.0']),
    ['7 6.6.6: the version: served for not in the log, or removed'],
  ],
  [
    'a removed version is served',
    (d) => (d.versions['1.2.0'] = d.versions['1.1.0']),
    ['5 1.2.0: the version: served for not in the log, or removed'],
  ],
  [
    'a dependency is added',
    (d) => (d.versions['1.0.0'].dependencies.evil = '1'),
    ['3 1.0.0: dependencies: {"a":"1","evil":"1"} for {"a":"1"}'],
  ],
  [
    'a dependency is dropped',
    (d) => delete d.versions['1.0.0'].dependencies,
    ['3 1.0.0: dependencies: nothing for {"a":"1"}'],
  ],
  [
    'an optional dependency is added',
    (d) => (d.versions['1.1.0'].optionalDependencies = { e: '1' }),
    ['4 1.1.0: optionalDependencies: {"e":"1"} for nothing'],
  ],
  [
    'a peer is added',
    (d) => (d.versions['1.1.0'].peerDependencies = { e: '1' }),
    ['4 1.1.0: peerDependencies: {"e":"1"} for nothing'],
  ],
  [
    'a bin moves',
    (d) => (d.versions['1.0.0'].bin.p = 'evil.js'),
    ['3 1.0.0: bin: {"p":"evil.js"} for {"p":"p.js"}'],
  ],
  [
    'engines differ',
    (d) => (d.versions['1.0.0'].engines.node = '*'),
    ['3 1.0.0: engines: {"node":"*"} for {"node":">=1"}'],
  ],
  [
    'os appears',
    (d) => (d.versions['1.1.0'].os = ['linux']),
    ['4 1.1.0: os: ["linux"] for nothing'],
  ],
  [
    'an install script appears',
    (d) => (d.versions['1.1.0'].hasInstallScript = true),
    ['4 1.1.0: hasInstallScript: true for nothing'],
  ],
  [
    'the manifest has another name',
    (d) => (d.versions['1.1.0'].name = 'x'),
    ['4 1.1.0: name: x for @s/p'],
  ],
  [
    'the manifest has no name',
    (d) => delete d.versions['1.1.0'].name,
    ['4 1.1.0: name: nothing for @s/p', '4 1.1.0: version: 1.1.0 for 1.1.0'],
  ],
  [
    'integrity differs',
    (d) => (d.versions['1.1.0'].dist.integrity = 'sha512-x'),
    ['4 1.1.0: dist.integrity: sha512-x for '],
  ],
  [
    'there is no dist',
    (d) => delete d.versions['1.1.0'].dist,
    [
      '4 1.1.0: dist.integrity: nothing for ',
      '4 1.1.0: dist.tarball: nothing for an address that ends in /@s/p/-/p-1.1.0.tgz',
    ],
  ],
  [
    'a tarball is on another host',
    (d) => (d.versions['1.1.0'].dist.tarball = 'https://evil.example/@s/p/-/p-1.1.0.tgz'),
    [
      '4 1.1.0: dist.tarball: https://evil.example/@s/p/-/p-1.1.0.tgz for https://registry.example/npm',
    ],
  ],
  [
    'a git address is written otherwise',
    (d) => (d.versions['1.1.0'].dependencies.g = 'http://github.com/u/r.git'),
    [
      '4 1.1.0: dependencies: {"g":"http://github.com/u/r.git"} for {"g":"git+ssh://git@github.com/u/r.git"}',
    ],
  ],
  [
    'a command lies outside the package',
    (d) => (d.versions['1.1.0'].bin = { '../../a': 'p.js' }),
    ['4 1.1.0: bin: {"../../a":"p.js"} for nothing'],
  ],
  [
    'a script that runs at install appears',
    (d) => (d.versions['1.1.0'].scripts = { install: 'x' }),
    ['4 1.1.0: hasInstallScript: true for nothing'],
  ],
  [
    'a maintainer is made up',
    (d) => d.maintainers.push({ name: 'mallory', email: '' }),
    ['7 maintainers: ["alice","mallory"] for ["alice"]'],
  ],
  ['a star is made up', (d) => (d.users.mallory = true), ['7 users: ["mallory"] for []']],
  [
    'a tarball is elsewhere',
    (d) => (d.versions['1.1.0'].dist.tarball = 'https://x/p-1.0.0.tgz'),
    [
      '4 1.1.0: dist.tarball: https://x/p-1.0.0.tgz for an address that ends in /@s/p/-/p-1.1.0.tgz',
    ],
  ],
  [
    'a tag moves',
    (d) => (d['dist-tags'].latest = '1.0.0'),
    ['7 dist-tags.latest: 1.0.0 for 1.1.0'],
  ],
  [
    'a tag is made up',
    (d) => (d['dist-tags'].evil = '1.0.0'),
    ['7 dist-tags.evil: 1.0.0 for nothing'],
  ],
  ['a tag is hidden', (d) => (d['dist-tags'] = {}), ['7 dist-tags.latest: nothing for 1.1.0']],
  [
    'a deprecation is hidden',
    (d) => delete d.versions['1.0.0'].deprecated,
    ['3 1.0.0: deprecated: nothing for old'],
  ],
  [
    'a deprecation is made up',
    (d) => (d.versions['1.1.0'].deprecated = 'x'),
    ['4 1.1.0: deprecated: x for nothing'],
  ],
  [
    'a publish time differs',
    (d) => (d.time['1.0.0'] = '2020-01-01T00:00:00.000Z'),
    ['7 time.1.0.0: 2020-01-01T00:00:00.000Z for 2026-11-20T00:00:04.000Z'],
  ],
  [
    'the time of a removed version is served',
    (d) => (d.time['1.2.0'] = d.time['1.1.0']),
    ['7 time.1.2.0: 2026-11-20T00:00:05.000Z for nothing'],
  ],
  [
    'modified differs',
    (d) => (d.time.modified = d.time.created),
    ['7 time.modified: 2026-11-20T00:00:04.000Z for 2026-11-20T00:00:08.000Z'],
  ],
  ['the name differs', (d) => (d.name = 'x'), ['7 name: x for @s/p']],
]
for (const [what, plant, found] of lies) {
  test(`compareServed() says so when ${what}`, async () => {
    const world = await createPackage()
    const served = world.read('@s/p')
    plant(served)
    const said = compare(world, served)
    assert.equal(said.length, found.length, said.join('\n'))
    said.forEach((line, index) => assert.ok(line.startsWith(found[index] ?? '?'), line))
  })
}

test('compareServed() says so when a package is hidden, odd, or served though nothing is left', async () => {
  const world = await createPackage()
  for (const served of [undefined, null, [], 'x']) {
    assert.deepEqual(compare(world, served), ['7 the package: not served for 2 versions'])
  }
  const served = world.read('@s/p')
  await world.registry.removePackage('alice', nameOf('@s/p'), served._rev)
  assert.deepEqual(compare(world, undefined), [])
  assert.equal(compare(world, served)[0], '8 the package: served for not found: it has no versions')
  await world.publish('alice', { name: 'one', version: '1.0.0' })
  assert.match(compare(world, undefined, 'one').join(), /not served for 1 version$/)
})

test('compareServed() never throws when what is served is odd', async () => {
  const world = await createPackage()
  const odd = [
    {},
    { name: '@s/p', versions: [] },
    { versions: { '1.0.0': null }, time: 1 },
    JSON.parse('{"versions":{"__proto__":{}},"dist-tags":{"__proto__":"x"}}'),
  ]
  for (const served of odd) assert.ok(compare(world, served).length > 0)
})

test('checkRelease() accepts the tarball of every release', async () => {
  const world = await createPackage()
  const releases = releasesOf(world)
  assert.equal(releases.length, 3)
  for (const { tarball, ...values } of releases) assert.deepEqual(checkRelease(tarball, values), [])
})

test('checkRelease() names every fact that differs when a tarball is another', async () => {
  const [first] = releasesOf(await createPackage())
  assert.ok(first !== undefined)
  const whats = (tarball: Uint8Array): readonly string[] =>
    checkRelease(tarball, first).map(({ what }) => what)
  const other = makePackage({ name: '@s/p', version: '1.0.0', license: 'x'.repeat(99) })
  assert.deepEqual(whats(other), [
    'integrity',
    'sha512',
    'size',
    'files digest',
    'manifest digest',
    'record',
  ])
  assert.deepEqual(whats(Buffer.from('x')), ['tarball'])
})

test('checkRelease() finds the record that a lying operator stored for a true tarball', async () => {
  const [, , second] = releasesOf(await createPackage())
  assert.ok(second !== undefined)
  const versionsValue = second.versionsValue.replace(
    '{"name"',
    '{"dependencies":{"evil":"1"},"name"',
  )
  const [found, ...others] = checkRelease(second.tarball, { ...second, versionsValue })
  assert.equal(found?.what, 'record')
  assert.deepEqual(others, [])
})

type KnownRelease = {
  readonly versionsValue: string
  readonly contentsValue: string
  readonly tarball: Uint8Array
}

function releasesOf({ system: { state }, blobs }: World): readonly KnownRelease[] {
  const [versions, contents] = ['/packages/@s%2Fp/versions', '/packages/@s%2Fp/contents'] as const
  return state.list(versions).map((version) => {
    const [versionsValue = '', contentsValue = ''] = [versions, contents].map((object) =>
      Buffer.from(state.get(object, version) ?? '').toString(),
    )
    const tarball = blobs.get(JSON.parse(contentsValue).sha512) ?? new Uint8Array()
    return { versionsValue, contentsValue, tarball }
  })
}
