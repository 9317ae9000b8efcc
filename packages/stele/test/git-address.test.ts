import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packCommit } from '../src/client/sources/git.ts'
import { commitAddress, parseGitAddress } from '../src/client/sources/git-address.ts'
import { highestTag } from '../src/client/sources/git-tags.ts'

const github = ['https://github.com/o/r.git', 'ssh://git@github.com/o/r.git']
const addresses: readonly (readonly [
  address: string,
  repository: string | undefined,
  urls?: readonly string[],
])[] = [
  ['o/r', 'github:o/r', github],
  ['github:o/r', 'github:o/r', github],
  ['github:o/r.git', 'github:o/r', github],
  ['https://github.com/o/r.git', 'github:o/r', github],
  ['git+https://github.com/o/r', 'github:o/r', github],
  ['git@github.com:o/r.git', 'github:o/r', github.toReversed()],
  ['git+ssh://git@github.com/o/r.git', 'github:o/r', github.toReversed()],
  [
    'gitlab:a/b/c',
    'gitlab:a/b/c',
    ['https://gitlab.com/a/b/c.git', 'ssh://git@gitlab.com/a/b/c.git'],
  ],
  [
    'gist:0f1e',
    'gist:0f1e',
    ['https://gist.github.com/0f1e.git', 'ssh://git@gist.github.com/0f1e.git'],
  ],
  ['git@host.test:o/r.git', 'git+ssh://git@host.test/o/r.git', ['ssh://git@host.test/o/r.git']],
  ['ssh://git@host.test:2222/o/r', 'git+ssh://git@host.test:2222/o/r'],
  ['git+http://host.test/r.git', 'git+http://host.test/r.git', ['http://host.test/r.git']],
  ['git://host.test/r.git', 'git+git://host.test/r.git', ['git://host.test/r.git']],
  ['git+file:///tmp/r', 'git+file:///tmp/r', ['file:///tmp/r']],
  ['ext::sh -c id', undefined],
  ['git+ext://x', undefined],
  ['github:../r', undefined],
  ['--upload-pack=id', undefined],
]
for (const [address, repository, urls] of addresses) {
  test(`parseGitAddress() reads "${address}" as ${repository ?? 'nothing that Git may be asked for'}`, () => {
    const parsed = parseGitAddress(address, '')
    assert.equal(parsed?.repository, repository)
    if (urls !== undefined) assert.deepEqual(parsed?.urls, urls)
    if (parsed === undefined) return
    assert.equal(parseGitAddress(parsed.repository, '')?.repository, repository)
  })
}

const wishes: readonly (readonly [
  text: string,
  wanted: { readonly committish?: string; readonly range?: string; readonly path?: string },
])[] = [
  ['', {}],
  ['main', { committish: 'main' }],
  ['feature/a', { committish: 'feature/a' }],
  ['semver:^1.2', { range: '^1.2' }],
  ['semver:%5E1.2', { range: '^1.2' }],
  ['path:packages/a', { path: 'packages/a' }],
  ['v1&path:/packages/a/', { committish: 'v1', path: 'packages/a' }],
  ['commit=abc123', { committish: 'abc123' }],
]
for (const [text, wanted] of wishes) {
  test(`parseGitAddress() reads what is wanted behind "#${text}"`, () => {
    const { committish, range, path } = parseGitAddress('o/r', text) ?? {}
    assert.deepEqual(
      { committish, range, path },
      { committish: '', range: undefined, path: '', ...wanted },
    )
  })
}

test('highestTag() gives the tag of the highest version that fits', () => {
  const tags = ['v1.0.0', 'v1.10.0', '1.9.0', 'v2.0.0', 'release', 'v1.11.0-rc.1']
  assert.equal(highestTag(tags, '^1.0.0'), 'v1.10.0')
  assert.equal(highestTag(tags, '^3.0.0'), undefined)
})

for (const path of [
  '',
  'a',
  'packages/@s/a',
  'x&commit:--output=f',
  'a b#c%2f',
  'semver:1&head=x',
]) {
  test(`commitAddress() is read again as the same commit and folder, when that is "${path}"`, () => {
    const commit = 'a'.repeat(40)
    const address = commitAddress({ repository: 'github:o/r', path }, commit)
    const found = parseGitAddress('github:o/r', address.slice('github:o/r#'.length))
    assert.deepEqual([found?.committish, found?.path], [commit, path])
  })
}

for (const commit of [
  '--output=/tmp/x',
  '-o/tmp/x',
  'main',
  'a'.repeat(41),
  `${'a'.repeat(40)}\n`,
  '',
]) {
  test(`packCommit() gives Git nothing but the id of a commit, and not "${commit}"`, async () => {
    const address = parseGitAddress('github:o/r', '')
    assert.ok(address !== undefined)
    await assert.rejects(packCommit(address, { commit, url: 'https://host.invalid/' }, {}), {
      message: `"${commit}" is not the id of a commit`,
    })
  })
}
