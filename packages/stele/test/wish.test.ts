import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { absentVersion, pickVersion } from '@stele/resolve'
import type { Packument } from '@stele/resolve/graph'
import type { SavePrefix, Workspace } from '../src/client/project/neighbours.ts'
import { readWish, saved } from '../src/client/resolving/wish.ts'

const versions = ['1.0.0', '1.2.0', '1.2.5', '2.0.0', '3.0.0-beta.1']
const packument: Packument = {
  name: 'a',
  'dist-tags': { latest: '2.0.0', next: '3.0.0-beta.1' },
  versions: Object.fromEntries(
    versions.map((version) => [version, { name: 'a', version, dist: { tarball: '' } }]),
  ),
}

const packuments = {
  of: async () => packument,
  choose: async (_: Packument, wanted: string) => {
    const release = pickVersion(packument, wanted)
    if (release === undefined) throw absentVersion(packument, wanted)
    return { release, refused: new Map<string, string>() }
  },
}

const alone = { workspace: { members: new Map(), hasProtocol: false }, importer: '.' }

// what is typed, what package.json has then, with --exact
const rows: readonly (readonly [typed: string, name: string, specifier: string, exact: string])[] =
  [
    ['a', 'a', '^2.0.0', '2.0.0'],
    ['a@1.2.0', 'a', '^1.2.0', '1.2.0'],
    ['a@^1.0.0', 'a', '^1.2.5', '1.2.5'],
    ['a@~1.2.0', 'a', '~1.2.0', '1.2.5'],
    ['a@1 <1.2.5', 'a', '1 <1.2.5', '1.2.0'],
    ['a@next', 'a', '^3.0.0-beta.1', '3.0.0-beta.1'],
    ['old@npm:a@1', 'old', 'npm:a@^1.2.5', 'npm:a@1.2.5'],
    ['@s/b@npm:a', '@s/b', 'npm:a@^2.0.0', 'npm:a@2.0.0'],
    ['b@workspace:^', 'b', 'workspace:^', 'workspace:^'],
  ]
for (const [typed, name, specifier, exact] of rows) {
  test(`saved() writes ${JSON.stringify(specifier)} when "${typed}" is added`, async () => {
    const wish = readWish(typed, '/project')
    const save = async (prefix: SavePrefix): Promise<string> =>
      (await saved({ ...wish, name }, packuments, { ...alone, prefix })).specifier
    assert.equal(wish.name, name)
    assert.equal(await save('^'), specifier)
    assert.equal(await save(''), exact)
  })
}

// what tells no name of a dependency, and what is said of it
for (const [typed, reason] of [
  ['npm:a', /"npm:a" does not tell what the dependency is called: write <name>@npm:a/],
  ['workspace:^', /write <name>@workspace:\^/],
  ['.', /"\." is this package itself: "stele install" installs what it depends on/],
  ['./', /is this package itself/],
  ['../project', /is this package itself/],
  ['a b', /write a name, <name>@<version>, a path or an address/],
] as const) {
  test(`readWish() refuses "${typed}"`, () => {
    assert.throws(() => readWish(typed, '/project'), { code: 'usage_wrong', message: reason })
  })
}

test('saved() throws version_absent when no version is what was typed', async () => {
  const wish = readWish('a@9', '/project')
  const named = { ...wish, name: 'a' }
  await assert.rejects(saved(named, packuments, { ...alone, prefix: '^' }), {
    code: 'version_absent',
  })
})

test('saved() begins ranges as it is told, and tells the version', async () => {
  const wish = { ...readWish('a@1.2.0', '/project'), name: 'a' }
  const { specifier, version } = await saved(wish, packuments, { ...alone, prefix: '~' })
  assert.deepEqual([specifier, version], ['~1.2.0', '1.2.0'])
})

const members: Workspace['members'] = new Map([
  ['lib', { folder: 'packages/lib', version: '1.2.3' }],
  ['bare', { folder: 'packages/bare', version: undefined }],
])
// what is typed, what package.json has where nobody writes "workspace:", and where somebody does
const neighbours: readonly (readonly [typed: string, plain: string, protocol: string])[] = [
  ['lib', '^1.2.3', 'workspace:^'],
  ['lib@1', '1', 'workspace:1'],
  ['bare', '*', 'workspace:^'],
  ['lib@workspace:~', 'workspace:~', 'workspace:~'],
  ['lib@npm:a@1', 'npm:a@^1.2.5', 'npm:a@^1.2.5'],
]
for (const [typed, plain, protocol] of neighbours) {
  test(`saved() writes "${plain}" or "${protocol}" when "${typed}" of the workspace is added`, async () => {
    const wish = readWish(typed, '/project')
    for (const [hasProtocol, expected] of [
      [false, plain],
      [true, protocol],
    ] as const) {
      const saving = { workspace: { members, hasProtocol }, importer: '.', prefix: '^' } as const
      const { specifier } = await saved({ ...wish, name: wish.name ?? '' }, packuments, saving)
      assert.equal(specifier, expected)
    }
  })
}

// Nobody can tell whether the workspace's package is meant, so no stranger's is taken in its place.
for (const [typed, importer, reason] of [
  ['lib@2', '.', /has "lib" in version 1\.2\.3 \(packages\/lib\), which is not "2"/],
  ['lib@latest', '.', /"lib@npm:lib@latest" for a registry's/],
  ['lib', 'packages/lib', /"lib" is the package in packages\/lib itself/],
] as const) {
  test(`saved() throws usage_wrong when "${typed}" is added in ${importer}`, async () => {
    const wish = { ...readWish(typed, '/project'), name: 'lib' }
    const saving = { workspace: { members, hasProtocol: false }, importer, prefix: '^' } as const
    await assert.rejects(saved(wish, packuments, saving), reason)
  })
}

// what is typed, and what package.json has for it: the name is the package's own
const nameless: readonly (readonly [typed: string, specifier: string])[] = [
  ['github:owner/repository', 'github:owner/repository'],
  ['owner/repository', 'github:owner/repository'],
  ['owner/repository#semver:^1', 'github:owner/repository#semver:^1'],
  ['git@host.test:owner/repository.git', 'git@host.test:owner/repository.git'],
  [
    'git+ssh://git@host.test/owner/repository.git#main',
    'git+ssh://git@host.test/owner/repository.git#main',
  ],
  ['https://host.test/a.tgz', 'https://host.test/a.tgz'],
  ['https://host.test/owner/repository.git', 'https://host.test/owner/repository.git'],
]
for (const [typed, specifier] of nameless) {
  test(`readWish() leaves the name open and saves ${JSON.stringify(specifier)} when "${typed}" is added`, () => {
    assert.deepEqual(readWish(typed, '/project'), { typed, name: undefined, specifier })
  })
}

for (const typed of ['./nowhere', './nowhere.tgz', '@scope', 'a b']) {
  test(`readWish() throws usage_wrong for "${typed}", which is nothing`, () => {
    assert.throws(() => readWish(typed, '/project'), { code: 'usage_wrong' })
  })
}

test('readWish() asks for the name of a folder whose package.json cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wish-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"name":"a",}')
    const message = /does not tell its name: write it as <name>@file:/
    assert.throws(() => readWish(folder, tmpdir()), { code: 'usage_wrong', message })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
