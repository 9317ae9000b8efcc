import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseSpecifier, type Specifier } from '../src/specifier.ts'

const registry = (wanted: string, name = 'dep'): Specifier => ({ kind: 'registry', name, wanted })
const git = (address: string, wanted = ''): Specifier => ({ kind: 'git', address, wanted })
const folder = (path: string, isLink = false): Specifier => ({ kind: 'folder', path, isLink })

const rows: readonly (readonly [text: string, specifier: Specifier])[] = [
  ['', registry('*')],
  ['*', registry('*')],
  [' ^1.2.3 ', registry('^1.2.3')],
  ['>=1 <3 || 5.x', registry('>=1 <3 || 5.x')],
  ['latest', registry('latest')],
  ['npm:other@^2', registry('^2', 'other')],
  ['npm:@s/other@2', registry('2', '@s/other')],
  ['npm:other', registry('*', 'other')],
  ['npm:^2', registry('^2')],
  ['workspace:^', { kind: 'workspace', name: 'dep', wanted: '^' }],
  ['workspace:1.x', { kind: 'workspace', name: 'dep', wanted: '1.x' }],
  ['workspace:@s/other@*', { kind: 'workspace', name: '@s/other', wanted: '*' }],
  ['workspace:../other', folder('../other', true)],
  ['catalog:', { kind: 'catalog', catalog: 'default' }],
  ['catalog:react19', { kind: 'catalog', catalog: 'react19' }],
  ['file:../lib', folder('../lib')],
  ['./lib', folder('./lib')],
  ['..', folder('..')],
  ['C:\\lib', folder('C:\\lib')],
  ['link:../lib', folder('../lib', true)],
  ['file:./a-1.0.0.tgz', { kind: 'tarball', address: './a-1.0.0.tgz' }],
  ['https://host.test/a.tgz', { kind: 'tarball', address: 'https://host.test/a.tgz' }],
  ['owner/repo', git('owner/repo')],
  ['owner/repo#semver:^1', git('owner/repo', 'semver:^1')],
  ['github:owner/repo#main', git('github:owner/repo', 'main')],
  ['git+ssh://git@host.test/o/r.git#v1', git('git+ssh://git@host.test/o/r.git', 'v1')],
  ['https://host.test/o/r.git', git('https://host.test/o/r.git')],
  ['git@host.test:o/r.git', git('git@host.test:o/r.git')],
]
for (const [text, specifier] of rows) {
  test(`parseSpecifier() reads "${text}" as ${specifier.kind}`, () => {
    assert.deepEqual(parseSpecifier('dep', text), specifier)
  })
}

for (const text of ['not a range!', 'foo:bar', 'npm:other@not a range', 'x'.repeat(3000)]) {
  test(`parseSpecifier() throws specifier_invalid for "${text.slice(0, 30)}"`, () => {
    assert.throws(
      () => parseSpecifier('dep', text),
      (error) => isSteleError(error, 'specifier_invalid') && error.details.name === 'dep',
    )
  })
}

for (const name of [
  '../up',
  'a/b',
  '@s/../../up',
  '.bin',
  '@s',
  '',
  'node_modules',
  'a\\b',
  'C:a',
]) {
  test(`parseSpecifier() throws specifier_invalid for a dependency or an alias called "${name}"`, () => {
    for (const [dependency, text] of [
      [name, '1'],
      ['dep', `npm:${name}@1`],
    ] as const) {
      assert.throws(
        () => parseSpecifier(dependency, text),
        (error) => isSteleError(error, 'specifier_invalid'),
        `${dependency} ${text}`,
      )
    }
  })
}
