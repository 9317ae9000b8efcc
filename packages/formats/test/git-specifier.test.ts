// Git specifiers as npm's own library writes them (taken from its answers).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeGitSpecifier } from '../src/git-specifier.ts'

const rewritten: readonly (readonly [string, string])[] = [
  ['user/repo', 'github:user/repo'],
  ['user/repo#v1', 'github:user/repo#v1'],
  ['user/repo#semver:^1.0.0', 'github:user/repo#semver:^1.0.0'],
  ['user/repo#feature/x', 'github:user/repo#feature/x'],
  ['github:user/repo.git', 'github:user/repo'],
  ['gist:abc', 'gist:abc'],
  ['gist:user/abc#1', 'gist:abc#1'],
  ['gitlab:group/sub/repo', 'gitlab:group/sub/repo'],
  ['https://github.com/user/repo', 'git+https://github.com/user/repo.git'],
  ['https://github.com/user/repo.git#v1', 'git+https://github.com/user/repo.git#v1'],
  ['https://github.com/user/repo/tree/v1', 'git+https://github.com/user/repo.git#v1'],
  ['https://user:pw@github.com/user/repo', 'git+https://user:pw@github.com/user/repo.git'],
  ['https://www.github.com/user/repo', 'git+https://github.com/user/repo.git'],
  ['http://github.com/user/repo', 'git+ssh://git@github.com/user/repo.git'],
  ['git://github.com/user/repo', 'git://github.com/user/repo.git'],
  ['git@github.com:user/repo', 'git+ssh://git@github.com/user/repo.git'],
  ['git@github.com:user/repo.git#semver:^1', 'git+ssh://git@github.com/user/repo.git#semver:^1'],
  ['ssh://git@github.com/user/repo', 'git+ssh://git@github.com/user/repo.git'],
  ['git+ssh://git@gitlab.com:user/repo.git', 'git+ssh://git@gitlab.com/user/repo.git'],
  ['https://gist.github.com/user/abc', 'git+https://gist.github.com/abc.git'],
  ['https://git.sr.ht/~user/repo', 'https://git.sr.ht/~user/repo'],
]
for (const [from, to] of rewritten) {
  test(`normalizeGitSpecifier() writes ${to} for ${from}`, () => {
    assert.equal(normalizeGitSpecifier(from), to)
    assert.equal(normalizeGitSpecifier(to), to)
  })
}

const kept = [
  '',
  '*',
  '^1.0.0',
  '>=1 <2',
  'latest',
  'npm:other@^1',
  'npm:@scope/x@1',
  'file:../x',
  '../x',
  './a/b',
  '/a/b',
  '@scope/x',
  'workspace:*',
  'catalog:',
  'link:../x',
  'https://example.com/x.tgz',
  'https://codeload.github.com/u/r/tar.gz/v1',
  'https://github.com/user',
  'https://github.com/u/r/archive/v1.tar.gz',
  'git+ssh://git@example.com/u/r.git',
  'https://gitlab.com/u/r/-/archive/x.tar.gz',
  'user/%',
  'a/b/c',
  '::',
  '#',
  '/',
  `user/${'r'.repeat(3000)}`,
]
for (const specifier of kept) {
  test(`normalizeGitSpecifier() keeps ${JSON.stringify(specifier.slice(0, 50))}`, () => {
    assert.equal(normalizeGitSpecifier(specifier), specifier)
  })
}
