import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickVersion } from '@stele/resolve'
import type { Packument } from '@stele/resolve/graph'
import { readWish, saved } from '../src/client/wish.ts'

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
  choose: async (_: Packument, wanted: string) => pickVersion(packument, wanted),
}

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
    const save = (isExact: boolean): Promise<string> => saved(wish, packuments, isExact)
    assert.equal(wish.name, name)
    assert.equal(await save(false), specifier)
    assert.equal(await save(true), exact)
  })
}

test('saved() throws version_absent when no version is what was typed', async () => {
  const wish = readWish('a@9', '/project')
  await assert.rejects(saved(wish, packuments, false), { code: 'version_absent' })
})

for (const typed of ['github:owner/repository', 'owner/repository', './nowhere']) {
  test(`readWish() throws usage_wrong for "${typed}", which does not tell its name`, () => {
    assert.throws(() => readWish(typed, '/project'), { code: 'usage_wrong' })
  })
}
